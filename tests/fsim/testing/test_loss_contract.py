"""The contract must catch the losses that it is there to catch."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from fsim.testing.loss_contract import LEARNED, LossContract


class Centred(torch.nn.Module):
    """A loss that holds the contract: mean squared distance of the known embeddings to their mean."""

    def forward(self, embedding: Tensor, labels: Tensor) -> Tensor:
        known = embedding.float()[labels >= 0]
        return (known - known.sum(0) / max(len(known), 1)).square().sum() / max(known.numel(), 1)


class TestCentred(LossContract):
    def make(self) -> torch.nn.Module:
        return Centred()


class NanWithoutImages(Centred):
    def forward(self, embedding: Tensor, labels: Tensor) -> Tensor:
        return embedding.float()[labels >= 0].square().mean()


class CountsUnknown(Centred):
    def forward(self, embedding: Tensor, labels: Tensor) -> Tensor:
        return embedding.float().square().mean()


class InfiniteGradient(Centred):
    def forward(self, embedding: Tensor, labels: Tensor) -> Tensor:
        return super().forward(embedding, labels).sqrt()


class OutOfTheGraph(Centred):
    def forward(self, embedding: Tensor, labels: Tensor) -> Tensor:
        return super().forward(embedding, labels) if (labels >= 0).sum() > 1 else torch.zeros(())


class UnusedParameter(Centred):
    def __init__(self) -> None:
        super().__init__()
        self.proxies = torch.nn.Parameter(torch.zeros(4, 8))


class DependsOnOrder(Centred):
    def forward(self, embedding: Tensor, labels: Tensor) -> Tensor:
        return (embedding.float()[labels >= 0].sum(1) * torch.arange(int((labels >= 0).sum()))).sum()


class LowPrecision(Centred):
    def forward(self, embedding: Tensor, labels: Tensor) -> Tensor:
        return super().forward(embedding.float() @ (1.1 * torch.eye(8)), labels)  # autocast undoes float()


class PerImage(Centred):
    def forward(self, embedding: Tensor, labels: Tensor) -> Tensor:
        return embedding.float().square().mean(1)


class AsksTooMuch(Centred):
    def forward(self, embedding: Tensor, labels: Tensor, weather: Tensor) -> Tensor:
        return super().forward(embedding, labels)


class Described(torch.nn.Module):
    """A loss of captions that holds the contract: mean squared distance of images and their captions."""

    def forward(self, embedding: Tensor, text_embedding: Tensor, items: Tensor, captioned: Tensor) -> Tensor:
        apart = (embedding.float() - text_embedding.float())[captioned]
        return apart.square().sum() / max(apart.numel(), 1)


class TestDescribed(LossContract):
    def make(self) -> torch.nn.Module:
        return Described()


class NanWithoutCaptions(Described):
    def forward(self, embedding: Tensor, text_embedding: Tensor, items: Tensor, captioned: Tensor) -> Tensor:
        return (embedding.float() - text_embedding.float())[captioned].square().mean()


class CountsUncaptioned(Described):
    def forward(self, embedding: Tensor, text_embedding: Tensor, items: Tensor, captioned: Tensor) -> Tensor:
        return super().forward(embedding, text_embedding, items, torch.ones_like(captioned))


class LeavesUnknownItemsOut(Described):
    def forward(self, embedding: Tensor, text_embedding: Tensor, items: Tensor, captioned: Tensor) -> Tensor:
        return super().forward(embedding, text_embedding, items, captioned & (items >= 0))


@pytest.mark.parametrize(
    ("broken", "check", "arguments"),
    [
        (NanWithoutImages, "test_degenerate_labels", ((-1, -1),)),
        (NanWithoutImages, "test_all_unknown_costs_nothing", ()),
        (CountsUnknown, "test_unknown_images_are_left_out", ()),
        (InfiniteGradient, "test_degenerate_labels", ((0,),)),
        (InfiniteGradient, "test_degenerate_rows", ("zero",)),
        (UnusedParameter, "test_every_input_and_parameter_learns", ()),
        (DependsOnOrder, "test_order_of_the_batch_does_not_matter", ()),
        (LowPrecision, "test_bfloat16_inputs_are_computed_in_float32", ()),
        (PerImage, "test_value_is_a_finite_scalar", ()),
        (AsksTooMuch, "test_asks_only_for_what_a_batch_has", ()),
        (NanWithoutCaptions, "test_degenerate_captions", ((),)),
        (CountsUncaptioned, "test_what_stands_for_no_caption_does_not_matter", ()),
        (LeavesUnknownItemsOut, "test_unknown_images_are_left_out", ()),
    ],
)
def test_a_broken_loss_fails(broken: type[torch.nn.Module], check: str, arguments: tuple) -> None:
    class Contract(LossContract):
        def make(self) -> torch.nn.Module:
            return broken()

    with pytest.raises(AssertionError):
        getattr(Contract(), check)(*arguments)


def test_a_zero_out_of_the_graph_fails() -> None:
    class Contract(LossContract):
        def make(self) -> torch.nn.Module:
            return OutOfTheGraph()

    with pytest.raises(RuntimeError, match="does not require grad"):
        Contract().test_degenerate_labels((0,))


class OfColour(torch.nn.Module):
    """Compares a second embedding, which a head of one's own gives."""

    def forward(self, colour_embedding: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        known = labels >= 0
        same = (labels[:, None] == labels) & known[:, None] & known
        return (torch.cdist(colour_embedding, colour_embedding).square() * same).sum() / same.sum().clamp(min=1)


class TestOfASecondEmbedding(LossContract):
    learned = (*LEARNED, "colour_embedding")

    def make(self) -> torch.nn.Module:
        return OfColour()

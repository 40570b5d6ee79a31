"""What every loss must hold, as tests to inherit. For authors of plugins; needs pytest.

    class TestMyLoss(LossContract):
        def make(self) -> torch.nn.Module:
            return MyLoss(embedding_dim=self.embedding_dim, num_labels=self.num_labels)

Shape legend: B batch, D embedding, C categories, A attributes, P pairs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor

from fsim.functional.distances import at_least_float32
from fsim.functional.labels.attribute_labels import AttributeCounts
from fsim.interfaces import Pairs
from fsim.plugin.parameters import needs

UNKNOWN = -1
LEARNED = ("embedding", "logits", "attribute_logits", "text_embedding")  # the parts of a batch that a network gives
TYPICAL = (0, 0, 1, 1, 2, 2, 3, 0)

# Batches in which some losses are undefined: name -> labels.
DEGENERATE: dict[str, tuple[int, ...]] = {
    "one image": (0,),
    "two images of one label": (1, 1),
    "two images of two labels": (0, 1),
    "one label": (2, 2, 2, 2),
    "no positive pair": (0, 1, 2, 3),
    "one positive pair": (0, 1, 2, 3, 3),
    "all unknown": (UNKNOWN, UNKNOWN, UNKNOWN),
    "one image known": (UNKNOWN, 1, UNKNOWN),
    "some unknown": (0, UNKNOWN, 0, 1, UNKNOWN, 1),
}


class LossContract:
    """Inherit it, give `make`, and name the class `Test...`."""

    learned: ClassVar[tuple[str, ...]] = LEARNED  # add what else your head gives; it is drawn as an embedding is
    embedding_dim: ClassVar[int] = 8  # D
    num_categories: ClassVar[int] = 4  # C
    num_labels: ClassVar[int] = 4
    attribute_counts: ClassVar[AttributeCounts] = AttributeCounts(np.array([2, 5, 3]), np.array([4, 1, 0]))  # [A] each

    def make(self) -> torch.nn.Module:
        """A new loss for `embedding_dim`, `num_categories`, `num_labels` and `attribute_counts`."""
        raise NotImplementedError

    def test_asks_only_for_what_a_batch_has(self) -> None:
        names = needs(self._loss())
        assert names <= set(self.batch(TYPICAL)), "forward asks by name for parts of a batch"
        assert names & {*self.learned}, "a loss needs embeddings or logits to teach anything"

    def test_value_is_a_finite_scalar(self) -> None:
        value = self.value(self._loss(), self.batch(TYPICAL))
        assert value.shape == ()
        assert value.is_floating_point()
        assert value.isfinite()

    def test_every_input_and_parameter_learns(self) -> None:
        for name, gradient in self.gradients(self._loss(), self.batch(TYPICAL)).items():
            assert gradient.abs().sum() > 0, f"the gradient of {name} is zero"

    @pytest.mark.parametrize("labels", DEGENERATE.values(), ids=DEGENERATE.keys())
    def test_degenerate_labels(self, labels: tuple[int, ...]) -> None:
        self.gradients(self._loss(), self.batch(labels))

    @pytest.mark.parametrize("rows", ["identical", "zero", "huge"])
    def test_degenerate_rows(self, rows: str) -> None:
        for labels in (TYPICAL, *DEGENERATE.values()):
            self.gradients(self._loss(), self.batch(labels, rows))

    @pytest.mark.parametrize("seed", range(8))
    def test_any_labels(self, seed: int) -> None:
        draw = torch.Generator().manual_seed(seed)
        size = int(torch.randint(1, 13, (), generator=draw))
        labels = torch.randint(UNKNOWN, self.num_labels, (size,), generator=draw).tolist()
        self.gradients(self._loss(), self.batch(labels, seed=seed))

    def test_all_unknown_costs_nothing(self) -> None:
        loss = self._loss()
        if "text_embedding" not in needs(loss):  # an image of which nothing else is known still has its caption
            assert self.value(loss, self.batch(DEGENERATE["all unknown"])) == 0

    def test_unknown_images_are_left_out(self) -> None:
        """Of a loss that asks for captions: an image of an unknown item is of an item of its own."""
        loss = self._loss()
        mixed = self.batch((0, UNKNOWN, 0, 1, 2, UNKNOWN, 1, 2))
        if "text_embedding" in needs(loss):
            same = {**mixed, "items": torch.tensor([0, 7, 0, 1, 2, 8, 1, 2])}
        else:
            same = self._select(mixed, (mixed["labels"] >= 0).nonzero()[:, 0])
        torch.testing.assert_close(self.value(loss, mixed), self.value(loss, same))

    @pytest.mark.parametrize("captioned", [(), (3,), range(8)], ids=["no caption", "one caption", "all captions"])
    def test_degenerate_captions(self, captioned: Sequence[int]) -> None:
        for labels in (TYPICAL, (2,) * 8, (UNKNOWN,) * 8):
            batch = self.batch(labels)
            batch["captioned"] = torch.tensor([row in captioned for row in range(8)])
            self.gradients(self._loss(), batch)

    def test_what_stands_for_no_caption_does_not_matter(self) -> None:
        loss, batch = self._loss(), self.batch(TYPICAL)
        other = torch.where(batch["captioned"][:, None], batch["text_embedding"], -3.0)
        torch.testing.assert_close(self.value(loss, batch), self.value(loss, {**batch, "text_embedding": other}))

    def test_order_of_the_batch_does_not_matter(self) -> None:
        loss, batch = self._loss(), self.batch(TYPICAL)
        order = torch.randperm(len(TYPICAL), generator=torch.Generator().manual_seed(1))
        torch.testing.assert_close(self.value(loss, batch), self.value(loss, self._select(batch, order)))

    def test_inputs_are_not_written_to(self) -> None:
        loss, batch = self._loss(), self.batch(TYPICAL)
        before = {name: batch[name].detach().clone() for name in batch if name != "pairs"}
        self.gradients(loss, batch)
        for name, tensor in before.items():
            torch.testing.assert_close(batch[name], tensor, rtol=0, atol=0, msg=f"{name} was written to")

    def test_bfloat16_inputs_are_computed_in_float32(self) -> None:
        loss, batch = self._loss(), self.batch(TYPICAL)
        low = {**batch, **{name: batch[name].detach().bfloat16() for name in self.learned}}
        same = {**batch, **{name: at_least_float32(low[name]) for name in self.learned}}
        with torch.autocast("cpu", torch.bfloat16):
            value = self.value(loss, low)
        assert value.dtype == torch.float32
        torch.testing.assert_close(value, self.value(loss, same))

    def test_parameters_come_from_the_global_generator(self) -> None:
        first, second = self._loss(), self._loss()
        for name, tensor in second.state_dict().items():
            torch.testing.assert_close(first.state_dict()[name], tensor, rtol=0, atol=0)

    def batch(self, labels: Sequence[int], rows: str = "distinct", seed: int = 0) -> dict[str, Any]:
        """A batch whose labels, categories and items are these; its pairs are all of the images known.

        Of an image of known label two attributes in three are known, and of any image about two in three have a
        caption. `rows` says how the embeddings and logits lie: distinct, identical, zero or huge.
        """
        draw = torch.Generator().manual_seed(seed)
        embedding = torch.randn(len(labels), self.embedding_dim, generator=draw)  # [B, D]
        logits = torch.randn(len(labels), self.num_categories, generator=draw)  # [B, C]
        num_attributes = len(self.attribute_counts.having)
        attribute_logits = torch.randn(len(labels), num_attributes, generator=draw)  # [B, A]
        attributes = torch.randint(-1, 2, attribute_logits.shape, generator=draw, dtype=torch.int8)
        attributes[torch.tensor(labels) == UNKNOWN] = 0
        text_embedding = torch.randn(embedding.shape, generator=draw)  # [B, D]
        captioned = torch.rand(len(labels), generator=draw) < 2 / 3  # [B]
        learned = dict(zip(LEARNED, (embedding, logits, attribute_logits, text_embedding), strict=True))
        learned |= {
            name: torch.randn(embedding.shape, generator=draw) for name in self.learned if name not in learned
        }  # [B, D] each
        if rows == "identical":
            learned = {name: tensor[:1].repeat(len(labels), 1) for name, tensor in learned.items()}
        scale = {"zero": 0.0, "huge": 1e4}.get(rows, 1.0)
        known = [position for position, label in enumerate(labels) if label != UNKNOWN]
        pairs = [(i, j) for i in known for j in known if i < j]
        first, second = torch.tensor(pairs, dtype=torch.int64).reshape(-1, 2).T  # [P] each
        return {
            **{name: (scale * tensor).requires_grad_() for name, tensor in learned.items()},
            "attributes": attributes,
            "captioned": captioned,
            "categories": torch.tensor(labels),
            "items": torch.tensor(labels),
            "labels": torch.tensor(labels),
            "pairs": Pairs(first, second, torch.tensor(labels)[first] == torch.tensor(labels)[second]),
        }

    def value(self, loss: torch.nn.Module, batch: dict[str, Any]) -> Tensor:
        """The loss of the batch, given by name what it asks for."""
        result = loss(**{name: batch[name] for name in needs(loss)})
        assert isinstance(result, Tensor)
        return result

    def gradients(self, loss: torch.nn.Module, batch: dict[str, Any]) -> dict[str, Tensor]:
        """The gradient of every input and parameter; fails where the loss or one of them is not finite."""
        value, at = self.value(loss, batch), f"with labels {batch['labels'].tolist()}"
        assert value.shape == (), f"the loss is not a scalar {at}"
        assert value.isfinite(), f"the loss is not finite {at}"
        learned = {name: batch[name] for name in sorted(needs(loss)) if name in self.learned}
        learned |= {name: tensor for name, tensor in loss.named_parameters() if tensor.requires_grad}
        gradients = torch.autograd.grad(value, list(learned.values()), allow_unused=True)
        found = {}
        for name, gradient in zip(learned, gradients, strict=True):
            assert gradient is not None, f"{name} is not in the graph {at}"
            assert gradient.isfinite().all(), f"the gradient of {name} is not finite {at}"
            found[name] = gradient
        return found

    def _loss(self) -> torch.nn.Module:
        torch.manual_seed(0)
        return self.make()

    def _select(self, batch: dict[str, Any], rows: Tensor) -> dict[str, Any]:
        """The batch of these rows of a batch, in this order; they must hold all rows that are in a pair."""
        place = torch.full_like(batch["labels"], UNKNOWN)
        place[rows] = torch.arange(len(rows))
        pairs = batch["pairs"]
        chosen = {name: tensor[rows] for name, tensor in batch.items() if isinstance(tensor, Tensor)}
        return {**chosen, "pairs": Pairs(place[pairs.first], place[pairs.second], pairs.same)}

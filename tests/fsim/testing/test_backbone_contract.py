"""The suite for plugin authors finds the mistakes that it is for."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from fsim.interfaces import Backbone
from fsim.testing.backbone_contract import BackboneContract


class Good(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.out_features = 4
        self.convolution = nn.Conv2d(3, 4, 3, stride=2)

    def forward(self, images: Tensor) -> Tensor:
        return self.convolution(images).mean((2, 3))


class TestGood(BackboneContract):
    sizes = (8, 9)

    def make(self) -> Backbone:
        return Good()


class WrongWidth(Good):
    def __init__(self) -> None:
        super().__init__()
        self.out_features = 8


class Squeezed(Good):
    def forward(self, images: Tensor) -> Tensor:
        return super().forward(images).squeeze()


class Blind(Good):
    def forward(self, images: Tensor) -> Tensor:
        return super().forward(0 * images)


class IdleWeight(Good):
    def __init__(self) -> None:
        super().__init__()
        self.classifier = nn.Linear(4, 10)


class Dropout(Good):
    def forward(self, images: Tensor) -> Tensor:
        return nn.functional.dropout(super().forward(images))


class Neighbours(Good):
    def forward(self, images: Tensor) -> Tensor:
        return super().forward(images - images.mean(0))


class HiddenWeights(Good):
    def __init__(self) -> None:
        super().__init__()
        self.scale = torch.rand(4)  # no parameter and no buffer

    def forward(self, images: Tensor) -> Tensor:
        return super().forward(images) * self.scale


class OwnGenerator(Good):
    def __init__(self) -> None:
        super().__init__()
        nn.init.normal_(self.convolution.weight, generator=torch.Generator().manual_seed(torch.seed() % 1000))


class Writes(Good):
    def forward(self, images: Tensor) -> Tensor:
        return super().forward(images.mul_(0.5))


class InMemoryOrder(Good):
    def forward(self, images: Tensor) -> Tensor:
        return super().forward(torch.as_strided(images, images.shape, (images[0].numel(), images[0, 0].numel(), 8, 1)))


class SharesWeights(Good):
    def __deepcopy__(self, memo: Any) -> SharesWeights:
        return self


class NoAutocast(Good):
    def forward(self, images: Tensor) -> Tensor:
        return super().forward(images) @ torch.eye(4, dtype=torch.float64).to(images.device)


class NanWhereSmall(Good):
    def forward(self, images: Tensor) -> Tensor:
        return nn.functional.conv2d(images, self.convolution.weight[:, :, :1, :1])[:, :, 7:, 7:].mean((2, 3))


@pytest.mark.parametrize(
    ("broken", "check", "arguments"),
    [
        (WrongWidth, "test_images_become_features", ()),
        (Squeezed, "test_images_become_features", ()),
        (Blind, "test_features_depend_on_the_image", ()),
        (IdleWeight, "test_every_weight_learns", ()),
        (Dropout, "test_evaluation_repeats_and_an_image_knows_no_neighbours", ()),
        (Neighbours, "test_evaluation_repeats_and_an_image_knows_no_neighbours", ()),
        (HiddenWeights, "test_its_weights_are_its_state", ()),
        (OwnGenerator, "test_weights_come_from_the_global_generator", ()),
        (Writes, "test_images_are_not_written_to", ()),
        (InMemoryOrder, "test_the_order_of_an_image_in_memory_does_not_matter", ()),
        (SharesWeights, "test_a_copy_is_a_network_of_its_own", ()),
        (NoAutocast, "test_bfloat16_gives_finite_features", ()),
        (NanWhereSmall, "test_an_image_that_is_too_small_is_refused", (7,)),
    ],
)
def test_a_mistake_is_found(broken: type, check: str, arguments: tuple[Any, ...]) -> None:
    class Suite(BackboneContract):
        sizes = (8,)

        def make(self) -> Backbone:
            return broken()  # type: ignore[no-any-return]

    with pytest.raises((AssertionError, RuntimeError)):
        getattr(Suite(), check)(*arguments)


def test_what_no_image_reaches_may_be_declared() -> None:
    class Suite(BackboneContract):
        sizes = (8,)
        idle = ("classifier",)

        def make(self) -> Backbone:
            return IdleWeight()

    Suite().test_every_weight_learns()

from __future__ import annotations

import copy
from functools import lru_cache
from typing import Any, ClassVar

import pytest
import torch
from torch import nn

from fsim.interfaces import Backbone
from fsim.registry import load
from fsim.testing.backbone_contract import BackboneContract
from fsim_example.small_cnn import SmallCnn


class TestResNet18(BackboneContract):
    components = ("resnet18",)
    sizes: ClassVar[tuple[int, ...]] = (64, 97)

    def make(self) -> Backbone:
        return load("backbone", "resnet18")()  # type: ignore[no-any-return]


class TestResNet18OfSmallImages(BackboneContract):
    components = ("resnet18",)
    sizes: ClassVar[tuple[int, ...]] = (28,)

    def make(self) -> Backbone:
        return load("backbone", "resnet18")(stem_stride=1, num_stages=3)  # type: ignore[no-any-return]


class TestSmallCnn(BackboneContract):
    def make(self) -> Backbone:
        return SmallCnn()


class Large(BackboneContract):
    """With weights drawn here: torchvision draws those of its classifier too, which takes a second for a VGG."""

    sizes: ClassVar[tuple[int, ...]] = (32,)
    name: ClassVar[str]
    settings: ClassVar[dict[str, Any]] = {}

    def make(self) -> Backbone:
        return copy.deepcopy(drawn(self.name, torch.initial_seed(), **self.settings))


class TestOtherResNets(Large):
    """Two of four stages: the others are more of the same, and make a minute of tests."""

    settings: ClassVar[dict[str, Any]] = {"num_stages": 2}
    components = (
        "resnet34",
        "resnet50",
        "resnet101",
        "resnet152",
        "resnext50_32x4d",
        "resnext101_32x8d",
        "wide_resnet50_2",
    )

    @pytest.fixture(scope="class", autouse=True, params=components)
    @classmethod
    def _name(cls, request: pytest.FixtureRequest) -> None:
        cls.name = request.param


class TestVggs(Large):
    components = ("vgg11", "vgg11_bn", "vgg13", "vgg13_bn", "vgg16", "vgg16_bn", "vgg19", "vgg19_bn")

    @pytest.fixture(scope="class", autouse=True, params=components)
    @classmethod
    def _name(cls, request: pytest.FixtureRequest) -> None:
        cls.name = request.param


@lru_cache(maxsize=2)
def drawn(name: str, seed: int, **settings: Any) -> Any:
    """The backbone of that name with weights of He et al. 2015, as torchvision draws them."""
    with torch.device("meta"):
        network = load("backbone", name)(**settings)
    network = network.to_empty(device="cpu")
    torch.manual_seed(seed)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_parameters()
        elif isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return network

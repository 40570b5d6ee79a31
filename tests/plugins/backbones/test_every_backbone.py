from __future__ import annotations

import copy
from collections.abc import Callable
from functools import lru_cache
from typing import Any, ClassVar

import pytest
import torch
from torch import nn

from fsim.interfaces import Backbone
from fsim.testing.backbone_contract import BackboneContract
from fsim_plugins.backbones.resnet import (
    resnet18,
    resnet34,
    resnet50,
    resnet101,
    resnet152,
    resnext50_32x4d,
    resnext101_32x8d,
    wide_resnet50_2,
)
from fsim_plugins.backbones.vgg import vgg11, vgg11_bn, vgg13, vgg13_bn, vgg16, vgg16_bn, vgg19, vgg19_bn


class TestResNet18(BackboneContract):
    def make(self) -> Backbone:
        return resnet18()


class TestResNet18OfSmallImages(BackboneContract):
    sizes: ClassVar[tuple[int, ...]] = (28, 33)

    def make(self) -> Backbone:
        return resnet18(stem_stride=1, num_stages=3)


class Large(BackboneContract):
    """With weights drawn here: torchvision draws those of its classifier too, which takes a second for a VGG."""

    sizes: ClassVar[tuple[int, ...]] = (32,)
    settings: ClassVar[dict[str, Any]] = {}
    component: Callable[..., nn.Module]

    def make(self) -> Backbone:
        return copy.deepcopy(drawn(type(self).component, torch.initial_seed(), **self.settings))


class TestOtherResNets(Large):
    """Two of four stages: the others are more of the same, and make a minute of tests."""

    settings: ClassVar[dict[str, Any]] = {"num_stages": 2}

    @pytest.fixture(
        scope="class",
        autouse=True,
        params=[resnet34, resnet50, resnet101, resnet152, resnext50_32x4d, resnext101_32x8d, wide_resnet50_2],
    )
    @classmethod
    def _component(cls, request: pytest.FixtureRequest) -> None:
        cls.component = request.param


class TestVggs(Large):
    """Of small images, with four of five max-pools."""

    sizes: ClassVar[tuple[int, ...]] = (16,)
    settings: ClassVar[dict[str, Any]] = {"num_pools": 4}

    @pytest.fixture(
        scope="class",
        autouse=True,
        params=[vgg11, vgg11_bn, vgg13, vgg13_bn, vgg16, vgg16_bn, vgg19, vgg19_bn],
    )
    @classmethod
    def _component(cls, request: pytest.FixtureRequest) -> None:
        cls.component = request.param


@lru_cache(maxsize=2)
def drawn(component: Callable[..., nn.Module], seed: int, **settings: Any) -> Any:
    """A backbone with weights of He et al. 2015, as torchvision draws them."""
    with torch.device("meta"):
        network = component(**settings)
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

"""VGG networks of torchvision without their classifier."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from torch import Tensor, nn

from fsim_plugins.backbones.weights import load_weights
from fsim_plugins.torchvision_import import import_torchvision

Layer = Literal["pool", "fc7"]
Pools = Annotated[int, Field(ge=1, le=5)]


class Vgg(nn.Module):
    """VGG (Simonyan & Zisserman 2015, "Very deep convolutional networks for large-scale image recognition").

    Args:
        architecture: a name of torchvision.models.
        weights: null for random weights, a torchvision name (`DEFAULT`, `IMAGENET1K_V1`), a file, or `DEFAULT or
            random`, which starts from random weights where the others cannot be downloaded, and says so.
        layer: `pool`, the global average of the last convolutions (512 features); `fc7`, the second fully connected
            layer (4096 features, 119 M more weights), which the literature used with ImageNet weights.
        num_pools: how many of the five max-pools are kept, the first ones; 5 shrinks the image 32 times. 3 or 4 are
            for images of 28 to 64 px.
    """

    def __init__(self, architecture: str, weights: str | None, layer: Layer, num_pools: int) -> None:
        super().__init__()
        network = getattr(import_torchvision("torchvision.models"), architecture)()
        pools = [index for index, module in enumerate(network.features) if isinstance(module, nn.MaxPool2d)]
        for index in pools[num_pools:]:
            network.features[index] = nn.Identity()
        if layer == "pool":
            network.avgpool = nn.AdaptiveAvgPool2d(1)
            network.classifier = nn.Identity()
        else:
            network.classifier = network.classifier[:-1]  # without the last, 1000-way layer
        if weights is not None:
            load_weights(network, architecture, weights)
        self.network = network
        self.out_features: int = 512 if layer == "pool" else 4096

    def forward(self, images: Tensor) -> Tensor:
        """float [B, 3, S, S] -> [B, F]; F is 512 (`pool`) or 4096 (`fc7`)."""
        features: Tensor = self.network(images)
        return features


def vgg11(weights: str | None = None, layer: Layer = "pool", num_pools: Pools = 5) -> Vgg:
    """VGG-11 without batch normalisation. Arguments as of vgg16."""
    return Vgg("vgg11", weights, layer, num_pools)


def vgg16(weights: str | None = None, layer: Layer = "pool", num_pools: Pools = 5) -> Vgg:
    """VGG-16 without batch normalisation (Simonyan & Zisserman 2015).

    Args:
        weights: null for random weights, a torchvision name (`DEFAULT`, `IMAGENET1K_V1`), a file, or `DEFAULT or
            random`, which starts from random weights where the others cannot be downloaded, and says so.
        layer: `pool`, the average of the last convolutions (512 features), or `fc7` (4096 features).
        num_pools: max-pools that are kept (5 in the paper); 3 or 4 for images of 28 to 64 px.
    """
    return Vgg("vgg16", weights, layer, num_pools)


def vgg16_bn(weights: str | None = None, layer: Layer = "pool", num_pools: Pools = 5) -> Vgg:
    """VGG-16 with batch normalisation. Arguments as of vgg16."""
    return Vgg("vgg16_bn", weights, layer, num_pools)


def vgg19(weights: str | None = None, layer: Layer = "pool", num_pools: Pools = 5) -> Vgg:
    """VGG-19 without batch normalisation. Arguments as of vgg16."""
    return Vgg("vgg19", weights, layer, num_pools)


def vgg13(weights: str | None = None, layer: Layer = "pool", num_pools: Pools = 5) -> Vgg:
    """VGG-13 without batch normalisation. Arguments as of vgg16."""
    return Vgg("vgg13", weights, layer, num_pools)


def vgg11_bn(weights: str | None = None, layer: Layer = "pool", num_pools: Pools = 5) -> Vgg:
    """VGG-11 with batch normalisation. Arguments as of vgg16."""
    return Vgg("vgg11_bn", weights, layer, num_pools)


def vgg13_bn(weights: str | None = None, layer: Layer = "pool", num_pools: Pools = 5) -> Vgg:
    """VGG-13 with batch normalisation. Arguments as of vgg16."""
    return Vgg("vgg13_bn", weights, layer, num_pools)


def vgg19_bn(weights: str | None = None, layer: Layer = "pool", num_pools: Pools = 5) -> Vgg:
    """VGG-19 with batch normalisation. Arguments as of vgg16."""
    return Vgg("vgg19_bn", weights, layer, num_pools)

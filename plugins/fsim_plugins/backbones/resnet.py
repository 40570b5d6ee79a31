"""Residual networks of torchvision without their classifier."""

from __future__ import annotations

from typing import Literal

from torch import Tensor, nn

from fsim_plugins.backbones.weights import load_weights
from fsim_plugins.torchvision_import import import_torchvision

Stem = Literal[1, 2, 4]
Stages = Literal[2, 3, 4]


class ResNet(nn.Module):
    """ResNet (He et al. 2016, "Deep residual learning for image recognition") up to its global average pool.

    Args:
        architecture: a name of torchvision.models.
        weights: null for random weights, a torchvision name (`DEFAULT`, `IMAGENET1K_V1`), a file, or `DEFAULT or
            random`, which starts from random weights where the others cannot be downloaded, and says so.
        stem_stride: how much the first layers shrink the image. 4: 7x7 convolution of stride 2 and max-pool, the
            paper's, for 96 px and more; 2: 3x3 convolution of stride 2; 1: 3x3 convolution of stride 1, the paper's
            for CIFAR. 2 and 1 are for images of 28 to 64 px; they have no max-pool, and a stem of their own weights.
        num_stages: how many of the four stages are kept, the first ones. 3 suits images of 28 to 64 px, of which the
            fourth sees a few pixels only: the paper's networks for CIFAR have three.
    """

    def __init__(self, architecture: str, weights: str | None, stem_stride: Stem, num_stages: Stages) -> None:
        super().__init__()
        network = getattr(import_torchvision("torchvision.models"), architecture)()
        self.out_features: int = network.fc.in_features
        if stem_stride != 4:
            network.conv1 = nn.Conv2d(3, 64, kernel_size=3, stride=stem_stride, padding=1, bias=False)
            nn.init.kaiming_normal_(network.conv1.weight, mode="fan_out", nonlinearity="relu")
            network.maxpool = nn.Identity()
        network.fc = nn.Identity()
        for stage in range(num_stages + 1, 5):
            setattr(network, f"layer{stage}", nn.Identity())
            self.out_features //= 2
        if weights is not None:
            load_weights(network, architecture, weights, fresh=() if stem_stride == 4 else ("conv1.", "bn1."))
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        """float [B, 3, S, S] -> [B, F]; F is 512 for ResNet-18 and -34, 2048 for the deeper ones, half of it for each
        stage that is left out."""
        features: Tensor = self.network(images)
        return features


def resnet18(weights: str | None = None, stem_stride: Stem = 4, num_stages: Stages = 4) -> ResNet:
    """ResNet-18 (He et al. 2016): 512 features, 11.2 M weights.

    Args:
        weights: null for random weights, a torchvision name (`DEFAULT`, `IMAGENET1K_V1`), a file, or `DEFAULT or
            random`, which starts from random weights where the others cannot be downloaded, and says so.
        stem_stride: 4 the paper's stem for 96 px and more; 2 or 1, a 3x3 convolution of that stride, for 28 to 64 px.
        num_stages: stages that are kept, 4 in the paper; 3 for 28 to 64 px.
    """
    return ResNet("resnet18", weights, stem_stride, num_stages)


def resnet34(weights: str | None = None, stem_stride: Stem = 4, num_stages: Stages = 4) -> ResNet:
    """ResNet-34 (He et al. 2016): 512 features, 21.3 M weights. Arguments as of resnet18."""
    return ResNet("resnet34", weights, stem_stride, num_stages)


def resnet50(weights: str | None = None, stem_stride: Stem = 4, num_stages: Stages = 4) -> ResNet:
    """ResNet-50 (He et al. 2016): 2048 features, 23.5 M weights. Arguments as of resnet18."""
    return ResNet("resnet50", weights, stem_stride, num_stages)


def resnet101(weights: str | None = None, stem_stride: Stem = 4, num_stages: Stages = 4) -> ResNet:
    """ResNet-101 (He et al. 2016): 2048 features, 42.5 M weights. Arguments as of resnet18."""
    return ResNet("resnet101", weights, stem_stride, num_stages)


def resnet152(weights: str | None = None, stem_stride: Stem = 4, num_stages: Stages = 4) -> ResNet:
    """ResNet-152 (He et al. 2016): 2048 features, 58.1 M weights. Arguments as of resnet18."""
    return ResNet("resnet152", weights, stem_stride, num_stages)


def resnext50_32x4d(weights: str | None = None, stem_stride: Stem = 4, num_stages: Stages = 4) -> ResNet:
    """ResNeXt-50 32x4d (Xie et al. 2017): 2048 features, 23.0 M weights. Arguments as of resnet18."""
    return ResNet("resnext50_32x4d", weights, stem_stride, num_stages)


def resnext101_32x8d(weights: str | None = None, stem_stride: Stem = 4, num_stages: Stages = 4) -> ResNet:
    """ResNeXt-101 32x8d (Xie et al. 2017): 2048 features, 86.7 M weights. Arguments as of resnet18."""
    return ResNet("resnext101_32x8d", weights, stem_stride, num_stages)


def wide_resnet50_2(weights: str | None = None, stem_stride: Stem = 4, num_stages: Stages = 4) -> ResNet:
    """Wide ResNet-50-2 (Zagoruyko & Komodakis 2016): 2048 features, 66.8 M weights. Arguments as of resnet18."""
    return ResNet("wide_resnet50_2", weights, stem_stride, num_stages)

"""A small convolutional network, as an example of a backbone."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from torch import Tensor, nn


class SmallCnn(nn.Module):
    """Three convolutions of stride 2 with batch normalisation, and the average over the picture.

    Args:
        width: channels of the first convolution; the features are four times as many.
    """

    def __init__(self, width: Annotated[int, Field(ge=1)] = 16) -> None:
        super().__init__()
        self.out_features = 4 * width
        layers: list[nn.Module] = []
        for inputs, outputs in ((3, width), (width, 2 * width), (2 * width, 4 * width)):
            layers += [nn.Conv2d(inputs, outputs, 3, stride=2, padding=1), nn.BatchNorm2d(outputs), nn.ReLU()]
        self.layers = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten())

    def forward(self, images: Tensor) -> Tensor:
        """float [B, 3, S, S] -> [B, 4 * width]."""
        features: Tensor = self.layers(images)
        return features

"""Normalise pixels of 0 to 255 to the network's input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor

from fsim.errors import FsimError

if TYPE_CHECKING:
    from fsim.images.preparation import Preparation


class Normalise:
    """Computes (x / 255 - mean) / std for each channel of a batch.

    Args:
        mean: Mean of red, green and blue on the scale of 0 to 1.
        std: Standard deviation of each, above 0.
        channels_last: How the result lies in memory.

    Raises:
        FsimError: They are not three numbers each; `auto` stands for numbers that are not known yet.
    """

    def __init__(
        self,
        mean: Sequence[float] | Literal["auto"],
        std: Sequence[float] | Literal["auto"],
        channels_last: bool = True,
    ) -> None:
        if isinstance(mean, str) or isinstance(std, str):
            raise FsimError(
                "data.mean and data.std are auto, and the numbers not known yet: take the recipe.yaml of a run, which "
                "has them, or write them into the recipe"
            )
        if len(mean) != 3 or len(std) != 3 or min(std) <= 0:
            raise FsimError(f"mean {list(mean)} and std {list(std)}: give three numbers each, std above 0")
        self.channels_last = channels_last
        self.scale = torch.tensor([1 / (255 * deviation) for deviation in std])  # [3]
        self.shift = torch.tensor([-m / deviation for m, deviation in zip(mean, std, strict=True)])  # [3]
        self._rows: dict[tuple[int, torch.device], tuple[Tensor, Tensor]] = {}

    @classmethod
    def from_preparation(cls, preparation: Preparation, channels_last: bool = True) -> Normalise:
        """Normalise by a preparation's mean and std."""
        return cls(preparation.mean, preparation.std, channels_last)

    def __call__(self, images: Tensor) -> Tensor:
        """Normalise uint8, or float32 of 0 to 255, best channels last, -> float32 [B, 3, H, W]."""
        batch, channels, height, width = images.shape
        rows = images.permute(0, 2, 3, 1).reshape(batch * height, width * channels)  # [B * H, W * 3]
        scale, shift = self._row(width, images.device)
        normalised = torch.addcmul(shift, rows.to(torch.float32), scale)
        normalised = normalised.view(batch, height, width, channels).permute(0, 3, 1, 2)
        return normalised if self.channels_last else normalised.contiguous()

    def _row(self, width: int, device: torch.device) -> tuple[Tensor, Tensor]:
        """Return scale and shift of a row of pixels, [W * 3]: broadcasting [3] takes ten times as long."""
        if (width, device) not in self._rows:
            self._rows[width, device] = (
                self.scale.repeat(width).to(device),
                self.shift.repeat(width).to(device),
            )
        return self._rows[width, device]

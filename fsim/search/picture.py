"""A picture to search by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fsim.images.resize import Box


@dataclass(frozen=True)
class Picture:
    """The bytes of an image file, and the part of the upright image to look at, in its pixels."""

    data: bytes
    box: Box | None = None

"""A map of images for a page: points that show their picture when they are pointed at.

Shape legend: N images, T thumbnail size.
"""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from fsim.interfaces import Vectors
from fsim.pages.category_marks import Mark, category_marks

ROOMY, SMALL = 1500, 40  # of more images than that the thumbnails are made so small, in pixels: the page stays light
QUALITY = 70  # of JPEG


@dataclass(frozen=True)
class ImageMap:
    """The data that the page's script draws.

    points   of each image: x and y in 0..1, x to the right and y downwards, its group, and its name
    groups   of images, each with its mark
    sprite   all pictures in one JPEG, row by row, as a data URI; `columns` in a row, `size` pixels each
    """

    points: list[tuple[float, float, int, str]]
    groups: list[Mark]
    sprite: str
    columns: int
    size: int

    @property
    def content(self) -> dict[str, Any]:
        """The data for the script, as JSON."""
        return {
            "points": self.points,
            "groups": [
                {"label": group.label, "colour": group.colour, "shape": group.shape, "count": group.count}
                for group in self.groups
            ],
            "sprite": self.sprite,
            "columns": self.columns,
            "size": self.size,
        }


def image_map(
    plane: Vectors,
    names: Sequence[str],
    categories: Sequence[str],
    thumbnails: np.ndarray[tuple[int, ...], np.dtype[np.uint8]],
) -> ImageMap:
    """Build a map of points [N, 2], drawn to one scale along both axes, with the names, categories ("" where unknown)
    and thumbnails uint8 [N, T, T, 3] of their images."""
    marks = category_marks(categories)
    groups = list(dict.fromkeys(marks.values()))
    exact = plane.astype(np.float64)
    low, high = exact.min(0), exact.max(0)
    placed = (exact - (low + high) / 2) / ((high - low).max() or 1.0) * (1, -1) + 0.5
    points = [
        (round(float(x), 4), round(float(y), 4), groups.index(marks[category]), name)
        for (x, y), category, name in zip(placed, categories, names, strict=True)
    ]
    size = thumbnails.shape[1] if len(names) <= ROOMY else min(SMALL, thumbnails.shape[1])
    columns = math.ceil(len(names) ** 0.5)
    sheet = Image.new("RGB", (columns * size, math.ceil(len(names) / columns) * size))
    for place, pixels in enumerate(thumbnails):
        small = Image.fromarray(pixels)
        small = small if small.width == size else small.resize((size, size), Image.Resampling.LANCZOS)
        sheet.paste(small, (place % columns * size, place // columns * size))
    buffer = io.BytesIO()
    sheet.save(buffer, "JPEG", quality=QUALITY)
    sprite = "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()
    return ImageMap(points, groups, sprite, columns, size)

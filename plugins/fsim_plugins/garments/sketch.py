"""A sheet on which the parts of one garment are drawn, as two SVG drawings of the same outlines.

The *drawing* shows every part in its plain colours with edges, seams and buttons. The *plan* says of every pixel what
it shows: cloth, and how the cloth's grain runs there, or something else. The fabric is laid on with the plan's help
once both are pixels, because SVG's own patterns and clips cost more than everything else together.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from fsim_plugins.garments.outline import Outline, Place, ellipse, path_data
from fsim_plugins.garments.palette import RGB, drawn_on, hex_code, mixed
from fsim_plugins.garments.wardrobe import Item

GRAIN_STEP = 8  # red of the plan: GRAIN_STEP * (number of the grain + 1); 0 where there is no cloth
TRIM_CODE = "#00ff00"
COVER_CODE = "#0000ff"  # something that lies on top of the garment and is no part of it
INK: RGB = (20, 16, 24)


class Grain(NamedTuple):
    """How a piece of cloth lies: the point of the garment's frame that it turns around, and by how many radians."""

    x: float
    y: float
    turn: float


class Pose(NamedTuple):
    """How the garment lies or hangs in one view; each in -1 to 1, 0 in the middle."""

    left_arm: float
    right_arm: float
    left_leg: float
    right_leg: float


class Sketch:
    """Collects the parts of an item, from the back to the front.

    Args:
        item: whose colours are used.
        pose: moves sleeves and legs.
        place: the garment's frame -> pixels.
    """

    def __init__(self, item: Item, pose: Pose, place: Place) -> None:
        self.item, self.pose, self.place = item, pose, place
        self.drawing: list[str] = []
        self.plan: list[str] = []
        self.grains = [Grain(0, 0, 0)]
        self.landmarks: dict[str, tuple[float, float]] = {}
        self.edge = drawn_on(item.colour, 0.5)

    def grain(self, x: float, y: float, degrees: float) -> int:
        """The number of a new grain, for `cloth`."""
        self.grains.append(Grain(x, y, math.radians(degrees)))
        return len(self.grains) - 1

    def cloth(self, outline: Outline, grain: int = 0, tone: float = 0) -> None:
        """A piece of the item's fabric; `tone` darkens it, for what lies behind."""
        data = path_data(outline, self.place)
        colour = hex_code(mixed(self.item.colour, INK, tone))
        self.drawing.append(
            f'<path d="{data}" fill="{colour}" stroke="{hex_code(self.edge)}" stroke-width=".9"/>'
        )
        self.plan.append(f'<path d="{data}" fill="#{GRAIN_STEP * (grain + 1):02x}0000"/>')

    def trim(self, outline: Outline, colour: RGB | None = None, edge: float = 0.5) -> None:
        """A piece in one colour, by default that of the item's trim."""
        colour = self.item.trim if colour is None else colour
        data = path_data(outline, self.place)
        stroke = f' stroke="{hex_code(drawn_on(colour, edge))}" stroke-width=".8"' if edge else ""
        self.drawing.append(f'<path d="{data}" fill="{hex_code(colour)}"{stroke}/>')
        self.plan.append(f'<path d="{data}" fill="{TRIM_CODE}"/>')

    def band(self, line: Outline, width: float, colour: RGB | None = None) -> None:
        """A ribbon of one colour along a line."""
        colour = self.item.trim if colour is None else colour
        data = path_data(line, self.place, closed=False)
        end = 'fill="none" stroke-linecap="round" stroke-linejoin="round"'
        for grow, paint in ((0.8, drawn_on(colour, 0.4)), (0.0, colour)):
            self.drawing.append(
                f'<path d="{data}" {end} stroke="{hex_code(paint)}" stroke-width="{width + grow:.2f}"/>'
            )
        self.plan.append(f'<path d="{data}" {end} stroke="{TRIM_CODE}" stroke-width="{max(width, 1):.2f}"/>')

    def seam(
        self,
        line: Outline,
        strength: float = 0.35,
        width: float = 0.8,
        dash: str = "",
        colour: RGB | None = None,
    ) -> None:
        """A fine line; the fabric shows through, but for its shade."""
        paint = hex_code(colour or drawn_on(self.item.colour, strength))
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        data = path_data(line, self.place, closed=False)
        self.drawing.append(
            f'<path d="{data}" fill="none" stroke="{paint}" stroke-width="{width:.2f}"{dashes}/>'
        )

    def button(self, x: float, y: float, radius: float = 1.3, colour: RGB | None = None) -> None:
        """A button, a snap or an eyelet."""
        self.trim(ellipse(x, y, radius, radius), colour or self.item.second)

    def mark(self, name: str, x: float, y: float) -> None:
        """Remember where a landmark of the garment lies in the picture."""
        self.landmarks[name] = self.place(x, y)

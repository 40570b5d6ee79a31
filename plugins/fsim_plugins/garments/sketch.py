"""A sheet on which the parts of one garment are drawn, from the back to the front.

It holds two drawings of the same outlines. The *drawing*, in SVG, shows every part in its plain colours with edges,
seams and buttons. The *plan* says of every pixel what it shows: cloth, and how the cloth's grain runs there, or
something else. The fabric is laid on with the plan's help once the drawing is pixels, because SVG's own patterns and
clips would cost more than everything else together.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from PIL import Image, ImageDraw

from fsim_plugins.garments.outline import Outline, Place, Point, ellipse, path_data, placed, polyline
from fsim_plugins.garments.palette import RGB, drawn_on, hex_code, mixed
from fsim_plugins.garments.wardrobe import Item

SIZE = 128  # pixels of a picture's side
# What the plan says of a pixel; grain number n is GRAIN + n.
NOTHING, TRIM, GRAIN, COVER = 0, 1, 2, 255  # a cover lies on top of the garment and is no part of it
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
        self.plan = Image.new("L", (SIZE, SIZE), NOTHING)
        self._plan = ImageDraw.Draw(self.plan)
        self.grains = [Grain(0, 0, 0)]
        self.landmarks: dict[str, tuple[float, float]] = {}
        self.edge = hex_code(drawn_on(item.colour, 0.5))

    def grain(self, x: float, y: float, degrees: float) -> int:
        """The number of a new grain, for `cloth`."""
        self.grains.append(Grain(x, y, math.radians(degrees)))
        return len(self.grains) - 1

    def cloth(self, outline: Outline, grain: int = 0, tone: float = 0) -> None:
        """A piece of the item's fabric; `tone` darkens it, for what lies behind."""
        colour = hex_code(mixed(self.item.colour, INK, tone)) if tone else hex_code(self.item.colour)
        self._piece(outline, f'fill="{colour}" stroke="{self.edge}" stroke-width=".9"', GRAIN + grain)

    def trim(self, outline: Outline, colour: RGB | None = None, edge: float = 0.5) -> None:
        """A piece in one colour, by default that of the item's trim."""
        colour = self.item.trim if colour is None else colour
        stroke = f' stroke="{hex_code(drawn_on(colour, edge))}" stroke-width=".8"' if edge else ""
        self._piece(outline, f'fill="{hex_code(colour)}"{stroke}', TRIM)

    def cover(self, outline: Outline, colour: RGB) -> None:
        """Something in the way, which is given in pixels."""
        self._lay(list(outline), f'fill="{hex_code(colour)}"', COVER)

    def band(self, line: Outline, width: float, colour: RGB | None = None) -> None:
        """A ribbon of one colour along a line."""
        colour = self.item.trim if colour is None else colour
        points = placed(line, self.place)
        shape = (
            f'<path d="{path_data(points, closed=False)}" fill="none" stroke-linecap="round" stroke-linejoin="round"'
        )
        for grow, paint in ((0.8, drawn_on(colour, 0.4)), (0.0, colour)):
            self.drawing.append(f'{shape} stroke="{hex_code(paint)}" stroke-width="{width + grow:.2f}"/>')
        corners = [(x - 0.5, y - 0.5) for x, y in polyline(points)]
        self._plan.line(corners, fill=TRIM, width=max(1, round(width)), joint="curve")

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
        data = path_data(placed(line, self.place), closed=False)
        stroke = f'stroke="{paint}" stroke-width="{width:.2f}" stroke-linecap="round"{dashes}'
        self.drawing.append(f'<path d="{data}" fill="none" {stroke}/>')

    def button(self, x: float, y: float, radius: float = 1.3, colour: RGB | None = None) -> None:
        """A button, a snap or an eyelet."""
        self.trim(ellipse(x, y, radius, radius), colour or self.item.second)

    def mark(self, name: str, x: float, y: float) -> None:
        """Remember where a landmark of the garment lies in the picture."""
        self.landmarks[name] = self.place(x, y)

    def _piece(self, outline: Outline, paint: str, code: int) -> None:
        self._lay(placed(outline, self.place), paint, code)

    def _lay(self, points: list[Point], paint: str, code: int) -> None:
        self.drawing.append(f'<path d="{path_data(points)}" {paint}/>')
        self._plan.polygon([(x - 0.5, y - 0.5) for x, y in polyline(points)], fill=code)  # pixels' centres

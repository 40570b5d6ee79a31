"""The legs of trousers, jeans and shorts."""

from __future__ import annotations

from dataclasses import dataclass

from fsim_plugins.garments.outline import Outline, Point, ellipse, mirrored, symmetric, to, via
from fsim_plugins.garments.palette import RGB, mixed
from fsim_plugins.garments.shapes.bodice import SIDES, Side, on_side
from fsim_plugins.garments.sketch import INK, Sketch


@dataclass(frozen=True)
class Legs:
    """Measures of trousers: half widths, and heights in the garment's frame.

    Attributes:
        left, right: how far the feet are from the middle, on each side.
    """

    waist: float
    hip: float
    knee: float
    end: float
    top: float
    crotch: float
    bottom: float
    left: float
    right: float

    def foot(self, side: Side) -> float:
        return self.left if side == -1 else self.right

    def middle(self, side: Side, share: float) -> float:
        """Where the leg's middle is, `share` of the way from the crotch to the hem; always positive."""
        return self.hip * 0.5 + (self.foot(side) - self.hip * 0.5) * share


def _half(legs: Legs, side: Side) -> list[Point]:
    """The half from the waist to the crotch, drawn as if on the right."""
    knee_y = legs.crotch + (legs.bottom - legs.crotch) * 0.45
    knee, foot = legs.middle(side, 0.45), legs.foot(side)
    return [
        *(to(0, legs.top + 0.8), via(legs.waist * 0.5, legs.top + 0.8), to(legs.waist, legs.top)),
        *(via(legs.hip + 0.5, legs.top + 8), to(legs.hip, legs.crotch - 4)),
        *(via(knee + legs.knee + 1, knee_y - 8), to(knee + legs.knee, knee_y)),
        *(
            to(foot + legs.end, legs.bottom - 0.8),
            via(foot, legs.bottom + 0.6),
            to(foot - legs.end, legs.bottom - 0.4),
        ),
        *(to(knee - legs.knee, knee_y), via(2.2, legs.crotch + 7), to(0.3, legs.crotch)),
    ]


def legs_outline(legs: Legs) -> Outline:
    return [*_half(legs, 1), *reversed(mirrored(_half(legs, -1)))]


def make_legs(sketch: Sketch, low: float, high: float, knee: float, end: float) -> Legs:
    item, pose = sketch.item, sketch.pose
    spread = item.measure("stance", 10.5, 12.5) + end * 0.2
    return Legs(
        waist=item.measure("waist", 13, 15.5),
        hip=item.measure("hip", 17.5, 19.5),
        knee=knee * item.measure("knee", 0.93, 1.1),
        end=end * item.measure("end", 0.9, 1.12),
        top=-44,
        crotch=item.measure("crotch", -15, -10),
        bottom=item.measure("bottom", low, high),
        left=spread + 3.5 * pose.left_leg,
        right=spread + 3.5 * pose.right_leg,
    )


def draw_legs(sketch: Sketch, legs: Legs, waistband: RGB | None = None) -> None:
    """The cloth, the waistband, the fly and the front pockets."""
    sketch.trim(ellipse(0, legs.top + 0.6, legs.waist - 0.6, 1.6), mixed(sketch.item.colour, INK, 0.5), edge=0.3)
    sketch.cloth(legs_outline(legs))
    sketch.seam([to(0, legs.top + 5), to(0, legs.crotch)], strength=0.55)
    sketch.seam([to(3.4, legs.top + 5), via(3.8, legs.crotch - 8), to(0.3, legs.crotch - 4)], strength=0.35)
    band = symmetric(
        [
            to(0, legs.top + 0.8),
            via(legs.waist * 0.5, legs.top + 0.8),
            to(legs.waist, legs.top),
            to(legs.waist + 0.9, legs.top + 4),
            via(legs.waist * 0.5, legs.top + 5),
            to(0, legs.top + 5),
        ]
    )
    if waistband:
        sketch.trim(band, waistband)
    else:
        sketch.cloth(band, tone=0.1)
    for side, name in zip(SIDES, ("left", "right"), strict=True):
        sketch.mark(f"{name} waistline", side * legs.waist, legs.top)
        sketch.mark(f"{name} hem", side * legs.foot(side), legs.bottom)


def front_pockets(sketch: Sketch, legs: Legs, colour: RGB | None = None) -> None:
    for side in SIDES:
        line = [
            to(legs.waist - 5.5, legs.top + 5),
            via(legs.waist - 4.5, legs.top + 11),
            to(legs.hip - 0.4, legs.top + 13),
        ]
        sketch.seam(on_side(line, side), strength=0.6, width=1, colour=colour)


def leg_line(legs: Legs, side: Side, aside: float) -> Outline:
    """A line down a leg, `aside` half widths from its middle."""
    knee_y = legs.crotch + (legs.bottom - legs.crotch) * 0.45
    return on_side(
        [
            to(legs.hip * 0.5 + aside * legs.hip * 0.5, legs.crotch - 8),
            to(legs.middle(side, 0.45) + aside * legs.knee, knee_y),
            to(legs.foot(side) + aside * legs.end, legs.bottom - 0.6),
        ],
        side,
    )

"""Trousers, jeans and shorts."""

from __future__ import annotations

from dataclasses import dataclass

from fsim_plugins.garments.bodice import SIDES, Side, on_side
from fsim_plugins.garments.outline import Outline, Point, box, ellipse, mirrored, symmetric, to, via
from fsim_plugins.garments.palette import RGB, mixed
from fsim_plugins.garments.sketch import INK, Sketch

STITCH: RGB = (226, 176, 98)
METAL: RGB = (196, 192, 186)


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


def _outline(legs: Legs) -> Outline:
    return [*_half(legs, 1), *reversed(mirrored(_half(legs, -1)))]


def _legs(sketch: Sketch, low: float, high: float, knee: float, end: float) -> Legs:
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


SHAPES = {"skinny": (6.2, 4.2), "straight": (7.6, 6.6), "wide": (10.0, 11.0), "flared": (6.8, 11.0)}
LENGTHS = {"cropped": (27.0, 34.0), "full-length": (42.0, 47.0)}


def _base(sketch: Sketch, legs: Legs, waistband: RGB | None = None) -> None:
    """The cloth, the waistband, the fly and the front pockets."""
    sketch.trim(
        ellipse(0, legs.top + 0.6, legs.waist - 0.6, 1.6), mixed(sketch.item.colour, INK, 0.5), edge=0.3
    )
    sketch.cloth(_outline(legs))
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


def _front_pockets(sketch: Sketch, legs: Legs, colour: RGB | None = None) -> None:
    for side in SIDES:
        line = [
            to(legs.waist - 5.5, legs.top + 5),
            via(legs.waist - 4.5, legs.top + 11),
            to(legs.hip - 0.4, legs.top + 13),
        ]
        sketch.seam(on_side(line, side), strength=0.6, width=1, colour=colour)


def _leg_line(legs: Legs, side: Side, aside: float) -> Outline:
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


def _turn_up(sketch: Sketch, legs: Legs, side: Side, high: float, colour: RGB | None) -> None:
    foot, end = legs.foot(side), legs.end + 0.7
    outline = on_side(
        [
            to(foot - end, legs.bottom - high),
            to(foot + end, legs.bottom - high),
            to(foot + end, legs.bottom),
            via(foot, legs.bottom + 1.2),
            to(foot - end, legs.bottom),
        ],
        side,
    )
    if colour:
        sketch.trim(outline, colour)
    else:
        sketch.cloth(outline, tone=-0.0)


def _details(sketch: Sketch, legs: Legs, turn_up: RGB | None = None) -> None:
    item, detail = sketch.item, sketch.item.attributes["detail"]
    knee_y = legs.crotch + (legs.bottom - legs.crotch) * 0.42
    for side in SIDES:
        knee = legs.middle(side, 0.42)
        if detail == "side stripes":
            sketch.band(_leg_line(legs, side, 0.8), item.measure("stripe", 1.4, 2.6), item.second)
        elif detail == "sharp creases":
            sketch.seam(_leg_line(legs, side, 0.0), strength=0.5, width=1)
        elif detail == "turn-ups":
            _turn_up(sketch, legs, side, item.measure("turn-up", 4, 7), turn_up)
        elif detail == "cargo pockets":
            low = min(knee_y, legs.bottom - 13)
            sketch.cloth(
                on_side(box(knee + legs.knee * 0.15, low, knee + legs.knee + 1.6, low + 10), side), tone=0.06
            )
            sketch.cloth(
                on_side(box(knee + legs.knee * 0.05, low - 0.6, knee + legs.knee + 1.9, low + 2.8), side),
                tone=0.16,
            )
        elif detail == "ripped knees":
            wide = legs.knee * item.measure("rip", 0.45, 0.75)
            sketch.trim(on_side(ellipse(knee, knee_y, wide, 2.2), side), (226, 184, 160), edge=0.3)
            sketch.seam(
                on_side([to(knee - wide, knee_y), to(knee + wide, knee_y + 0.4)], side),
                colour=(240, 240, 240),
            )
        elif detail == "patches":
            height = item.measure("patch", 2, 9) * (1 if side == 1 else -1)
            sketch.trim(
                on_side(box(knee - 3.4, knee_y + height - 3.4, knee + 3.4, knee_y + height + 3.4), side),
                item.second,
            )
        elif detail == "drawstring":
            sketch.band(
                on_side([to(0.6, legs.top + 3), via(4, legs.top + 8), to(2.6, legs.top + 15)], side),
                1.1,
                item.second,
            )
        if detail != "turn-ups":
            foot = legs.foot(side)
            hem = on_side(
                [to(foot - legs.end, legs.bottom - 2.2), to(foot + legs.end, legs.bottom - 2.4)], side
            )
            sketch.seam(hem, dash="1.4 .8", strength=0.4)


def draw_trousers(sketch: Sketch) -> None:
    item = sketch.item
    legs = _legs(sketch, *LENGTHS[item.attributes["length"]], *SHAPES[item.attributes["fit"]])
    _base(sketch, legs, item.trim if item.is_("trim", "contrasting") else None)
    _front_pockets(sketch, legs)
    if item.measure("pleats", 0, 1) < 0.4:
        for side in SIDES:
            sketch.seam(on_side([to(7, legs.top + 5), to(7.6, legs.top + 14)], side), strength=0.5)
    _details(sketch, legs, item.second if item.is_("trim", "contrasting") else None)
    sketch.button(0, legs.top + 2.9, 1.1)


def draw_jeans(sketch: Sketch) -> None:
    item = sketch.item
    legs = _legs(sketch, *LENGTHS[item.attributes["length"]], *SHAPES[item.attributes["fit"]])
    _base(sketch, legs)
    _front_pockets(sketch, legs, STITCH)
    for side in SIDES:
        sketch.seam(_leg_line(legs, side, 0.86), colour=STITCH, dash="1.6 1")
        for x in (5.5, 11.5):
            sketch.trim(on_side(box(x - 0.6, legs.top - 0.4, x + 0.6, legs.top + 5.4), side), edge=0.4)
    sketch.seam([to(3.4, legs.top + 5), via(3.8, legs.crotch - 8), to(0.3, legs.crotch - 4)], colour=STITCH)
    fade = mixed(item.colour, (255, 255, 255), item.measure("fade", 0.05, 0.35))
    for side in SIDES:
        knee_y = legs.crotch + 10
        line = on_side(
            [to(legs.middle(side, 0.2), legs.crotch - 4), to(legs.middle(side, 0.4), knee_y + 6)], side
        )
        sketch.seam(line, colour=fade, width=legs.knee * 0.7)
    _details(sketch, legs, mixed(item.colour, (255, 255, 255), 0.5))
    sketch.button(0, legs.top + 2.9, 1.2, METAL)


def draw_shorts(sketch: Sketch) -> None:
    item = sketch.item
    end = {"slim": 8.6, "regular": 10.0, "loose": 12.0}[item.attributes["fit"]]
    low, high = (4.0, 9.0) if item.is_("length", "short") else (15.0, 21.0)
    legs = _legs(sketch, low, high, end, end)
    _base(sketch, legs, item.trim if item.is_("trim", "contrasting") else None)
    _front_pockets(sketch, legs)
    _details(sketch, legs, item.second if item.is_("trim", "contrasting") else None)
    if not item.is_("detail", "drawstring"):
        sketch.button(0, legs.top + 2.9, 1.1)

"""The upper part of a garment: torso, neckline and sleeves."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from fsim_plugins.garments.outline import Outline, Point, box, mirrored, symmetric, to, via
from fsim_plugins.garments.palette import RGB, mixed
from fsim_plugins.garments.sketch import INK, Sketch

Side = Literal[-1, 1]  # -1 left, 1 right, as seen
SIDES: tuple[Side, Side] = (-1, 1)


@dataclass(frozen=True)
class Body:
    """Measures of a torso: half widths, and heights in the garment's frame.

    Attributes:
        drop: how deep the neckline is cut.
        neckline: one of the necklines of the wardrobe.
        round_hem: how far the middle of the hem hangs below its sides.
    """

    neck: float
    shoulder: float
    chest: float
    waist: float
    hem: float
    top: float
    bottom: float
    drop: float
    neckline: str = "round neck"
    round_hem: float = 2.5
    arm: float = 19  # from shoulder to armpit

    @property
    def armpit(self) -> float:
        return self.top + 4 + self.arm


def on_side(outline: Outline, side: Side) -> Outline:
    """An outline that was drawn for the right side, on `side`."""
    return outline if side == 1 else mirrored(outline)


def neck_curve(body: Body) -> list[Point]:
    """The right half of the neckline, from the middle up to the shoulder."""
    low = body.top + body.drop
    if body.neckline == "v-neck":
        return [to(0, low), via(body.neck * 0.72, body.top + body.drop * 0.5), to(body.neck, body.top)]
    if body.neckline == "square neck":
        return [to(0, low), to(body.neck * 0.9, low), to(body.neck, body.top)]
    return [to(0, low), via(body.neck * 0.95, low), to(body.neck, body.top)]


def neck_line(body: Body) -> list[Point]:
    """The whole neckline as an open line, from the left shoulder to the right."""
    right = neck_curve(body)
    return [*reversed(mirrored(right)), *right[1:]]


def torso_outline(body: Body) -> Outline:
    """The torso without sleeves."""
    return symmetric(
        [
            *neck_curve(body),
            *(to(body.shoulder, body.top + 4.5), via(body.shoulder - 1.5, body.top + 13)),
            *(to(body.chest, body.armpit), via(body.waist, (body.armpit + body.bottom) * 0.5)),
            *(
                to(body.hem, body.bottom - body.round_hem),
                via(body.hem * 0.55, body.bottom),
                to(0, body.bottom),
            ),
        ]
    )


def inside(sketch: Sketch, body: Body) -> None:
    """The back of the garment, seen through the neckline."""
    back = [*neck_line(body), via(0, body.top - 1.5)]
    sketch.trim(back, mixed(sketch.item.colour, INK, 0.45), edge=0.3)
    label = mixed(sketch.item.second, (255, 255, 255), 0.6)
    if body.drop > 6:
        sketch.trim(box(-2.2, body.top + 0.6, 2.2, body.top + 3), label, edge=0.2)


def torso(sketch: Sketch, body: Body) -> None:
    """The torso, with what is seen through the neckline; sleeves come before."""
    inside(sketch, body)
    sketch.cloth(torso_outline(body))
    for side, name in zip(SIDES, ("left", "right"), strict=True):
        sketch.mark(f"{name} collar", side * body.neck, body.top)
        sketch.mark(f"{name} hem", side * body.hem, body.bottom - body.round_hem)
        if f"{name} sleeve" not in sketch.landmarks:  # the armhole, where there is no sleeve
            sketch.mark(f"{name} sleeve", side * body.shoulder, body.top + 4.5)


def neck_band(sketch: Sketch, body: Body, width: float, colour: RGB | None = None) -> None:
    """A ribbed band around the neckline."""
    sketch.band(neck_line(body), width, colour)


def arm_degrees(sketch: Sketch, side: Side, middle: float, reach: float) -> float:
    """How far a sleeve is lifted from the side of the body in this view."""
    return middle + reach * (sketch.pose.left_arm if side == -1 else sketch.pose.right_arm)


def sleeve(
    sketch: Sketch,
    body: Body,
    side: Side,
    degrees: float,
    length: float,
    end: float,
    cuff: float = 0,
    cuff_colour: RGB | None = None,
    stripes: int = 0,
) -> None:
    """A sleeve, behind the torso.

    Args:
        degrees: from hanging straight down.
        length: from the middle of the armhole.
        end: half its width there.
        cuff: length of the cuff; 0 for a hem.
        stripes: stripes of trim around the arm.
    """
    turn = math.radians(degrees)
    along, across = (math.sin(turn), math.cos(turn)), (math.cos(turn), -math.sin(turn))
    top, pit = (body.shoulder - 0.5, body.top + 4.2), (body.chest - 1, body.armpit)
    middle = ((top[0] + pit[0]) / 2, (top[1] + pit[1]) / 2)

    def at(distance: float, width: float) -> tuple[float, float]:
        return (
            middle[0] + along[0] * distance + across[0] * width,
            middle[1] + along[1] * distance + across[1] * width,
        )

    outline = [
        *(
            to(body.shoulder - 8, body.top + 4),
            to(*top),
            via(*at(length * 0.25, end + 4.5)),
            to(*at(length, end)),
        ),
        *(
            to(*at(length, -end)),
            via(*at(length * 0.4, -end - 1)),
            to(*pit),
            to(body.chest - 7, body.armpit - 2),
        ),
    ]
    sketch.cloth(on_side(outline, side), sketch.grain(side * middle[0], middle[1], -side * degrees))
    sketch.mark(f"{'left' if side == -1 else 'right'} sleeve", side * at(length, 0)[0], at(length, 0)[1])
    if cuff:
        corners = (
            (length - cuff, end),
            (length + 0.4, end - 0.4),
            (length + 0.4, 0.4 - end),
            (length - cuff, -end),
        )
        sketch.trim(on_side([to(*at(*corner)) for corner in corners], side), cuff_colour)
    else:
        hem = [to(*at(length - 1.8, end)), to(*at(length - 1.8, -end))]
        sketch.seam(on_side(hem, side), dash="1.4 .8", strength=0.4)
    for stripe in range(stripes):
        place = length * 0.45 + 4 * stripe
        sketch.band(on_side([to(*at(place, end + 0.6)), to(*at(place, -end - 0.4))], side), 1.8, sketch.item.second)
    if length > 25:
        fold = [to(*at(length * 0.5, -end)), via(*at(length * 0.52, -1)), to(*at(length * 0.46, end * 0.4))]
        sketch.seam(on_side(fold, side), strength=0.25)

"""Shirts."""

from __future__ import annotations

from fsim_plugins.garments.outline import to, via
from fsim_plugins.garments.shapes.bodice import SIDES, Body, neck_line, on_side, torso
from fsim_plugins.garments.shapes.tops import hem_seam, pocket, sleeves, top_body
from fsim_plugins.garments.sketch import Sketch


def draw_shirt(sketch: Sketch) -> None:
    item = sketch.item
    body = top_body(sketch, 7.5, 10, "v-neck")
    curved = item.is_("hem", "curved hem")
    body = Body(**{**vars(body), "round_hem": 7.0 if curved else 1.5, "bottom": body.bottom + (4 if curved else 0)})
    sleeves(sketch, body, cuff={"long": 5.0, "short": 2.2, "rolled-up": 4.2}[item.attributes["sleeve"]])
    torso(sketch, body)
    for side in SIDES:  # shoulder seams
        sketch.seam(
            on_side(
                [
                    to(body.neck + 1, body.top + 4),
                    via(13, body.top + 7),
                    to(body.shoulder - 1, body.top + 8.5),
                ],
                side,
            )
        )
    placket(sketch, body, body.top + body.drop, round(item.measure("buttons", 4.5, 8.4)))
    pockets = {"chest pocket": (1,), "two chest pockets": (-1, 1)}.get(item.attributes["pocket"], ())
    for sign in pockets:
        pocket(sketch, sign * 10, body.top + 19, item.measure("pocket size", 3.8, 5), flap=len(pockets) == 2)
    hem_seam(sketch, body)
    collar(sketch, body)


def placket(sketch: Sketch, body: Body, start: float, count: int, buttons: bool = True) -> None:
    """The front edge with its buttons, from `start` to the hem."""
    sketch.seam([to(1.9, start), to(1.9, body.bottom - 0.6)], strength=0.5)
    sketch.seam([to(-1.9, start + 1), to(-1.9, body.bottom - 0.6)], strength=0.25)
    if buttons:
        step = (body.bottom - start - 5) / count
        for number in range(count):
            sketch.button(0, start + 3 + number * step)


def collar(sketch: Sketch, body: Body) -> None:
    """A shirt's collar, in the colour of the trim where that is another."""
    item, top, low = sketch.item, body.top, body.top + body.drop
    if item.is_("collar", "band collar"):
        sketch.band(neck_line(body), 3.4)
        return
    reach = {"wide collar": 13.5}.get(item.attributes["collar"], 8.5) * item.measure("collar", 0.9, 1.1)
    for side in SIDES:
        leaf = on_side(
            [
                to(body.neck - 1.5, top - 2.5),
                to(body.neck + 2.6, top + 1.2),
                to(reach, low + 2.5),
                to(0.6, low),
            ],
            side,
        )
        if item.is_("trim", "contrasting"):
            sketch.trim(leaf)
        else:
            sketch.cloth(leaf, sketch.grain(0, top, side * 35))
    if reach < 11:
        sketch.button(0, low + 1)

"""What t-shirts, shirts, sweaters and hoodies have in common."""

from __future__ import annotations

from fsim_plugins.garments.outline import box, heart, star, symmetric, to, via
from fsim_plugins.garments.palette import drawn_on, mixed
from fsim_plugins.garments.shapes.bodice import SIDES, Body, arm_degrees, on_side, sleeve
from fsim_plugins.garments.sketch import INK, Sketch

BOTTOMS = {"cropped": (6.0, 12.0), "regular": (24.0, 32.0), "long": (37.0, 44.0)}
WIDTHS = {"slim": 0.86, "regular": 1.0, "loose": 1.16}


def top_body(sketch: Sketch, neck: float, drop: float, neckline: str, chest: float = 20, hem: float = 0) -> Body:
    """The torso of this item, by its fit, its length and its own measures."""
    item = sketch.item
    wide = WIDTHS[item.attributes["fit"]] * item.measure("width", 0.94, 1.06)
    low, high = BOTTOMS[item.attributes.get("length", "regular")]
    chest = chest * wide
    return Body(
        neck=neck * item.measure("neck", 0.9, 1.15),
        shoulder=item.measure("shoulder", 19, 22) * (0.5 + 0.5 * wide),
        chest=chest,
        waist=chest - item.measure("waist", 0, 5) * (1.25 - 0.25 * wide),
        hem=(hem or chest) + item.measure("hem", -1.5, 2.5),
        top=-36,
        bottom=item.measure("bottom", low, high),
        drop=drop * item.measure("drop", 0.85, 1.2),
        neckline=neckline,
    )


def sleeves(sketch: Sketch, body: Body, cuff: float = 0, stripes: int = 0) -> None:
    """Both sleeves, by the item's attribute."""
    item = sketch.item
    kind = item.attributes.get("sleeve", "long")
    if kind == "sleeveless":
        return
    low, high = {"short": (15, 21), "rolled-up": (27, 33)}.get(kind, (46, 54))
    end = {"short": 8.2, "rolled-up": 6.6}.get(kind, 4.6) * item.measure("sleeve end", 0.9, 1.3)
    middle, reach = (44, 16) if kind == "short" else (27, 17)
    for side in SIDES:
        degrees = arm_degrees(sketch, side, middle, reach)
        sleeve(sketch, body, side, degrees, item.measure("sleeve length", low, high), end, cuff, stripes=stripes)


def bound_armholes(sketch: Sketch, body: Body, width: float) -> None:
    """Bands around the armholes of a top without sleeves."""
    edge = [to(body.shoulder, body.top + 4.5), via(body.shoulder - 1.5, body.top + 13), to(body.chest, body.armpit)]
    for side in SIDES:
        sketch.band(on_side(edge, side), width)


def hem_seam(sketch: Sketch, body: Body, height: float = 2.4) -> None:
    """The stitched hem of a torso."""
    y = body.bottom - height
    line = [to(-body.hem, y - body.round_hem), via(0, y + body.round_hem), to(body.hem, y - body.round_hem)]
    sketch.seam(line, dash="1.4 .8", strength=0.4)


def rib(sketch: Sketch, body: Body, height: float) -> None:
    """A knitted band at the hem."""
    top, low = body.bottom - height - body.round_hem, body.bottom
    width = body.hem
    sketch.trim(
        symmetric(
            [
                to(0, top + 2.5),
                via(width * 0.5, top + 2.5),
                to(width, top),
                to(width - 1.6, low - 2),
                via(width * 0.5, low + 0.6),
                to(0, low + 0.6),
            ]
        )
    )
    for step in range(-6, 7):
        x = step * width / 7
        sketch.seam([to(x, top + 2.2), to(x * 0.96, low)], colour=drawn_on(sketch.item.trim, 0.25))


def chest_print(sketch: Sketch, body: Body) -> None:
    """What is printed on the chest, where something is."""
    item = sketch.item
    y = body.top + item.measure("print height", 21, 27)
    size = item.measure("print size", 6, 9.5)
    if item.is_("detail", "star print"):
        sketch.trim(star(0, y, size, 5 if item.measure("corners", 0, 1) < 0.6 else 6), item.second)
    elif item.is_("detail", "heart print"):
        sketch.trim(heart(0, y, size), item.second)
    elif item.is_("detail", "chest stripe"):
        width, height = body.chest * 0.97, item.measure("stripe", 2.5, 5)
        sketch.trim(box(-width, y - height, width, y + height), item.second, edge=0)
        if item.measure("two stripes", 0, 1) < 0.5:
            sketch.trim(box(-width, y - height * 0.4, width, y + height * 0.4), item.third, edge=0)
    elif item.is_("detail", "chest pocket"):
        pocket(sketch, 8.5, y - 6, 4.6)


def pocket(sketch: Sketch, x: float, y: float, size: float, flap: bool = False) -> None:
    """A patch pocket whose upper edge is centred on (x, y)."""
    outline = [
        to(x - size, y),
        to(x + size, y),
        to(x + size, y + 1.6 * size),
        to(x, y + 2.1 * size),
        to(x - size, y + 1.6 * size),
    ]
    if sketch.item.is_("trim", "contrasting"):
        sketch.trim(outline)
    else:
        sketch.cloth(outline, tone=0.05)
    if flap:
        sketch.cloth(
            [to(x - size, y), to(x + size, y), to(x + size, y + 2), to(x, y + 3.6), to(x - size, y + 2)],
            tone=0.12,
        )
        sketch.button(x, y + 2.2, 0.9)
    else:
        sketch.seam([to(x - size, y + 1.5), to(x + size, y + 1.5)], strength=0.5)


def zipper(sketch: Sketch, start: float, end: float, x: float = 0) -> None:
    """A zip, closed, with its slider."""
    sketch.band([to(x, start), to(x, end - 0.5)], 1.5, mixed(sketch.item.second, (190, 190, 195), 0.5))
    sketch.seam([to(x, start), to(x, end - 0.5)], dash=".8 .8", width=1, colour=INK)
    sketch.trim(box(x - 1, start, x + 1, start + 4, 0.6), (215, 215, 220))

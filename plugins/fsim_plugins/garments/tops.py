"""T-shirts, shirts, sweaters and hoodies."""

from __future__ import annotations

from fsim_plugins.garments.bodice import (
    SIDES,
    Body,
    arm_degrees,
    neck_band,
    neck_line,
    on_side,
    sleeve,
    torso,
)
from fsim_plugins.garments.hood import hood_back, hood_front
from fsim_plugins.garments.outline import box, ellipse, heart, star, symmetric, to, via
from fsim_plugins.garments.palette import drawn_on, mixed
from fsim_plugins.garments.sketch import INK, Sketch

BOTTOMS = {"cropped": (6.0, 12.0), "regular": (24.0, 32.0), "long": (37.0, 44.0)}
WIDTHS = {"slim": 0.86, "regular": 1.0, "loose": 1.16}


def top_body(
    sketch: Sketch, neck: float, drop: float, neckline: str, chest: float = 20, hem: float = 0
) -> Body:
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
        sleeve(
            sketch, body, side, degrees, item.measure("sleeve length", low, high), end, cuff, stripes=stripes
        )


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


def draw_t_shirt(sketch: Sketch) -> None:
    item = sketch.item
    neck, drop = {"crew neck": (8, 7), "v-neck": (8, 15), "scoop neck": (11, 14)}[item.attributes["neckline"]]
    body = top_body(sketch, neck, drop, item.attributes["neckline"])
    sleeves(sketch, body, cuff=2.4 if item.is_("trim", "contrasting") else 0)
    torso(sketch, body)
    chest_print(sketch, body)
    hem_seam(sketch, body)
    neck_band(sketch, body, 2.2)
    if item.is_("sleeve", "sleeveless"):
        for side in SIDES:
            edge = [
                to(body.shoulder, body.top + 4.5),
                via(body.shoulder - 1.5, body.top + 13),
                to(body.chest, body.armpit),
            ]
            sketch.band(on_side(edge, side), 1.4)


def placket(sketch: Sketch, body: Body, start: float, count: int, buttons: bool = True) -> None:
    """The front edge with its buttons, from `start` to the hem."""
    sketch.seam([to(1.9, start), to(1.9, body.bottom - 0.6)], strength=0.5)
    sketch.seam([to(-1.9, start + 1), to(-1.9, body.bottom - 0.6)], strength=0.25)
    if buttons:
        step = (body.bottom - start - 5) / count
        for number in range(count):
            sketch.button(0, start + 3 + number * step)


def draw_shirt(sketch: Sketch) -> None:
    item = sketch.item
    body = top_body(sketch, 7.5, 10, "v-neck")
    curved = item.is_("hem", "curved hem")
    body = Body(
        **{**vars(body), "round_hem": 7.0 if curved else 1.5, "bottom": body.bottom + (4 if curved else 0)}
    )
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


def draw_sweater(sketch: Sketch) -> None:
    item = sketch.item
    kind = item.attributes["neckline"]
    drop = {"crew neck": 6, "v-neck": 16, "turtleneck": 4}[kind]
    body = top_body(sketch, 8, drop, kind, chest=21, hem=19)
    sleeves(sketch, body, cuff=item.measure("cuff", 4.5, 7.5))
    torso(sketch, body)
    if item.is_("detail", "patterned yoke"):
        yoke(sketch, body)
    elif item.is_("detail", "cable knit"):
        cables(sketch, body)
    rib(sketch, body, item.measure("rib", 4, 7))
    if item.is_("closure", "row of buttons"):
        sketch.band([to(0, body.top + body.drop), to(0, body.bottom - 0.5)], 3)
        for number in range(5):
            sketch.button(
                0, body.top + body.drop + 4 + number * (body.bottom - body.top - body.drop - 8) / 4, 1.2
            )
    if kind == "turtleneck":
        width = body.neck
        sketch.trim(
            [
                to(-width, body.top + 3),
                to(-width + 1, body.top - 8),
                via(0, body.top - 6.5),
                to(width - 1, body.top - 8),
                to(width, body.top + 3),
                via(0, body.top + 7),
            ]
        )
        for x in (-4.5, -1.5, 1.5, 4.5):
            sketch.seam([to(x, body.top - 7), to(x, body.top + 4.5)], colour=drawn_on(item.trim, 0.25))
    else:
        neck_band(sketch, body, 3.2)
    if item.is_("detail", "elbow patches"):
        for side in SIDES:
            sketch.button(side * (body.shoulder + 12), body.top + 26, 3.6)


def yoke(sketch: Sketch, body: Body) -> None:
    """Rings of small motifs around the neck."""
    item = sketch.item
    count = round(item.measure("motifs", 5, 9))
    for ring, colour in ((17, item.second), (22.5, item.third)):
        for step in range(count):
            x = (step - (count - 1) / 2) * 2 * (body.chest - 3) / count
            y = body.top + ring + body.drop * 0.2 - abs(x) * 0.28
            sketch.trim(ellipse(x, y, 1.7, 1.7) if ring < 20 else star(x, y, 2.6, 4), colour, edge=0)


def cables(sketch: Sketch, body: Body) -> None:
    """Plaits down the front."""
    for x in (-11, 0, 11):
        for step in range(int((body.bottom - body.top - body.drop - 10) / 5)):
            y = body.top + body.drop + 4 + 5 * step
            sketch.seam([to(x - 2, y), via(x + 3, y + 2), to(x + 1.6, y + 5)], strength=0.5, width=1)
            sketch.seam([to(x + 2, y), via(x - 3, y + 2), to(x - 1.6, y + 5)], strength=0.3, width=1)


def draw_hoodie(sketch: Sketch) -> None:
    item = sketch.item
    body = top_body(sketch, 9, 9, "round neck", chest=21, hem=19.5)
    sleeves(sketch, body, cuff=5.5, stripes=2 if item.is_("detail", "sleeve stripes") else 0)
    hood_back(sketch, body)
    torso(sketch, body)
    chest_print(sketch, body)
    low = body.bottom - 7
    if item.is_("pocket", "kangaroo pocket"):
        outline = symmetric(
            [to(0, low - 13), to(7.5, low - 13), via(9, low - 8), to(14, low - 5), to(13.5, low), to(0, low)]
        )
        sketch.cloth(outline, tone=0.06)
    else:
        for side in SIDES:
            sketch.seam(on_side([to(9, low - 12), to(13.5, low - 1)], side), strength=0.6, width=1.3)
    rib(sketch, body, 5)
    if item.is_("closure", "zip"):
        zipper(sketch, body.top + body.drop, body.bottom)
    hood_front(sketch, body)


def zipper(sketch: Sketch, start: float, end: float, x: float = 0) -> None:
    """A zip, closed, with its slider."""
    sketch.band([to(x, start), to(x, end - 0.5)], 1.5, mixed(sketch.item.second, (190, 190, 195), 0.5))
    sketch.seam([to(x, start), to(x, end - 0.5)], dash=".8 .8", width=1, colour=INK)
    sketch.trim(box(x - 1, start, x + 1, start + 4, 0.6), (215, 215, 220))

"""Patterns: for each a tile that repeats over the cloth, in the colours and by the measures of an item."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random

from fsim_plugins.garments.outline import Outline, ellipse, heart, path_data, star, to, via
from fsim_plugins.garments.palette import RGB, hex_code, mixed
from fsim_plugins.garments.wardrobe import Item

Tile = tuple[float, str]  # side in units, SVG elements


def _paint(outline: Outline, colour: RGB) -> str:
    return f'<path d="{path_data(outline)}" fill="{hex_code(colour)}"/>'


def _bar(start: float, width: float, size: float, colour: RGB, upright: bool = False, opacity: float = 1) -> str:
    """A stripe across the tile, lying or upright."""
    data = (
        f"M{start:.2f} 0h{width:.2f}v{size:.2f}h-{width:.2f}z"
        if upright
        else f"M0 {start:.2f}h{size:.2f}v{width:.2f}h-{size:.2f}z"
    )
    return f'<path d="{data}" fill="{hex_code(colour)}" fill-opacity="{opacity}"/>'


def _repeated(motif: str, places: list[tuple[float, float, float]], size: float) -> str:
    """A motif around the origin at (x, y, degrees), and again wherever it sticks out over the tile's edge."""
    uses = [
        f'<use href="#m" transform="translate({x + across * size:.2f} {y + along * size:.2f}) rotate({turn:.1f})"/>'
        for x, y, turn in places
        for across in (-1, 0, 1)
        for along in (-1, 0, 1)
    ]
    return f'<defs><g id="m">{motif}</g></defs>{"".join(uses)}'


def _plain(item: Item) -> Tile:
    return 8.0, ""


def _striped(item: Item) -> Tile:
    size, share = item.measure("tile", 6, 15), item.measure("share", 0.25, 0.6)
    accent = item.measure("accent", 0, 1)
    line = (
        _bar(size * share + size * (1 - share) * 0.4, size * (1 - share) * 0.22, size, item.third)
        if accent < 0.4
        else ""
    )
    return size, _bar(0, size * share, size, item.second) + line


def _pinstriped(item: Item) -> Tile:
    size = item.measure("tile", 4, 8)
    return size, _bar(size * 0.4, item.measure("line", 0.9, 1.6), size, item.second, upright=True)


def _checked(item: Item) -> Tile:
    size = item.measure("tile", 5, 11)
    return size, "".join(_bar(0, size / 2, size, item.second, upright, 0.6) for upright in (False, True))


def _plaid(item: Item) -> Tile:
    size, wide = item.measure("tile", 13, 22), item.measure("wide", 0.25, 0.45)
    line, place = item.measure("line", 0.05, 0.1), item.measure("place", 0.55, 0.8)
    bars = [
        _bar(0, size * wide, size, item.second, upright, 0.55)
        + _bar(size * place, size * line, size, item.third, upright, 0.8)
        + _bar(size * wide * 0.45, size * 0.06, size, item.colour, upright, 0.8)
        for upright in (False, True)
    ]
    return size, "".join(bars)


def _dotted(item: Item) -> Tile:
    size, share = item.measure("tile", 6, 13), item.measure("share", 0.16, 0.27)
    motif = _paint(ellipse(0, 0, size * share, size * share), item.second)
    return size, _repeated(motif, [(0, 0, 0), (size / 2, size / 2, 0)], size)


SCATTER = ((0.2, 0.15), (0.7, 0.3), (0.3, 0.62), (0.8, 0.8), (0.03, 0.9), (0.5, 0.0))  # places that keep apart


def _scattered(item: Item, motif: str, size: float, count: int) -> Tile:
    """A motif at up to six places of the tile, turned at will."""
    random = Random(f"{item.seed}/{item.index}/scatter")
    places = [
        ((x + random.uniform(-0.06, 0.06)) * size, (y + random.uniform(-0.06, 0.06)) * size, random.uniform(0, 360))
        for x, y in SCATTER[:count]
    ]
    return size, _repeated(motif, places, size)


def _floral(item: Item) -> Tile:
    size = item.measure("tile", 15, 25)
    radius = size * item.measure("radius", 0.105, 0.14)
    petals = 5 if item.measure("petals", 0, 1) < 0.6 else 4
    leaf = [
        to(0, 0),
        via(radius * 1.6, radius * 0.7),
        to(radius * 2.3, radius * 2.2),
        via(radius * 0.6, radius * 1.8),
    ]
    green = mixed((70, 130, 70), item.second, 0.2)
    parts = [_paint(leaf, green)]
    for petal in range(petals):
        turn = 2 * math.pi * petal / petals
        parts.append(
            _paint(
                ellipse(radius * math.sin(turn), -radius * math.cos(turn), radius * 0.8, radius * 0.8),
                item.second,
            )
        )
    parts.append(_paint(ellipse(0, 0, radius * 0.6, radius * 0.6), item.third))
    return _scattered(item, "".join(parts), size, 4)


def _leafy(item: Item) -> Tile:
    size = item.measure("tile", 13, 22)
    length = size * item.measure("leaf", 0.2, 0.26)
    leaf = [
        to(0, -length),
        via(length * 0.9, -length * 0.2),
        to(0, length),
        via(-length * 0.9, -length * 0.2),
    ]
    vein = _paint(
        [to(-0.4, -length * 0.6), to(0.4, -length * 0.6), to(0.4, length * 1.4), to(-0.4, length * 1.4)],
        item.third,
    )
    return _scattered(item, _paint(leaf, item.second) + vein, size, 4)


def _zigzag(item: Item) -> Tile:
    size, thick = item.measure("tile", 8, 15), item.measure("share", 0.25, 0.5)
    rise = item.measure("rise", 0.25, 0.5) * size
    parts = []
    for base in (-size, 0.0, size):
        top = [to(0, base + rise), to(size / 2, base), to(size, base + rise)]
        low = [
            to(size, base + rise + thick * size),
            to(size / 2, base + thick * size),
            to(0, base + rise + thick * size),
        ]
        parts.append(_paint([*top, *low], item.second))
    return size, "".join(parts)


def _argyle(item: Item) -> Tile:
    size, half = item.measure("tile", 12, 20), 0.5
    diamond = [to(0, -half * size), to(half * size * 0.62, 0), to(0, half * size), to(-half * size * 0.62, 0)]
    body = _paint([to(point.x + size / 2, point.y + size / 2) for point in diamond], item.second)
    thin = f'stroke="{hex_code(item.third)}" stroke-width="{size * 0.06:.2f}"'
    return size, f'{body}<path d="M0 0L{size} {size}M{size} 0L0 {size}" {thin}/>'


def _starry(item: Item) -> Tile:
    size = item.measure("tile", 11, 18)
    motif = _paint(star(0, 0, item.measure("star", 2.2, 3.8)), item.second)
    return size, _repeated(motif, [(size * 0.25, size * 0.25, 0), (size * 0.75, size * 0.75, 20)], size)


def _hearts(item: Item) -> Tile:
    size = item.measure("tile", 10, 17)
    motif = _paint(heart(0, 0, item.measure("heart", 1.9, 3.4)), item.second)
    return size, _repeated(motif, [(size * 0.25, size * 0.25, 8), (size * 0.75, size * 0.75, -8)], size)


def _leopard(item: Item) -> Tile:
    size, radius = item.measure("tile", 13, 20), item.measure("spot", 1.7, 2.6)
    spot = [
        *(
            to(-radius, 0.2),
            via(-radius, -1.2 * radius),
            to(0.3, -radius),
            via(radius * 1.3, -radius),
            to(radius, 0.3),
        ),
        *(via(radius * 0.8, radius * 1.2), to(-0.2, radius * 0.8), via(-radius, radius)),
    ]
    motif = _paint(spot, item.second) + _paint(
        ellipse(0.2, -0.1, radius * 0.5, radius * 0.45), mixed(item.colour, item.third, 0.5)
    )
    return _scattered(item, motif, size, 6)


def _camouflage(item: Item) -> Tile:
    size = item.measure("tile", 20, 30)
    random = Random(f"{item.seed}/{item.index}/camouflage")
    parts = []
    for colour in (item.second, mixed(item.colour, item.second, 0.5), item.third):
        for _ in range(3):
            x, y = random.uniform(0, size), random.uniform(0, size)
            wide, high = random.uniform(0.12, 0.24) * size, random.uniform(0.08, 0.16) * size
            for across in (-size, 0.0, size):
                for along in (-size, 0.0, size):
                    parts.append(_paint(ellipse(x + across, y + along, wide, high), colour))
                    parts.append(
                        _paint(
                            ellipse(x + across + wide * 0.7, y + along + high * 0.8, wide * 0.6, high * 0.9),
                            colour,
                        )
                    )
    return size, "".join(parts)


def _colour_block(item: Item) -> Tile:
    """Two or three broad fields over the whole garment, whose middle is the tile's."""
    size, height = 120.0, item.measure("height", 44, 66)
    fields = _bar(height, size - height, size, item.second)
    if item.measure("fields", 0, 1) < 0.5:
        fields += _bar(height, item.measure("field", 6, 14), size, item.third)
    return size, fields


PATTERN_TILES: dict[str, Callable[[Item], Tile]] = {
    "plain": _plain,
    "striped": _striped,
    "pinstriped": _pinstriped,
    "checked": _checked,
    "plaid": _plaid,
    "dotted": _dotted,
    "floral": _floral,
    "leafy": _leafy,
    "zigzag": _zigzag,
    "argyle": _argyle,
    "starry": _starry,
    "heart-print": _hearts,
    "leopard-print": _leopard,
    "camouflage": _camouflage,
    "colour-block": _colour_block,
}

"""What lies behind a garment and, now and then, in front of it."""

from __future__ import annotations

import math
from random import Random

from fsim_plugins.garments.outline import Outline, ellipse, path_data, star, to, via
from fsim_plugins.garments.palette import COLOURS, RGB, drawn_on, hex_code, mixed
from fsim_plugins.garments.sketch import SIZE

GROUNDS: tuple[RGB, ...] = (
    *((236, 234, 230), (222, 214, 204), (196, 206, 212), (176, 160, 140), (150, 156, 150), (232, 216, 220)),
    *((118, 124, 134), (214, 222, 206), (170, 140, 116), (246, 244, 240), (92, 88, 92), (186, 196, 178)),
)


def _rect(x: float, y: float, width: float, height: float, colour: RGB) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{hex_code(colour)}"/>'


def _any_colour(random: Random) -> RGB:
    return mixed(random.choice(list(COLOURS.values())), random.choice(GROUNDS), random.uniform(0.1, 0.7))


def _plain(random: Random, ground: RGB) -> str:
    return ""


def _room(random: Random, ground: RGB) -> str:
    """A wall, a floor and a skirting board."""
    line, floor = random.uniform(0.6, 0.9) * SIZE, mixed(ground, _any_colour(random), 0.6)
    board = mixed(ground, (255, 255, 255), 0.4)
    return _rect(0, line, SIZE, SIZE - line, floor) + _rect(0, line - 4, SIZE, 4, board)


def _planks(random: Random, ground: RGB) -> str:
    """Boards, upright or lying."""
    width, upright = random.uniform(11, 26), random.random() < 0.5
    parts, start = [], random.uniform(-width, 0)
    while start < SIZE:
        board = mixed(ground, drawn_on(ground), random.uniform(0, 0.45))
        parts.append(_rect(start, 0, width - 1, SIZE, board) if upright else _rect(0, start, SIZE, width - 1, board))
        start += width
    return _rect(0, 0, SIZE, SIZE, drawn_on(ground, 0.5)) + "".join(parts)


def _tiles(random: Random, ground: RGB) -> str:
    """Tiles or a chequered floor."""
    width, other = random.uniform(13, 30), mixed(ground, _any_colour(random), random.uniform(0.15, 0.6))
    parts = []
    for row in range(math.ceil(SIZE / width)):
        for column in range(math.ceil(SIZE / width)):
            if (row + column) % 2:
                parts.append(f"M{column * width:.1f} {row * width:.1f}h{width:.1f}v{width:.1f}h-{width:.1f}z")
    return f'<path d="{"".join(parts)}" fill="{hex_code(other)}"/>'


def _clutter(random: Random, ground: RGB) -> str:
    """Things of all shapes and colours lying about."""
    parts = []
    for _ in range(random.randint(7, 14)):
        x, y, size = random.uniform(0, SIZE), random.uniform(0, SIZE), random.uniform(4, 17)
        kind, colour = random.random(), _any_colour(random)
        if kind < 0.35:
            shape = ellipse(x, y, size, size * random.uniform(0.6, 1))
        elif kind < 0.5:
            shape = star(x, y, size, random.randint(3, 8))
        else:
            turn, wide = random.uniform(0, math.pi), size * random.uniform(0.3, 1)
            cosine, sine = math.cos(turn), math.sin(turn)
            corners = ((-size, -wide), (size, -wide), (size, wide), (-size, wide))
            shape = [to(x + cosine * a - sine * b, y + sine * a + cosine * b) for a, b in corners]
        parts.append(f'<path d="{path_data(shape)}" fill="{hex_code(colour)}"/>')
    return "".join(parts)


def _rug(random: Random, ground: RGB) -> str:
    """A striped rug or curtain."""
    slope, step, colour = (
        random.uniform(-0.6, 0.6),
        random.uniform(9, 24),
        mixed(ground, _any_colour(random), 0.4),
    )
    lines = "".join(f"M-9 {start:.1f}L{SIZE + 9} {start + slope * SIZE:.1f}" for start in _steps(-SIZE, 2 * SIZE, step))
    return f'<path d="{lines}" stroke="{hex_code(colour)}" stroke-width="{step * random.uniform(0.2, 0.6):.1f}"/>'


def _steps(start: float, end: float, step: float) -> list[float]:
    return [start + number * step for number in range(math.ceil((end - start) / step))]


SCENES = (_plain, _plain, _room, _planks, _tiles, _clutter, _clutter, _rug)


def background(random: Random) -> str:
    """The SVG elements of what lies behind the garment."""
    ground = mixed(random.choice(GROUNDS), _any_colour(random), random.uniform(0, 0.3))
    return _rect(0, 0, SIZE, SIZE, ground) + random.choice(SCENES)(random, ground)


def cover(random: Random) -> tuple[Outline, RGB] | None:
    """Something that lies over an edge of the picture, in one view of three."""
    if random.random() > 0.33:
        return None
    side, y, reach = random.choice((-1, 1)), random.uniform(0.15, 0.85) * SIZE, random.uniform(16, 34)
    x = 0 if side == 1 else SIZE
    leaf = [to(x, y - 11), via(x + side * reach * 0.8, y - 13), to(x + side * reach, y + 3)]
    return [*leaf, via(x + side * reach * 0.4, y + 12), to(x, y + 6)], random.choice(list(COLOURS.values()))

"""Colours: their names, and what is done to them."""

from __future__ import annotations

from random import Random

RGB = tuple[int, int, int]

COLOURS: dict[str, RGB] = {
    "black": (38, 36, 40),
    "grey": (142, 144, 148),
    "white": (242, 242, 240),
    "cream": (240, 226, 196),
    "beige": (208, 180, 144),
    "brown": (122, 80, 52),
    "burgundy": (124, 28, 50),
    "red": (208, 40, 44),
    "coral": (246, 122, 100),
    "pink": (244, 162, 188),
    "magenta": (204, 44, 124),
    "orange": (240, 134, 36),
    "yellow": (248, 212, 70),
    "mustard": (206, 152, 36),
    "olive": (122, 124, 60),
    "green": (56, 146, 76),
    "mint": (160, 218, 190),
    "teal": (28, 128, 132),
    "light blue": (150, 198, 232),
    "blue": (46, 104, 196),
    "navy": (34, 46, 92),
    "purple": (112, 62, 146),
    "lilac": (192, 168, 222),
}
STEEL: RGB = (196, 192, 186)
BRASS: RGB = (212, 190, 130)


def personal_shade(name: str, random: Random) -> RGB:
    """One of the many colours that people call by that name."""
    lightness = random.uniform(-9, 9)
    red, green, blue = (max(0, min(255, round(part + lightness + random.uniform(-9, 9)))) for part in COLOURS[name])
    return red, green, blue


def mixed(first: RGB, second: RGB, share: float) -> RGB:
    """`share` of the second colour in the first."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def luminance(colour: RGB) -> float:
    """How light a colour looks, 0 to 255 (Rec. 601 luma)."""
    return 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]


def distance(first: RGB, second: RGB) -> float:
    """How far apart two colours are, 0 to about 440."""
    return sum((a - b) ** 2 for a, b in zip(first, second, strict=True)) ** 0.5


def drawn_on(colour: RGB, strength: float = 0.35) -> RGB:
    """The colour of a seam or an edge on cloth of that colour: darker, but lighter on nearly black cloth."""
    return mixed(colour, (150, 150, 155) if luminance(colour) < 60 else (20, 16, 24), strength)


def hex_code(colour: RGB) -> str:
    """#rrggbb"""
    return "#{:02x}{:02x}{:02x}".format(*colour)

"""The items of the wardrobe: what each one is, as a function of (seed, index) and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from fsim_plugins.garments.categories import (
    CATEGORIES,
    CLOTH_PATTERNS,
    MATERIALS,
    NO_TRIM,
    PATTERNS,
    PLAIN_MATERIALS,
    STYLE_DETAILS,
    STYLE_MATERIALS,
    UNMARKED,
)
from fsim_plugins.garments.palette import COLOURS, RGB, distance, personal_shade

CLOTH_COLOURS = (
    *COLOURS,
    *("black", "black", "white", "white", "grey", "navy", "navy", "beige", "blue", "brown"),  # what people wear most
)
DENIM_COLOURS = (*("blue", "light blue", "navy") * 2, "black", "grey", "white", "cream")
CONTRAST = 110  # how far apart the two colours of an item are, at least


@dataclass(frozen=True)
class Item:
    """One garment.

    Attributes:
        attributes: those of its category, and colour, second_colour, pattern, material and trim.
        colour: the cloth's.
        second: of the pattern and the trim.
        third: an accent of rich patterns.
    """

    seed: int
    index: int
    category: str
    attributes: Mapping[str, str]
    colour: RGB
    second: RGB
    third: RGB

    @property
    def id(self) -> str:
        return f"{self.category}-{self.index:05d}"

    @property
    def trim(self) -> RGB:
        """The colour of collar, cuffs, straps and bands."""
        return self.second if self.attributes["trim"] == "contrasting" else self.colour

    def is_(self, name: str, *values: str) -> bool:
        """Whether the attribute has one of these values."""
        return self.attributes.get(name) in values

    def measure(self, name: str, low: float, high: float) -> float:
        """A measure of this item that no other item shares, the same in all its views: uniform in [low, high)."""
        return low + (high - low) * Random(f"{self.seed}/{self.index}/{name}").random()


def draw_item(seed: int, index: int) -> Item:
    """Item number `index`. The categories take turns, so that any run of 14 items has each of them once."""
    random = Random(f"{seed}/{index}")
    category = list(CATEGORIES)[index % len(CATEGORIES)]
    attributes = {name: random.choice(values) for name, values in CATEGORIES[category].items()}
    style = attributes.get("style", "")
    if "detail" in attributes:
        attributes["detail"] = STYLE_DETAILS.get((style, attributes["detail"]), attributes["detail"])
    material = STYLE_MATERIALS.get(style, random.choice(MATERIALS[category]))
    patterns = PATTERNS.get(category, CLOTH_PATTERNS)
    (pattern,) = random.choices(list(patterns), list(patterns.values()))
    trim = random.choice(("matching", "contrasting"))
    colour = random.choice(DENIM_COLOURS if material == "denim" else CLOTH_COLOURS)
    second = random.choice([name for name in COLOURS if distance(COLOURS[colour], COLOURS[name]) > CONTRAST])
    attributes |= {
        "colour": colour,
        "second_colour": second,
        "pattern": "plain" if material in PLAIN_MATERIALS else pattern,
        "material": material,
        "trim": "matching" if category in NO_TRIM else trim,
    }
    paints = [personal_shade(name, random) for name in (colour, second, random.choice(list(COLOURS)))]
    return Item(seed, index, category, attributes, paints[0], paints[1], paints[2])


def listed_attributes(item: Item) -> dict[str, str]:
    """What the catalog says of an item: all that is not the unmarked case, and seen."""
    patterned, contrasting = not item.is_("pattern", "plain"), item.is_("trim", "contrasting")
    listed = {"colour": item.attributes["colour"]}
    if patterned or contrasting:
        listed["second_colour"] = item.attributes["second_colour"]
    listed |= {name: item.attributes[name] for name in ("pattern", "material")}
    if contrasting:
        listed["trim"] = "contrasting"
    choices = {name: item.attributes[name] for name in CATEGORIES[item.category]}
    return listed | {name: value for name, value in choices.items() if value not in UNMARKED}


def split_of(index: int) -> str:
    """Of every five items of a category three train, one validates and one tests, whatever the number of items."""
    return ("train", "val", "test", "train", "train")[index // len(CATEGORIES) % 5]

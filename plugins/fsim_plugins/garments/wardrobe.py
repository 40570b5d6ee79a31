"""The items of the wardrobe: what each one is, as a function of (seed, index) and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from fsim_plugins.garments.palette import COLOURS, RGB, distance, personal_shade

Choices = Mapping[str, tuple[str, ...]]

# What the attributes of each category may be. "none" and "regular" are the unmarked case: drawn, but not listed.
FITS = ("slim", "regular", "loose")
CATEGORIES: dict[str, Choices] = {
    "dress": {
        "sleeve": ("sleeveless", "short", "long"),
        "neckline": ("round neck", "v-neck", "square neck", "boat neck"),
        "length": ("mini", "knee-length", "maxi"),
        "fit": ("fitted", "A-line", "tiered"),
        "detail": ("none", "belt", "bow", "row of buttons"),
    },
    "t-shirt": {
        "sleeve": ("sleeveless", "short", "long"),
        "neckline": ("crew neck", "v-neck", "scoop neck"),
        "length": ("cropped", "regular", "long"),
        "fit": FITS,
        "detail": ("none", "chest pocket", "star print", "heart print", "chest stripe"),
    },
    "shirt": {
        "sleeve": ("short", "long", "rolled-up"),
        "collar": ("classic collar", "band collar", "wide collar"),
        "pocket": ("none", "chest pocket", "two chest pockets"),
        "fit": FITS,
        "hem": ("straight hem", "curved hem"),
    },
    "sweater": {
        "neckline": ("crew neck", "v-neck", "turtleneck"),
        "closure": ("none", "row of buttons"),
        "length": ("cropped", "regular", "long"),
        "fit": FITS,
        "detail": ("none", "cable knit", "elbow patches", "patterned yoke"),
    },
    "hoodie": {
        "closure": ("none", "zip"),
        "length": ("cropped", "regular"),
        "fit": FITS,
        "detail": ("none", "sleeve stripes", "star print", "chest stripe"),
        "pocket": ("kangaroo pocket", "side pockets"),
    },
    "jacket": {
        "style": ("bomber jacket", "denim jacket", "blazer", "puffer jacket", "biker jacket"),
        "fit": FITS,
        "pocket": ("none", "chest pocket", "side pockets"),
    },
    "coat": {
        "style": ("trench coat", "duffle coat", "overcoat", "raincoat"),
        "length": ("knee-length", "long"),
        "fit": ("slim", "loose"),
        "detail": ("none", "belt"),
    },
    "trousers": {
        "fit": ("skinny", "straight", "wide", "flared"),
        "length": ("cropped", "full-length"),
        "detail": ("none", "sharp creases", "cargo pockets", "turn-ups", "side stripes"),
    },
    "jeans": {
        "fit": ("skinny", "straight", "wide", "flared"),
        "length": ("cropped", "full-length"),
        "detail": ("none", "ripped knees", "turn-ups", "patches", "side stripes"),
    },
    "shorts": {
        "fit": FITS,
        "length": ("short", "knee-length"),
        "detail": ("none", "drawstring", "turn-ups", "cargo pockets", "side stripes"),
    },
    "skirt": {
        "fit": ("pencil", "A-line", "pleated", "tiered"),
        "length": ("mini", "midi", "maxi"),
        "detail": ("none", "belt", "row of buttons", "hem stripe"),
    },
    "hat": {
        "style": ("cap", "beanie", "sun hat", "bucket hat", "fedora"),
        "detail": ("none", "band", "badge"),
    },
    "shoe": {
        "style": ("sneaker", "ankle boot", "pump", "loafer", "high-top"),
        "detail": ("none", "side stripes", "star", "buckle"),
    },
    "bag": {
        "style": ("tote bag", "handbag", "backpack", "clutch", "satchel"),
        "detail": ("none", "tassel", "buckle", "front pocket"),
    },
}

CLOTH_PATTERNS = (
    *(
        "plain",
        "plain",
        "plain",
        "plain",
        "striped",
        "striped",
        "pinstriped",
        "checked",
        "plaid",
        "dotted",
        "floral",
    ),
    *("zigzag", "argyle", "starry", "heart-print", "leopard-print", "colour-block", "camouflage", "leafy"),
)
PATTERNS: dict[str, tuple[str, ...]] = {
    "sweater": (
        *("plain",) * 4,
        "striped",
        "striped",
        "argyle",
        "zigzag",
        "dotted",
        "colour-block",
        "heart-print",
    ),
    "jacket": (
        *("plain",) * 6,
        "checked",
        "plaid",
        "leopard-print",
        "camouflage",
        "pinstriped",
        "colour-block",
    ),
    "coat": (*("plain",) * 6, "checked", "plaid", "leopard-print", "pinstriped", "zigzag", "colour-block"),
    "jeans": (*("plain",) * 8, "striped", "floral", "starry", "colour-block"),
    "shoe": (
        *("plain",) * 7,
        "checked",
        "leopard-print",
        "floral",
        "camouflage",
        "dotted",
        "zigzag",
        "striped",
    ),
}
MATERIALS: dict[str, tuple[str, ...]] = {
    "dress": ("cotton", "linen", "silk"),
    "shirt": ("cotton", "linen", "denim", "flannel"),
    "sweater": ("knitted", "woollen"),
    "hoodie": ("cotton", "fleece"),
    "jacket": ("cotton", "leather", "woollen"),
    "coat": ("cotton", "woollen"),
    "trousers": ("cotton", "linen", "corduroy"),
    "jeans": ("denim",),
    "shorts": ("cotton", "denim", "linen"),
    "skirt": ("cotton", "denim", "silk", "woollen"),
    "hat": ("cotton", "woollen", "straw"),
    "shoe": ("leather", "canvas"),
    "bag": ("leather", "canvas"),
}
STYLE_MATERIALS = {
    "denim jacket": "denim",
    "biker jacket": "leather",
    "puffer jacket": "quilted",
    "raincoat": "rubber",
    "beanie": "knitted",
    "sun hat": "straw",
    "pump": "leather",
    "loafer": "leather",
}
PLAIN_MATERIALS = ("leather", "straw", "rubber", "corduroy")
DENIM_COLOURS = (
    "blue",
    "blue",
    "light blue",
    "light blue",
    "navy",
    "navy",
    "black",
    "grey",
    "white",
    "cream",
)
CONTRAST = 110  # how far apart the two colours of an item are, at least


@dataclass(frozen=True)
class Item:
    """One garment.

    Attributes:
        attributes: what a person would say of it; see `CATEGORIES`, and colour, second_colour, pattern, material, trim.
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
    material = random.choice(MATERIALS.get(category, ("cotton",)))
    material = STYLE_MATERIALS.get(attributes.get("style", ""), material)
    pattern = random.choice(PATTERNS.get(category, CLOTH_PATTERNS))
    if material in PLAIN_MATERIALS:
        pattern = "plain"
    names = list(COLOURS)
    name = random.choice(DENIM_COLOURS if material == "denim" else names)
    colour = personal_shade(name, random)
    second_name = random.choice(
        [other for other in names if distance(COLOURS[name], COLOURS[other]) > CONTRAST]
    )
    second = personal_shade(second_name, random)
    third = personal_shade(random.choice(names), random)
    attributes |= {"colour": name, "second_colour": second_name, "pattern": pattern, "material": material}
    attributes["trim"] = random.choice(("matching", "contrasting"))
    return Item(seed, index, category, attributes, colour, second, third)


def split_of(index: int) -> str:
    """Of every five items of a category three train, one validates and one tests, whatever the number of items."""
    return ("train", "val", "test", "train", "train")[index // len(CATEGORIES) % 5]

"""The categories of garments, and what their attributes may be."""

from __future__ import annotations

from collections.abc import Mapping

Choices = Mapping[str, tuple[str, ...]]
Weights = Mapping[str, int]

UNMARKED = ("none", "regular")  # what nobody mentions
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
        "detail": ("none", "band", "badge", "bobble"),
    },
    "shoe": {
        "style": ("sneaker", "ankle boot", "pump", "loafer", "high-top"),
        "detail": ("none", "side stripes", "star", "buckle", "tassels"),
    },
    "bag": {
        "style": ("tote bag", "handbag", "backpack", "clutch", "satchel"),
        "detail": ("none", "tassel", "buckle", "front pocket"),
    },
}

# How likely each pattern is, in parts.
_PRINTS = ("pinstriped", "checked", "plaid", "dotted", "floral", "leafy", "zigzag", "argyle", "starry", "heart-print")
CLOTH_PATTERNS: Weights = {
    "plain": 7,
    "striped": 2,
    **dict.fromkeys((*_PRINTS, "leopard-print", "colour-block", "camouflage"), 1),
}
PATTERNS: dict[str, Weights] = {
    "sweater": {"plain": 4, "striped": 2, "argyle": 1, "zigzag": 1, "dotted": 1, "colour-block": 1, "heart-print": 1},
    "jacket": {"plain": 5, "checked": 1, "plaid": 1, "leopard-print": 1, "camouflage": 1, "pinstriped": 1},
    "coat": {"plain": 5, "checked": 1, "plaid": 1, "leopard-print": 1, "zigzag": 1, "colour-block": 1},
    "jeans": {"plain": 8, "striped": 1, "floral": 1, "starry": 1, "colour-block": 1},
    "shoe": {"plain": 5, "checked": 1, "leopard-print": 1, "floral": 1, "camouflage": 1, "dotted": 1, "zigzag": 1},
}
MATERIALS: dict[str, tuple[str, ...]] = {
    "dress": ("cotton", "linen", "silk"),
    "t-shirt": ("cotton",),
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
# Some styles are made of one material only, and some have a detail of their own in place of another.
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
STYLE_DETAILS = {
    ("beanie", "band"): "bobble",
    ("cap", "bobble"): "none",
    ("sun hat", "bobble"): "band",
    ("bucket hat", "bobble"): "none",
    ("fedora", "bobble"): "band",
    ("fedora", "none"): "band",
    ("loafer", "none"): "tassels",
    ("sneaker", "tassels"): "none",
    ("high-top", "tassels"): "star",
    ("ankle boot", "tassels"): "buckle",
    ("pump", "tassels"): "none",
}
PLAIN_MATERIALS = ("leather", "straw", "rubber", "corduroy")  # never printed
NO_TRIM = ("jeans",)  # no piece that could be in another colour

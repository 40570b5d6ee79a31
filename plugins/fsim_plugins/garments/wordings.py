"""In which words people tell what the wardrobe's attributes say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Wording(NamedTuple):
    """Ways to tell one value of an attribute, by where they stand.

    before  in front of the colour: "a *slim* red shirt"
    near    in front of the noun: "a red cotton *v-neck* dress"
    after   behind the noun: "a red dress *to the knee*"
    parts   what it comes with: "a red dress with *long sleeves* and *a belt*"
    """

    before: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()


class Pattern(NamedTuple):
    """Ways to tell a pattern.

    adjectives  "a red and white *striped* shirt"
    figures     what is on the cloth: "a red shirt with white *stripes*"
    """

    adjectives: tuple[str, ...]
    figures: tuple[str, ...] = ()


# Of a category, or of a style, which may also be called by its category's name.
NOUNS: dict[str, tuple[str, ...]] = {
    "dress": ("dress", "frock"),
    "t-shirt": ("t-shirt", "tee", "tee shirt"),
    "shirt": ("shirt", "button-up shirt"),
    "sweater": ("sweater", "jumper", "pullover"),
    "cardigan": ("sweater", "cardigan"),
    "hoodie": ("hoodie", "hooded sweatshirt", "hooded top"),
    "bomber jacket": ("bomber jacket", "bomber"),
    "denim jacket": ("denim jacket", "jean jacket"),
    "blazer": ("blazer", "suit jacket"),
    "puffer jacket": ("puffer jacket", "puffer", "padded jacket"),
    "biker jacket": ("biker jacket", "motorcycle jacket"),
    "trench coat": ("trench coat", "trench"),
    "duffle coat": ("duffle coat", "toggle coat"),
    "overcoat": ("overcoat", "topcoat"),
    "raincoat": ("raincoat", "rain coat"),
    "trousers": ("trousers", "pants"),
    "jeans": ("jeans",),
    "shorts": ("shorts",),
    "skirt": ("skirt",),
    "cap": ("cap", "baseball cap"),
    "beanie": ("beanie", "woolly hat"),
    "sun hat": ("sun hat", "wide-brimmed hat"),
    "bucket hat": ("bucket hat", "fisherman hat"),
    "fedora": ("fedora", "fedora hat"),
    "sneaker": ("sneaker", "trainer"),
    "ankle boot": ("ankle boot", "boot"),
    "pump": ("pump", "court shoe"),
    "loafer": ("loafer", "slip-on shoe"),
    "high-top": ("high-top", "high-top sneaker", "high-top trainer"),
    "tote bag": ("tote bag", "tote", "shopper"),
    "handbag": ("handbag", "purse"),
    "backpack": ("backpack", "rucksack"),
    "clutch": ("clutch", "clutch bag"),
    "satchel": ("satchel", "satchel bag"),
}
SPELLINGS = {"grey": ("grey", "gray"), "light blue": ("light blue", "pale blue")}  # all other colours have one

# Each as an adjective, and as what a thing is made of, if there is a word for that.
MATERIALS: dict[str, tuple[tuple[str, ...], str]] = {
    **{name: ((name,), name) for name in ("cotton", "linen", "silk", "denim", "flannel", "fleece", "leather")},
    **{name: ((name,), name) for name in ("canvas", "straw", "rubber")},
    "woollen": (("woollen", "wool"), "wool"),
    "corduroy": (("corduroy", "cord"), "corduroy"),
    "knitted": (("knitted", "knit"), ""),
    "quilted": (("quilted", "padded"), ""),
}
PATTERNS: dict[str, Pattern] = {
    "striped": Pattern(("striped", "stripy"), ("stripes",)),
    "pinstriped": Pattern(("pinstriped", "pinstripe"), ("pinstripes",)),
    "checked": Pattern(("checked", "chequered"), ("checks",)),
    "plaid": Pattern(("plaid", "tartan")),
    "dotted": Pattern(("dotted", "spotted", "polka-dot"), ("dots", "polka dots")),
    "floral": Pattern(("floral", "flowery"), ("flowers",)),
    "leafy": Pattern(("leafy", "leaf-print"), ("leaves",)),
    "zigzag": Pattern(("zigzag", "zigzag-patterned"), ("zigzags", "zigzag lines")),
    "argyle": Pattern(("argyle", "diamond-patterned"), ("diamonds",)),
    "starry": Pattern(("starry", "star-patterned"), ("stars",)),
    "heart-print": Pattern(("heart-print", "heart-patterned"), ("hearts",)),
    "leopard-print": Pattern(("leopard-print", "leopard"), ("leopard spots",)),
    "camouflage": Pattern(("camouflage", "camo")),
    "colour-block": Pattern(("colour-block", "colour-blocked")),
}
# Adjectives that also stand behind the noun: "a dress *striped* in red and white".
PARTICIPLES = ("striped", "pinstriped", "checked", "chequered", "dotted", "spotted")

_PARTS: dict[str, tuple[str, ...]] = {
    "classic collar": ("a classic collar", "a turn-down collar"),
    "band collar": ("a band collar", "a stand-up collar"),
    "wide collar": ("a wide collar", "a broad collar"),
    "chest pocket": ("a chest pocket", "a pocket on the chest", "a breast pocket"),
    "two chest pockets": ("two chest pockets", "two pockets on the chest"),
    "kangaroo pocket": ("a kangaroo pocket", "a pouch pocket"),
    "side pockets": ("side pockets", "pockets at the sides"),
    "straight hem": ("a straight hem",),
    "curved hem": ("a curved hem", "a rounded hem"),
    "bow": ("a bow", "a bow at the waist"),
    "row of buttons": ("a row of buttons", "buttons down the front"),
    "star print": ("a star print", "a star on the chest"),
    "heart print": ("a heart print", "a heart on the chest"),
    "chest stripe": ("a chest stripe", "a stripe across the chest"),
    "elbow patches": ("elbow patches", "patches on the elbows"),
    "patterned yoke": ("a patterned yoke",),
    "sleeve stripes": ("sleeve stripes", "stripes on the sleeves"),
    "sharp creases": ("sharp creases", "pressed creases"),
    "cargo pockets": ("cargo pockets", "pockets on the legs"),
    "turn-ups": ("turn-ups", "turned-up hems"),
    "side stripes": ("side stripes", "stripes along the side"),
    "ripped knees": ("ripped knees", "torn knees"),
    "patches": ("patches", "sewn-on patches"),
    "drawstring": ("a drawstring", "a drawstring waist"),
    "hem stripe": ("a hem stripe", "a stripe around the hem"),
    "band": ("a band", "a hatband"),
    "badge": ("a badge", "a badge on the front"),
    "bobble": ("a bobble", "a pompom"),
    "star": ("a star", "a star on the side"),
    "buckle": ("a buckle",),
    "tassels": ("tassels",),
    "tassel": ("a tassel",),
    "front pocket": ("a front pocket", "a pocket on the front"),
}
_IN_PARTS = {value: Wording(parts=words) for value, words in _PARTS.items()}
# Attribute -> value -> wording, in the order in which captions mention them.
WORDINGS: dict[str, Mapping[str, Wording]] = {
    "fit": {
        "slim": Wording(before=("slim", "slim-fit"), parts=("a slim fit",)),
        "loose": Wording(before=("loose", "loose-fitting"), parts=("a loose fit",)),
        "fitted": Wording(before=("fitted", "close-fitting"), parts=("a fitted cut",)),
        "A-line": Wording(near=("A-line",), parts=("an A-line cut", "an A-line shape")),
        "tiered": Wording(before=("tiered", "layered"), parts=("a tiered cut",)),
        "pencil": Wording(near=("pencil",), parts=("a narrow cut",)),
        "pleated": Wording(before=("pleated",), near=("pleated",), parts=("pleats",)),
        "skinny": Wording(before=("skinny", "tight-fitting"), parts=("skinny legs",)),
        "straight": Wording(before=("straight", "straight-leg"), parts=("straight legs",)),
        "wide": Wording(before=("wide", "wide-leg"), parts=("wide legs",)),
        "flared": Wording(before=("flared", "bell-bottom"), parts=("flared legs",)),
    },
    "length": {
        "mini": Wording(near=("mini",), after=("above the knee",)),
        "knee-length": Wording(before=("knee-length",), after=("to the knee",)),
        "midi": Wording(before=("calf-length",), near=("midi",), after=("to the calf",)),
        "maxi": Wording(before=("ankle-length",), near=("maxi",), after=("to the ankle",)),
        "cropped": Wording(before=("cropped",)),
        "short": Wording(before=("short",), after=("above the knee",)),
        "long": Wording(before=("long", "longline")),
        "full-length": Wording(before=("full-length", "long"), after=("to the ankle",)),
    },
    "sleeve": {
        "sleeveless": Wording(before=("sleeveless",), parts=("no sleeves",)),
        "short": Wording(before=("short-sleeved",), parts=("short sleeves",)),
        "long": Wording(before=("long-sleeved",), parts=("long sleeves",)),
        "rolled-up": Wording(parts=("rolled-up sleeves", "sleeves rolled up")),
    },
    "neckline": {
        "round neck": Wording(near=("round-neck",), parts=("a round neck", "a round neckline")),
        "v-neck": Wording(near=("v-neck",), parts=("a v-neck", "a v-shaped neckline")),
        "square neck": Wording(near=("square-neck",), parts=("a square neck", "a square neckline")),
        "boat neck": Wording(near=("boat-neck",), parts=("a boat neck", "a boat neckline")),
        "crew neck": Wording(near=("crew-neck",), parts=("a crew neck",)),
        "scoop neck": Wording(near=("scoop-neck",), parts=("a scoop neck", "a scooped neckline")),
        "turtleneck": Wording(near=("turtleneck", "roll-neck"), parts=("a turtleneck", "a roll neck")),
    },
    "collar": _IN_PARTS,
    "closure": {**_IN_PARTS, "zip": Wording(near=("zip-up",), parts=("a zip", "a zipper"))},
    "pocket": _IN_PARTS,
    "hem": _IN_PARTS,
    "detail": {
        **_IN_PARTS,
        "belt": Wording(before=("belted",), parts=("a belt", "a belt at the waist")),
        "cable knit": Wording(near=("cable-knit",), parts=("cable knit",)),
    },
}

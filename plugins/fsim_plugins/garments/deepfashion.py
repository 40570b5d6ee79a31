"""What DeepFashion's three benchmarks have in common: types of clothes, landmarks, attributes, and padded tables.

Formats: the README files of the benchmarks (Liu et al., DeepFashion, CVPR 2016). DeepFashion has clothes only, so hats,
shoes and bags are left out.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from fsim.interfaces import Catalog
from fsim_plugins.garments.categories import CATEGORIES, MATERIALS, STYLE_MATERIALS, UNMARKED
from fsim_plugins.garments.outline import Landmark
from fsim_plugins.garments.patterns import PATTERN_TILES

UPPER, LOWER, FULL = 1, 2, 3  # clothes types
CLOTHES_TYPES = {
    **dict.fromkeys(("t-shirt", "shirt", "sweater", "hoodie", "jacket"), UPPER),
    **dict.fromkeys(("trousers", "jeans", "shorts", "skirt"), LOWER),
    **dict.fromkeys(("coat", "dress"), FULL),
}
_SIDED = {
    UPPER: ("collar", "sleeve", "hem"),
    LOWER: ("waistline", "hem"),
    FULL: ("collar", "sleeve", "waistline", "hem"),
}
LANDMARK_COLUMNS = [
    f"landmark_{column}_{number}" for number in range(1, 9) for column in ("visibility", "location_x", "location_y")
]
CUT_OFF = 2
TEXTURE, FABRIC, SHAPE, PART, STYLE = 1, 2, 3, 4, 5  # attribute types
_TYPES = {"pattern": TEXTURE, "material": FABRIC, "length": SHAPE, "fit": SHAPE, "style": STYLE, "detail": STYLE}


def clothes(catalog: Catalog) -> pd.DataFrame:
    """The rows of the catalog that show clothes, with `number`, the running number of the item, and `type`."""
    frame = catalog.frame[[category in CLOTHES_TYPES for category in catalog.frame["category"]]].reset_index(drop=True)
    return frame.assign(
        number=pd.factorize(frame["item"])[0] + 1, type=[CLOTHES_TYPES[category] for category in frame["category"]]
    )


def write_table(file: Path, header: str, rows: Sequence[Sequence[Any]], widths: Sequence[int] = ()) -> None:
    """The count, the names of the columns, and rows whose columns are padded by blanks; one follows each row."""
    first = max([8, *(len(str(row[0])) for row in rows)]) + 2
    widths = [first, *widths]
    lines = [str(len(rows)), header]
    for row in rows:
        padded = [str(value).ljust(widths[column] if column < len(widths) else 0) for column, value in enumerate(row)]
        lines.append(" ".join(padded) + " ")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def copy_images(catalog: Catalog, images: Iterable[str], names: Iterable[str], out: Path) -> None:
    """Copy the catalog's images to their new names in `out`."""
    for image, name in zip(images, names, strict=True):
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(catalog.root / image, out / name)


def box_columns(box: Sequence[float]) -> list[str]:
    """x_1 y_1 x_2 y_2 with leading zeros."""
    return [f"{round(edge):03d}" for edge in box]


def landmark_columns(clothes_type: int, marks: Mapping[str, Landmark]) -> list[str]:
    """The variation type, and visibility, x and y of each landmark that this type of clothes has.

    Variation: 1 normal, 4 medium and 5 large zoom-in, by how many landmarks are cut off.
    """
    names = [f"{side} {part}" for part in _SIDED[clothes_type] for side in ("left", "right")]
    found = [marks.get(name, (0, 0, CUT_OFF)) for name in names]
    cut = sum(seen == CUT_OFF for _, _, seen in found)
    columns = ["1" if cut == 0 else "4" if cut <= len(found) // 2 else "5"]
    for x, y, seen in found:
        columns += [str(seen), f"{x:03d}", f"{y:03d}"]
    return columns


def write_landmarks_table(file: Path, frame: pd.DataFrame, landmarks: Mapping[str, Mapping[str, Landmark]]) -> None:
    """The landmarks of the images that are now called `name`."""
    rows = [
        (name, kind, *landmark_columns(kind, landmarks[image]))
        for name, kind, image in zip(frame["name"], frame["type"], frame["image"], strict=True)
    ]
    write_table(file, " ".join(["image_name", "clothes_type", "variation_type", *LANDMARK_COLUMNS]), rows)


def attribute_name(kind: str, value: str) -> str:
    """How DeepFashion would call an attribute: its names stand alone, so a sleeve's says so."""
    return f"{value} sleeve" if kind == "sleeve" and value != "sleeveless" else value


@cache
def attribute_types() -> dict[str, int]:
    """Every attribute that clothes can have, sorted by name, and its type. Colours are none, as in DeepFashion."""
    types: dict[str, int] = {}
    for category in CLOTHES_TYPES:
        for kind, names in _choices(category).items():
            for name in names:
                types.setdefault(name, _TYPES.get(kind, PART))
    return dict(sorted(types.items()))


def attribute_labels(category: str, attributes: Mapping[str, str]) -> list[str]:
    """1 has it, -1 could have it and has not, 0 unknown (a kind of attribute that this category has not)."""
    has = {attribute_name(kind, value) for kind, value in attributes.items()}
    possible = {name for names in _choices(category).values() for name in names}
    return ["1" if name in has else "-1" if name in possible else "0" for name in attribute_types()]


def _choices(category: str) -> dict[str, list[str]]:
    materials = {*STYLE_MATERIALS.values(), *(name for names in MATERIALS.values() for name in names)}
    choices = {"pattern": list(PATTERN_TILES), "material": sorted(materials)}
    for kind, values in CATEGORIES[category].items():
        choices[kind] = [attribute_name(kind, value) for value in values if value not in UNMARKED]
    return choices

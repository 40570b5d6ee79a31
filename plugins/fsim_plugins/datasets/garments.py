"""Garments: a wardrobe of small fashion pictures that fsim draws itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar

import pandas as pd
from pydantic import Field

from fsim.functional.text.captions import caption_value
from fsim.interfaces import Catalog
from fsim_plugins.garments.catalog_folder import METADATA, read_metadata
from fsim_plugins.garments.categories import CATEGORIES
from fsim_plugins.garments.held_out import splits_with_held_out
from fsim_plugins.garments.phrasing import captions
from fsim_plugins.made_once import made_once

# Count up when a picture or its metadata.csv changes, so that old caches are not taken for new ones. That file has the
# first captions, and no combination held out.
DRAWING = 2
FEWEST = 3 * len(CATEGORIES)  # one item of each category in each split


class Garments:
    """Drawn garments: 14 categories, each item with attributes and several views, each view with captions; no download.

    The views of an item differ in pose, turn, scale, place, folds, light and background, a few show a part of it only,
    and things lie in the way; what stays is its cut, colours, pattern and details. Pictures are JPEGs of 128 x 128
    pixels, with the garment's bounding box. They are drawn once into the cache folder (about 15 s for the default).

    An item is a function of (seed, its number), a view of (seed, item, its number): more items or views change none of
    those that were there. Of every five items of a category three are `train`, one is `val` and one is `test`.

    The first caption of a view is a full sentence, "a knee-length fitted teal linen dress with short sleeves, a boat
    neck and lilac trim"; the others tell less in other words, "a dress in teal". Each names the colour, and the
    category or the style. A caption is a function of (seed, item, view, its number).

    Args:
        items: how many garments; 42 and more, so that every split has each category.
        views: pictures of each.
        seed: another seed, another wardrobe.
        captions: of each picture.
        held_out: share of the combinations of colour and category of which no picture is in `train`, to test whether
            words are composed; their items are in `val` and `test`. No picture is drawn anew for another share.

    Raises:
        FsimError: the cache folder cannot be written, or `held_out` leaves a category without training pictures.
    """

    licence: ClassVar[str] = "none needed: fsim draws them, and they show no real garment or person"

    def __init__(
        self,
        items: Annotated[int, Field(ge=FEWEST, le=100_000)] = 400,
        views: Annotated[int, Field(ge=1, le=1000)] = 6,
        seed: Annotated[int, Field(ge=0)] = 0,
        captions: Annotated[int, Field(ge=1, le=20)] = 4,
        held_out: Annotated[float, Field(ge=0, lt=1)] = 0.0,
        *,
        cache_dir: Path,
    ) -> None:
        self.items, self.views, self.seed, self.cache_dir = items, views, seed, cache_dir
        self.captions, self.held_out = captions, held_out

    def load(self) -> Catalog:
        name = f"items{self.items}-views{self.views}-seed{self.seed}-drawing{DRAWING}"
        drawn = read_metadata(made_once(self.cache_dir / "garments" / name, METADATA, self._make))
        frame, rows = drawn.frame, range(len(drawn.frame))
        rounds = [row // self.views // len(CATEGORIES) for row in rows]
        texts = [
            captions(category, attributes, f"{self.seed}/{row // self.views}/{row % self.views}", self.captions)
            for row, category, attributes in zip(rows, frame["category"], frame["attributes"], strict=True)
        ]
        frame["split"] = pd.Series(splits_with_held_out(frame, rounds, self.seed, self.held_out), dtype=object)
        frame["caption"] = pd.Series([caption_value(one) for one in texts], dtype=object)
        return drawn

    def write(self, out: Path, layout: str) -> None:
        """Write the pictures in another layout into a new folder: `folder`, `csv`, `deepfashion_category`,
        `deepfashion_inshop` or `deepfashion_consumer2shop`.

        Raises:
            FsimError: there is no such layout, or `out` is not empty.
        """
        from fsim_plugins.garments.layouts import reject_layout, write_layout

        reject_layout(out, layout)
        write_layout(self.load(), out, layout)

    def _make(self, folder: Path) -> None:
        from fsim_plugins.garments.making import make_wardrobe  # the drawing library, which a cached load can spare

        make_wardrobe(folder, self.items, self.views, self.seed)

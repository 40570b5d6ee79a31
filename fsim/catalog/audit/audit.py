"""Collect all that `fsim data audit` finds in a catalog, as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from fsim.catalog.audit.catalog_faults import (
    extreme_sizes,
    images_by_split,
    one_split_categories,
    shared_items,
    stray_items,
    tiny_categories,
)
from fsim.images.resize import BEYOND

if TYPE_CHECKING:
    from fsim.catalog.audit.duplicates import Duplicates
    from fsim.catalog.audit.image_prints import ImagePrints
    from fsim.interfaces import Catalog, IntArray

LABELS = ("category", "item")


def data_audit(
    catalog: Catalog, prints: ImagePrints, duplicates: Duplicates, fewest: int, by_run: Sequence[IntArray] | None = None
) -> dict[str, Any]:
    """Find the faults of a catalog; images are given by their names, groups and lists in the catalog's order.

    ```
    images                how many
    damaged               [image]; all that follows about pictures leaves these out
    causes                {image: why it is damaged}
    exact_duplicates      [[image]]: the same pixels
    near_duplicates       [[image]]: the same picture, not all of the same pixels
    near_duplicates_by_run [[image]], where a run was given: see `fsim.catalog.audit.near_by_run`
    label_conflicts       [{label: category or item, images, values (one an image)}]: duplicates, exact or near, of
                          different known labels
    leaks                 [{by: exact or near, images, splits {split: [image]}}]: duplicates in several splits;
                          [{by: item, item, images, splits}]: an item in train and in another split
    stray_items           [{item, split, images, cause}]: see `fsim.catalog.audit.catalog_faults`
    tiny_categories       [{category, images (how many), splits {split: images}}]: fewer images than `fewest`
    one_split_categories  [{category, images (how many), split}]
    extreme_sizes         [{image, width, height, cause}]: of the part in the box, in pixels
    boxes_beyond          [{image, pixels}]: boxes that reach more than a pixel beyond the picture, and how many
    ```
    """
    frame = catalog.frame
    names = frame["image"].tolist()

    def named(rows: IntArray) -> list[str]:
        return [names[row] for row in rows]

    near = [group for group in duplicates.same if _by(group, prints) == "near"]
    return {
        "images": len(frame),
        "damaged": [names[row] for row in prints.damaged],
        "causes": {names[row]: cause for row, cause in prints.damaged.items()},
        "exact_duplicates": [named(group) for group in duplicates.exact],
        "near_duplicates": [named(group) for group in near],
        **({} if by_run is None else {"near_duplicates_by_run": [named(pair) for pair in by_run]}),
        "label_conflicts": [
            {"label": label, "images": named(group), "values": frame[label].iloc[group].tolist()}
            for label in LABELS
            for group in duplicates.same
            if len(set(frame[label].iloc[group]) - {""}) > 1
        ],
        "leaks": [
            *(
                {"by": _by(group, prints), "images": named(group), "splits": images_by_split(frame.iloc[group])}
                for group in duplicates.same
                if frame["split"].iloc[group].nunique() > 1
            ),
            *(
                {
                    "by": "item",
                    "item": one["item"],
                    "images": [*chain(*one["splits"].values())],
                    "splits": one["splits"],
                }
                for one in shared_items(frame)
            ),
        ],
        "stray_items": stray_items(frame),
        "tiny_categories": tiny_categories(frame, fewest),
        "one_split_categories": one_split_categories(frame),
        "extreme_sizes": [
            {"image": names[row], "width": int(prints.widths[row]), "height": int(prints.heights[row]), "cause": cause}
            for row, cause in extreme_sizes(prints).items()
        ],
        "boxes_beyond": [
            {"image": names[row], "pixels": prints.beyond[row].item()}
            for row in np.flatnonzero(prints.beyond > BEYOND).tolist()
        ],
    }


def _by(group: IntArray, prints: ImagePrints) -> str:
    return "exact" if len({prints.hashes[row] for row in group}) == 1 else "near"

"""Drop the faulty images of a catalog. No file is touched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fsim.errors import FsimError

if TYPE_CHECKING:
    from fsim.catalog.audit.duplicates import Duplicates
    from fsim.catalog.audit.image_prints import ImagePrints
    from fsim.interfaces import Catalog, IntArray

# Which copy stays: the evaluation sets remain whole, the gallery before the query, which it must answer.
KEPT_FIRST = ("test", "gallery", "query", "val", "train")
REASONS = {
    "damaged": "cannot be decoded",
    "label_conflict": "the same picture under two labels: all copies, because nobody knows which is right",
    "leak": "a copy of it stays in another split: in test rather than gallery, query, val or train",
    "exact_duplicate": "the same pixels as an image that stays in the split",
    "near_duplicate": "the same picture as a larger or earlier image that stays in the split",
}


@dataclass(frozen=True)
class Cleaned:
    """kept: rows, ascending; dropped: reason (one of `REASONS`) -> rows, ascending. Each row is in one of them."""

    kept: IntArray
    dropped: dict[str, list[int]]


def clean(catalog: Catalog, prints: ImagePrints, duplicates: Duplicates) -> Cleaned:
    """Drop damaged images, all copies of a picture under two labels (categories or items), and all but one of other
    copies: that of the first split of `KEPT_FIRST`; within it the one of most pixels, or the first.

    Raises:
        FsimError: nothing would be left.
    """
    splits = catalog.frame["split"].tolist()
    labels = [catalog.frame[label].tolist() for label in ("category", "item")]
    areas = (prints.widths * prints.heights).tolist()
    dropped: dict[str, list[int]] = {reason: [] for reason in REASONS}
    dropped["damaged"] = sorted(prints.damaged)
    for group in duplicates.same:
        rows = group.tolist()
        if any(len({of[row] for row in rows} - {""}) > 1 for of in labels):
            dropped["label_conflict"] += rows
            continue
        best = min(rows, key=lambda row: (KEPT_FIRST.index(splits[row]), -areas[row], row))
        for row in rows:
            if row != best:
                same = prints.hashes[row] == prints.hashes[best]
                here = "exact_duplicate" if same else "near_duplicate"
                dropped[here if splits[row] == splits[best] else "leak"].append(row)
    gone = [row for rows in dropped.values() for row in rows]
    kept = np.setdiff1d(np.arange(len(splits)), gone)
    if not len(kept):
        raise FsimError(
            "no image would be left in the cleaned catalog; see what the audit finds without --fix; "
            "where files are missing, check the folder that the paths start from"
        )
    return Cleaned(kept, {reason: sorted(rows) for reason, rows in dropped.items()})

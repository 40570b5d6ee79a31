"""Collect all that `fsim data stats` says of a catalog, as plain data: counts, sizes and colours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from fsim.catalog.encoded_catalog import SPLITS
from fsim.catalog.statistics.image_survey import ImageSurvey
from fsim.errors import FsimError, nearest
from fsim.functional.labels.attribute_labels import HAS, UNKNOWN, AttributeLabels
from fsim.images.resize import BEYOND
from fsim.interfaces import Catalog, IntArray

LABELS = ("split", "category", "item")
ROWS_AT_ONCE = 8192
ALL = "all"
MOST_FREQUENT_SIZES = 10


def count_catalog(catalog: Catalog) -> dict[str, Any]:
    """Return the counts as plain data; `fsim.catalog.statistics.data_statistics` documents the keys."""
    frame = pd.DataFrame(
        {name: column.where(column.notna(), "") for name, column in catalog.frame[list(LABELS)].items()}
    )
    return {
        "images": len(frame),
        "splits": _in_order({str(split): len(of) for split, of in frame.groupby("split")}),
        "categories": _categories(frame),
        "items": _items(frame),
        "attributes": _attributes(catalog.attribute_labels()),
        "boxes": {"images": int(catalog.frame["box"].notna().sum())},
        "captions": _captions(catalog.captions()),
    }


def three_numbers(values: npt.NDArray[Any]) -> dict[str, float] | None:
    """Return smallest, median and largest; None where there are no values."""
    if not len(values):
        return None
    return {"min": values.min().item(), "median": float(np.median(values)), "max": values.max().item()}


def _in_order(by_split: dict[str, int]) -> dict[str, int]:
    return {split: by_split[split] for split in SPLITS if split in by_split}


def _categories(frame: pd.DataFrame) -> dict[str, dict[str, int]]:
    table: dict[str, dict[str, int]] = {}
    for (category, split), of in frame.groupby(["category", "split"]):
        table.setdefault(str(category), {})[str(split)] = len(of)
    ordered = sorted(table.items(), key=lambda entry: (-sum(entry[1].values()), entry[0]))
    return {category: _in_order(by_split) for category, by_split in ordered}


def _items(frame: pd.DataFrame) -> dict[str, Any]:
    known = frame[frame["item"] != ""]
    images_of, splits_of = known.groupby("item").size(), known.groupby("item")["split"].nunique()
    return {
        "number": len(images_of),
        "images": len(known),
        "images_per_item": three_numbers(images_of.to_numpy()),
        "of_one_image": int((images_of == 1).sum()),
        "in_several_splits": int((splits_of > 1).sum()),
        "splits": _in_order({str(split): int(of["item"].nunique()) for split, of in known.groupby("split")}),
    }


def _attributes(labels: AttributeLabels) -> dict[str, dict[str, Any]]:
    has = np.zeros(len(labels.names), np.int64)
    columns: dict[str, list[int]] = {}
    for column, kind in enumerate(labels.types):
        columns.setdefault(kind, []).append(column)
    known = dict.fromkeys(columns, 0)
    for start in range(0, len(labels.values), ROWS_AT_ONCE):
        part = labels.values[start : start + ROWS_AT_ONCE]
        has += (part == HAS).sum(axis=0)
        for kind, of_kind in columns.items():
            known[kind] += int((part[:, of_kind] != UNKNOWN).any(axis=1).sum())
    return {
        kind: {
            "values": len(of_kind),
            "known": known[kind],
            "coverage": known[kind] / len(labels.values),
            "images": _most_frequent({labels.names[column]: int(has[column]) for column in of_kind}),
        }
        for kind, of_kind in columns.items()
    }


def _most_frequent(counts: dict[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda one: (-one[1], one[0])))


def _captions(of_images: Sequence[Sequence[str]]) -> dict[str, Any]:
    captions = [caption for of_image in of_images for caption in of_image]
    return {
        "images": sum(map(bool, of_images)),
        "number": len(captions),
        "different": len({*captions}),
        "words": three_numbers(np.array([len(caption.split()) for caption in captions])),
    }


def data_statistics(catalog: Catalog, survey: ImageSurvey, split: str | None, size: int | None) -> dict[str, Any]:
    """Collect counts, sizes and colours of a catalog.

    ```
    images       how many; the counts include damaged images, all else leaves them out
    splits       {split: images}
    categories   {category: {split: images}}, the largest first; "" where the category is unknown
    items        number, images (that show a known item), images_per_item {min, median, max}, of_one_image (items),
                 in_several_splits (items), splits {split: items}
    attributes   {type: {values (how many), known (images), coverage (their share), images {value: images}}}
    boxes        images (that have one), covered {min, median, max}: the share of the picture; beyond (how many reach
                 more than a pixel beyond the picture)
    captions     images (that have one), number (of all images together), different, words {min, median, max}
    sizes        width, height, aspect_ratio (width / height): {min, median, max}; different (how many sizes),
                 most_frequent [{width, height, images}]: of the upright pictures, in pixels
    channels_of  split, size (null: all pixels at their own size), images, pixels: what the next three are of
    mean, std    of red, green and blue, 0 to 1
    per_category {category: {mean, std, images}}
    per_split    {split: {mean, std, images}}
    damaged      {image: cause}
    ```

    Args:
        catalog: Whose images.
        survey: What they look like.
        split: Which images `mean`, `std` and `per_category` are of: a split, several joined by `+`, or all; for None
            those of train, and all where there is no train.
        size: What the survey was made with.

    Raises:
        FsimError: there is no such split, or no image of it can be used.
    """
    there = catalog.frame["split"].to_numpy()
    split = split or ("train" if "train" in there else ALL)
    chosen = np.flatnonzero(_within(split, there) & survey.usable)
    if not len(chosen):
        causes = "; ".join(
            f"{catalog.frame['image'].iloc[row]}: {why}" for row, why in list(survey.damaged.items())[:3]
        )
        raise FsimError(
            f"no image of '{split}' can be used ({causes}); where files are missing, check the folder that the "
            f"paths start from; where boxes hold no pixel, fix them or their box_format"
        )
    categories = catalog.frame["category"].to_numpy()
    counts = count_catalog(catalog)
    counts["boxes"]["covered"] = three_numbers(survey.covered[catalog.frame["box"].notna().to_numpy() & survey.usable])
    counts["boxes"]["beyond"] = int((survey.beyond > BEYOND).sum())
    of_split = {name: np.flatnonzero((there == name) & survey.usable) for name in SPLITS}
    of_category = {name: chosen[categories[chosen] == name] for name in counts["categories"]}
    whole = _channels(survey, chosen)
    return {
        **counts,
        "sizes": _sizes(survey),
        "channels_of": {
            "split": split,
            "size": size,
            "images": whole["images"],
            "pixels": int(survey.pixels[chosen].sum()),
        },
        "mean": whole["mean"],
        "std": whole["std"],
        "per_category": {name: _channels(survey, rows) for name, rows in of_category.items() if len(rows)},
        "per_split": {name: _channels(survey, rows) for name, rows in of_split.items() if len(rows)},
        "damaged": {catalog.frame["image"].iloc[row]: cause for row, cause in survey.damaged.items()},
    }


def _within(split: str, there: np.ndarray[Any, Any]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    if split == ALL:
        return np.ones(len(there), dtype=bool)
    known = set(there)
    for one in split.split("+"):
        if one not in known:
            raise FsimError(f"the catalog has no split '{one}'{nearest(one, known | {ALL})}; set --split")
    return np.isin(there, split.split("+"))


def _channels(survey: ImageSurvey, rows: IntArray) -> dict[str, Any]:
    sums = survey.channels(rows)
    return {"mean": sums.mean, "std": sums.std, "images": len(rows)}


def _sizes(survey: ImageSurvey) -> dict[str, Any]:
    widths, heights = survey.widths[survey.usable], survey.heights[survey.usable]
    frequent = Counter(zip(widths.tolist(), heights.tolist(), strict=True))
    ordered = sorted(frequent.items(), key=lambda one: (-one[1], one[0]))[:MOST_FREQUENT_SIZES]
    return {
        "width": three_numbers(widths),
        "height": three_numbers(heights),
        "aspect_ratio": three_numbers(widths / heights),
        "different": len(frequent),
        "most_frequent": [{"width": width, "height": height, "images": images} for (width, height), images in ordered],
    }

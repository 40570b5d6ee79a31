"""Find oddities of a catalog: tiny categories, splits that do not fit, pictures of extreme sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fsim.catalog.encoded_catalog import SPLITS

if TYPE_CHECKING:
    from fsim.catalog.audit.image_prints import ImagePrints

EVALUATED_ALONE = ("val", "test")  # by leave-one-out, where there is no query and gallery
TINY = 8  # pixels
FAR = 4  # times smaller or larger than the median
LONG = 4  # times as long as wide


def tiny_categories(frame: pd.DataFrame, fewest: int) -> list[dict[str, Any]]:
    """Find categories of fewer than `fewest` images: {category, images, splits {split: images}}, the smallest first."""
    found = [
        {"category": str(category), "images": len(of), "splits": _counts(of)}
        for category, of in frame[frame["category"] != ""].groupby("category")
        if len(of) < fewest
    ]
    return sorted(found, key=lambda one: (one["images"], one["category"]))


def one_split_categories(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Find categories that one split alone has, where most categories are in several: {category, images, split}.

    Where most are not, the splits are by category on purpose (training and evaluation on different ones).
    """
    known = frame[frame["category"] != ""]
    splits = known.groupby("category")["split"].nunique()
    if 2 * (splits > 1).sum() <= len(splits):
        return []
    return [
        {"category": str(category), "images": len(of), "split": str(of["split"].iloc[0])}
        for category, of in known[known["category"].map(splits) == 1].groupby("category")
    ]


def shared_items(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Find items that lie in train and in another split: {item, splits {split: [image]}}."""
    known = frame[frame["item"] != ""]
    in_train = set(known["item"][known["split"] == "train"])
    suspects = known[known["item"].isin(in_train & set(known["item"][known["split"] != "train"]))]
    return [{"item": str(item), "splits": images_by_split(of)} for item, of in suspects.groupby("item")]


def stray_items(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Find items whose queries have no answer: {item, split, images [image], cause}.

    With query and gallery: those of query that the gallery lacks. Else those of one image in val or test, which are
    queried leave-one-out.
    """
    known = frame[frame["item"] != ""]
    found = []
    if {"query", "gallery"} <= set(frame["split"]):
        lacking = known[(known["split"] == "query") & ~known["item"].isin(known["item"][known["split"] == "gallery"])]
        found = [_stray(item, of, "no image of it in gallery") for item, of in lacking.groupby("item")]
    else:
        for split in EVALUATED_ALONE:
            there = known[known["split"] == split]
            single = there[~there["item"].duplicated(keep=False)]
            found += [_stray(item, of, f"its only image in {split}") for item, of in single.groupby("item")]
    return found


def images_by_split(frame: pd.DataFrame) -> dict[str, list[str]]:
    """Group images by split, {split: [image]}, in the order of `SPLITS`."""
    by_split = {str(split): of["image"].tolist() for split, of in frame.groupby("split")}
    return {split: by_split[split] for split in SPLITS if split in by_split}


def _stray(item: Any, of: pd.DataFrame, cause: str) -> dict[str, Any]:
    return {"item": str(item), "split": str(of["split"].iloc[0]), "images": of["image"].tolist(), "cause": cause}


def _counts(frame: pd.DataFrame) -> dict[str, int]:
    return {split: len(images) for split, images in images_by_split(frame).items()}


def extreme_sizes(prints: ImagePrints) -> dict[int, str]:
    """Find extreme sizes, {row: reason}: a side below 8 pixels; a shorter side below a quarter of the median one, or a
    longer side above four times the median one; one side more than four times the other. Of the part in the box."""
    rows = prints.usable
    if not len(rows):
        return {}
    short = np.minimum(prints.widths, prints.heights)
    long = np.maximum(prints.widths, prints.heights)
    usual_short, usual_long = float(np.median(short[rows])), float(np.median(long[rows]))
    found = {}
    for row in rows.tolist():
        if short[row] < TINY:
            found[row] = f"a side below {TINY} pixels"
        elif long[row] > LONG * short[row]:
            found[row] = f"one side is {long[row] / short[row]:.1f} times the other"
        elif FAR * short[row] < usual_short:
            found[row] = f"its shorter side is below a quarter of the usual {usual_short:.0f} pixels"
        elif long[row] > FAR * usual_long:
            found[row] = f"its longer side is above four times the usual {usual_long:.0f} pixels"
    return found

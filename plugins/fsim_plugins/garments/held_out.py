"""Combinations of colour and category that no training picture shows, to test whether words are composed."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pandas as pd

from fsim.errors import FsimError


def is_held_out(seed: int, colour: str, category: str, share: float) -> bool:
    """Whether a combination is among the `share` that is held out. A greater share holds out these and others."""
    return Random(f"{seed}/held out/{colour}/{category}").random() < share


def splits_with_held_out(frame: pd.DataFrame, rounds: Sequence[int], seed: int, share: float) -> list[str]:
    """The splits of a wardrobe's pictures, where items of `train` that are held out go to `val` and `test` in turn.

    Args:
        frame: the catalog, in splits that hold nothing out.
        rounds: of each picture, which item of its category it shows.

    Raises:
        FsimError: a category has no training picture left.
    """
    splits = [
        ("val", "test")[number % 2]
        if split == "train" and is_held_out(seed, attributes["colour"], category, share)
        else split
        for split, category, attributes, number in zip(
            frame["split"], frame["category"], frame["attributes"], rounds, strict=True
        )
    ]
    trained = {category for category, split in zip(frame["category"], splits, strict=True) if split == "train"}
    untrained = [category for category in frame["category"].unique() if category not in trained]
    if untrained:
        raise FsimError(
            f"held_out {share:g} leaves nothing to train on of {', '.join(untrained)}; lower it, or raise items"
        )
    return splits

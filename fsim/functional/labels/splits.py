"""The names of splits, and a rule that assigns them by nothing but the images' names."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

# folders and data sets name their splits so, in small or large letters -> the split's name in a catalog
SPLIT_NAMES = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
    "query": "query",
    "gallery": "gallery",
}


def split_by_name(names: Sequence[str], val_share: float, test_share: float, seed: int) -> list[str]:
    """Assign `train`, `val` or `test` to each name, by a hash of (seed, name): adding images moves no other image.

    Give the item's id in place of the image's name to keep all images of an item together.

    Args:
        val_share: expected share of `val`, 0 to 1.
        test_share: expected share of `test`, 0 to 1; together with `val_share` below 1.
    """
    splits = []
    for name in names:
        digest = hashlib.blake2b(f"{seed}\0{name}".encode(), digest_size=8).digest()
        draw = int.from_bytes(digest, "big") / 2**64  # uniform in [0, 1)
        splits.append("test" if draw < test_share else "val" if draw < test_share + val_share else "train")
    return splits

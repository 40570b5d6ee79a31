"""Leaving out images that the training saw too, as an audit found them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from fsim.catalog.encoded_catalog import EncodedCatalog
from fsim.errors import FsimError
from fsim.interfaces import IntArray

TRAINED_ON = "train"


def read_leaks(file: Path) -> list[list[str]]:
    """Read the groups of images, by their names in the catalog, that should not be in different splits.

    Raises:
        FsimError: the file is not what `fsim data audit --json` writes.
    """
    try:
        return [[str(image) for image in leak["images"]] for leak in json.loads(file.read_bytes())["leaks"]]
    except OSError as error:
        raise FsimError(f"cannot read {file}: {error.strerror or error}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise FsimError(f"{file} is no audit; write one: fsim data audit SOURCE --json > {file.name}") from error


def without_leaks(catalog: EncodedCatalog, file: Path, query: IntArray, gallery: IntArray) -> tuple[IntArray, IntArray]:
    """Return the rows of a query and of its gallery that are no leak.

    Where a leak has an image of train, its other images leave the query and the gallery. Where it has one of the
    gallery, its images leave the query, unless query and gallery are the same rows (leave-one-out).

    Raises:
        FsimError: the file is no audit of this catalog, or all images would be left out.
    """
    leaks = read_leaks(file)
    row_of = {name: row for row, name in enumerate(catalog.catalog.frame["image"].astype(str))}
    groups = [[row_of[name] for name in leak if name in row_of] for leak in leaks]
    if leaks and not any(groups):
        raise FsimError(
            f"{file} names no image of this catalog (its first is {leaks[0][0]}): it is the audit of another one; "
            f"audit the dataset of this recipe"
        )
    trained_on = (catalog.catalog.frame["split"] == TRAINED_ON).to_numpy()
    leave_one_out = np.array_equal(query, gallery)
    answers = set() if leave_one_out else set(gallery.tolist())
    seen: list[int] = []
    self_answering: list[int] = []
    for rows in groups:
        if trained_on[rows].any():
            seen += [row for row in rows if not trained_on[row]]
        elif answers.intersection(rows):
            self_answering += rows
    fair_query = query[~np.isin(query, seen + self_answering)]
    fair_gallery = gallery[~np.isin(gallery, seen)]
    if not len(fair_query) or not len(fair_gallery):
        raise FsimError(f"no image would be left to query or to answer with without the leaks of {file}")
    return fair_query, fair_gallery

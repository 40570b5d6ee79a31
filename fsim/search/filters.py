"""Which images of an index may be answers: `category=dress`, `split=val`, `colour=red,blue`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from fsim.errors import FsimError, nearest
from fsim.search.indexed_images import IndexedImages

KEYS = ("category", "split", "item")
Flags = npt.NDArray[np.bool_]


class Filters:
    """The values that the images of an index have, by key, and which images have them."""

    def __init__(self, images: IndexedImages) -> None:
        self.images = images

    @cached_property
    def rows(self) -> dict[str, dict[str, list[int]]]:
        """{key: {value: rows}}, without what is unknown; the types of attributes are keys too."""
        found: dict[str, dict[str, list[int]]] = {key: {} for key in KEYS}
        columns = {key: self.images.frame[key].to_list() for key in KEYS}
        for row in range(len(self.images)):
            values: dict[str, Any] = {**self.images.attributes(row), **{key: columns[key][row] for key in KEYS}}
            for key, value in values.items():
                for one in value if isinstance(value, list) else [value]:
                    if one not in ("", None):
                        found.setdefault(key, {}).setdefault(str(one), []).append(row)
        return {key: values for key, values in found.items() if values}

    def flags(self, wanted: Mapping[str, Sequence[str]]) -> Flags:
        """[N] the images that have for each key one of its values.

        Raises:
            FsimError: there is no such key or value.
        """
        flags = np.ones(len(self.images), bool)
        for key, values in wanted.items():
            if key not in self.rows:
                raise FsimError(f"the images have no '{key}'{nearest(key, self.rows)}")
            having = np.zeros(len(self.images), bool)
            for value in values:
                if value not in self.rows[key]:
                    raise FsimError(f"no image has {key}={value}{nearest(value, self.rows[key])}")
                having[self.rows[key][value]] = True
            flags &= having
        return flags


def read_filters(texts: Sequence[str]) -> dict[str, list[str]]:
    """`key=value` or `key=value,value`; one key given twice wants one of all of its values.

    Raises:
        FsimError: one has no `=` or no value.
    """
    found: dict[str, list[str]] = {}
    for text in texts:
        key, _, values = text.partition("=")
        if not key or not values:
            raise FsimError(f"--filter {text}: write key=value, such as category=dress, or key=value,value")
        found.setdefault(key, []).extend(values.split(","))
    return found

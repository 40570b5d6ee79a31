"""The categories of the Category and Attribute benchmark: a number is the row of its name, counted from 1."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fsim.errors import FsimError
from fsim_plugins.deepfashion.annotation_file import read_rows, trailing
from fsim_plugins.deepfashion.joining import by_name
from fsim_plugins.deepfashion.layout import Layout


def category_names(layout: Layout, folders: Sequence[str]) -> list[str]:
    """The names of all categories, in the order of their numbers. A row that repeats a name has no number, and is
    logged."""
    file = layout.require("list_category_cloth.txt", folders)
    return list(by_name(file, read_rows(file, trailing(2), 2)))


def named_category(file: Path, names: Sequence[str], number: str) -> str:
    """The category of that number; "" for none.

    Raises:
        FsimError: there is no category of that number.
    """
    if not number:
        return ""
    if not number.isdecimal() or not 1 <= int(number) <= len(names):
        raise FsimError(
            f"{file} has the category '{number}', and list_category_cloth.txt has 1 to {len(names)}; are the two files "
            f"of one release?"
        )
    return names[int(number) - 1]

"""Which columns of a data set are those of a catalog, and what stands in them."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from fsim.errors import FsimError, nearest

log = logging.getLogger("fsim.huggingface")

GUESSES = {
    "image": ("image", "img", "picture", "photo"),
    "category": ("category", "label", "class", "category_name", "class_name", "articleType", "product_type"),
    "item": ("item", "item_id", "product_id", "garment_id", "instance_id"),
    "box": ("box",),
    "attributes": ("attributes",),
    "caption": ("caption", "text", "description", "title"),
}


def chosen_columns(part: Any, wanted: Mapping[str, str | None], source: object) -> dict[str, str]:
    """Column of a catalog -> that of the data set, "" where there is none.

    Args:
        part: a split.
        wanted: what the user said: a name, "" for none, None for a guess. Guesses by another name are logged.
        source: where the data set is, for messages.

    Raises:
        FsimError: a column that the user named is not there, or there are no pictures.
    """
    names = list(part.column_names)
    chosen, guessed = {}, {}
    for column, name in wanted.items():
        if name and name not in names:
            raise FsimError(f"data.dataset.{column}: {source} has no column '{name}'{nearest(name, names)}")
        found = name if name is not None else next((guess for guess in GUESSES[column] if guess in names), "")
        if column == "image" and name is None and not found:
            found = _only_pictures(part)
        chosen[column] = found
        if name is None and found not in ("", column):
            guessed[column] = found
    if not chosen["image"]:
        raise FsimError(f"{source} has no column of pictures among {', '.join(names)}; name it: data.dataset.image=...")
    if guessed:
        log.warning(
            'guessed the columns of %s: %s (a recipe that names them is not guessed at; "" means none)',
            source,
            ", ".join(f"{column}: {name}" for column, name in guessed.items()),
        )
    return chosen


def read_columns(parts: Mapping[str, Any], chosen: Mapping[str, str]) -> dict[str, list[Any]]:
    """The cells of all splits, one after the other; numbers of a ClassLabel as names.

    Raises:
        FsimError: a split lacks a column.
    """
    columns: dict[str, list[Any]] = {column: [] for column, name in chosen.items() if name}
    for split, part in parts.items():
        for column in columns:
            name = chosen[column]
            if name not in part.column_names:
                raise FsimError(f"the split '{split}' has no column '{name}', which others have; name another {column}")
            cells = part.select_columns([name]).with_format(None)[name]
            labels = getattr(part.features[name], "names", None)
            columns[column] += [_named(cell, labels) for cell in cells]
    return columns


def _named(cell: Any, labels: list[str] | None) -> Any:
    if labels is None or not isinstance(cell, int):
        return cell
    return labels[cell] if 0 <= cell < len(labels) else None  # -1 is the package's own "unknown"


def _only_pictures(part: Any) -> str:
    found = [name for name, feature in part.features.items() if type(feature).__name__ == "Image"]
    return str(found[0]) if len(found) == 1 else ""

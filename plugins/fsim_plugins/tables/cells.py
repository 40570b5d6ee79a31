"""Cells of a table, of whatever type the file gave them, as what a catalog holds."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from fsim.functional.text.captions import caption_value, captions_of, captions_of_text

PLAIN_ATTRIBUTES = "attribute"  # the type of attributes that stand in a plain list


def is_unknown(value: Any) -> bool:
    """Whether a cell is empty: null, NaN or no text."""
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value))


def text_cell(value: Any) -> str:
    """A text or a number as text; "" where the cell is empty. Pandas turns whole numbers beside empty cells to floats:
    7.0 is "7".

    Raises:
        ValueError: it is something else.
    """
    if is_unknown(value):
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"expected a text or a number, not {kind_of_value(value)}")
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def numbers_cell(value: Any) -> list[float] | None:
    """The numbers of a box: a list, or a text with blanks, commas or brackets; None where the cell is empty.

    Raises:
        ValueError: they are no numbers.
    """
    if is_unknown(value):
        return None
    if isinstance(value, str):
        value = value.strip("[]() ").replace(",", " ").split()
    if not isinstance(value, Sequence) or any(isinstance(part, bool) or part is None for part in value):
        raise ValueError(f"expected a list of four numbers, not {kind_of_value(value)}")
    return [float(part) for part in value] or None


def attributes_cell(value: Any) -> dict[str, Any]:
    """Attribute type -> value or list of values, from a mapping, the JSON text of one, or a list of words, which become
    values of the type `attribute`. Types whose value is null are left out: nothing is known of them.

    Raises:
        ValueError: it is none of these.
    """
    if is_unknown(value):
        return {}
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except RecursionError as error:
            raise ValueError("too deep") from error
    if isinstance(value, Mapping):
        return {str(kind): one for kind, one in value.items() if one is not None}
    if isinstance(value, list) and all(isinstance(word, str) for word in value):
        return {PLAIN_ATTRIBUTES: value}
    raise ValueError("expected a JSON object, or a list of words")


def caption_cell(value: Any) -> str | list[str]:
    """One caption, or a list of several, from a text, the JSON text of a list of texts, or a list of texts; "" where
    there is none.

    Raises:
        ValueError: it is none of these.
    """
    return caption_value(captions_of_text(value) if isinstance(value, str) else captions_of(value))


def kind_of_value(value: Any) -> str:
    """What a value is, in a user's words."""
    names: dict[type, str] = {bool: "true or false", bytes: "bytes", dict: "an object", list: "a list", str: "a text"}
    return names.get(type(value), type(value).__name__)

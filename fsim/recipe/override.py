"""Change a recipe by `key.path=value` of the command line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from fsim.errors import FsimError
from fsim.recipe.document import Document, parse
from fsim.recipe.mistake import Key, Mistake

# For other evaluators than those of the recipe: they may lack the metrics that it names.
WITHOUT_MONITOR = ("evaluation.monitor=null", "evaluation.expect=null", "train.early_stopping=null")
_OVERRIDE = re.compile(r"[^=\s]+=.*", re.DOTALL)


def override(document: Document, assignments: Iterable[str]) -> None:
    """Apply `key.path=value` of the command line; the value is read as YAML, list items by their number."""
    for assignment in assignments:
        where = f"command line: {assignment}"
        if not _OVERRIDE.fullmatch(assignment):
            raise FsimError(f"'{assignment}' is not an override; write key.path=value, such as train.epochs=2")
        path, _, text = assignment.partition("=")
        parsed = parse("value: " + text if "\n" not in text else "value:\n" + text, where)
        key = path_key(path)
        message = assign(document.value, key, parsed.value.get("value"))
        document.mistakes += [Mistake(where, key, mistake.message) for mistake in parsed.mistakes]
        if message:
            document.mistakes.append(Mistake(where, key, message))
        for known in [known for known in document.marks if known[: len(key)] == key]:
            del document.marks[known]
        document.marks[key] = where


def path_key(path: str) -> Key:
    """Split a path at its dots: losses.0.margin -> ("losses", 0, "margin")"""
    return tuple(int(part) if part.isascii() and part.isdigit() else part for part in path.split("."))


def reject_other_keys(assignments: Iterable[str], allowed: Sequence[str], why: str) -> None:
    """Reject an override of a key that a command leaves as the run has it.

    Args:
        allowed: keys that may be set, with all below them.
        why: a clause, what the command does for which that must be.

    Raises:
        FsimError: there is one.
    """
    for assignment in assignments:
        key = assignment.partition("=")[0]
        if not any(key == free or key.startswith(f"{free}.") for free in allowed):
            raise FsimError(f"{assignment}: {why}; only {', '.join(allowed)} may be changed")


def assign(value: Any, key: Key, new: Any) -> str:
    """Set value[key] = new. Return what is wrong with the path, or ""."""
    for part, following in zip(key, (*key[1:], None), strict=True):
        if isinstance(value, list):
            if not isinstance(part, int) or part >= len(value):
                return f"'{part}' is not a position in this list of {len(value)} (0 is the first)"
        elif isinstance(value, dict):
            part = str(part)
        else:
            return f"'{part}' cannot be set: what stands above it is a plain value"
        if following is None:
            value[part] = new
        elif isinstance(value, dict):
            value = value.setdefault(part, {})
            if value is None:
                return f"'{part}' is empty; set it whole"
        else:
            value = value[part]
    return ""

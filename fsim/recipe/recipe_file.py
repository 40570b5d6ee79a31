"""Read a recipe file with the base recipes that it extends, and change it by `key.path=value` of the command line."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from fsim.errors import FsimError
from fsim.recipe.document import Document, parse
from fsim.recipe.mistake import Key, Mistake, RecipeError

# For other evaluators than those of the recipe: they may lack the metrics that it names.
WITHOUT_MONITOR = ("evaluation.monitor=null", "evaluation.expect=null", "train.early_stopping=null")
_OVERRIDE = re.compile(r"[^=\s]+=.*", re.DOTALL)


def read_document(file: Path) -> Document:
    """Read a recipe file and the base recipes that it `extends`.

    Raises:
        RecipeError: the YAML cannot be read at all, or bases form a circle.
    """
    return _read(file, ())


def _read(file: Path, seen: tuple[Path, ...]) -> Document:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError, ValueError) as error:
        cause = getattr(error, "strerror", None) or error
        raise FsimError(f"cannot read the recipe {file}: {cause}; give the path of a YAML file") from error
    document = parse(text, str(file))
    base = document.value.pop("extends", None)
    if base is None:
        return document
    if not isinstance(base, str):
        document.mistakes.append(Mistake(document.where(("extends",)), ("extends",), "must be the path of one recipe"))
        return document
    target = Path(os.path.normpath(file.parent / base))
    if target.resolve() in (*seen, file.resolve()):
        raise RecipeError([Mistake(document.where(("extends",)), ("extends",), f"'{base}' leads back to itself")])
    if not target.is_file():
        document.mistakes.append(Mistake(document.where(("extends",)), ("extends",), f"there is no file {target}"))
        return document
    return _merge(_read(target, (*seen, file.resolve())), document)


def _merge(base: Document, top: Document) -> Document:
    """Put `top` over `base`: mappings join; lists, plain values and components of another name are replaced whole."""
    marks = dict(base.marks)
    merged = _merge_values(base.value, top.value, (), marks)
    marks.update(top.marks)
    return Document(merged, marks, base.mistakes + top.mistakes)


def _merge_values(base: dict[str, Any], top: dict[str, Any], key: Key, marks: dict[Key, str]) -> dict[str, Any]:
    merged = dict(base)
    for name, value in top.items():
        old, at = base.get(name), (*key, name)
        if isinstance(old, dict) and isinstance(value, dict) and old.get("name") == value.get("name", old.get("name")):
            merged[name] = _merge_values(old, value, at, marks)
        else:
            for known in [known for known in marks if known[: len(at)] == at]:
                del marks[known]
            merged[name] = value
    return merged


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

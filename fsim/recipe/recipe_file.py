"""Read a recipe file with the base recipes that it extends."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from fsim.errors import FsimError
from fsim.recipe.document import Document, parse
from fsim.recipe.mistake import Key, Mistake, RecipeError


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

"""Turn pydantic's errors into mistakes: in the words of recipes, and where the user wrote the values."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from fsim.errors import nearest
from fsim.plugin.kinds import KINDS
from fsim.recipe.document import Document
from fsim.recipe.mistake import Key, Mistake


def value_mistakes(
    document: Document, prefix: Key, error: ValidationError, model: type[BaseModel], owner: str = ""
) -> Iterator[Mistake]:
    """Translate an error of a model.

    Args:
        prefix: where the model's values stand in the document.
        model: that rejected them.
        owner: the component whose parameters they are; "" for the recipe itself.
    """
    for detail in error.errors():
        key = _real_key(document.value, prefix + tuple(detail["loc"]))
        yield Mistake(document.where(key), key, _message(detail, key, prefix, model, owner))


def _real_key(value: Any, key: Key) -> Key:
    """Return the path as the user wrote it: without the names of a union's members that pydantic adds."""
    real: list[str | int] = []
    for part in key:
        if isinstance(value, dict) or (isinstance(value, list) and isinstance(part, int)):
            real.append(part)
            try:
                value = value[part]  # type: ignore[index]
            except (KeyError, IndexError, TypeError):
                value = None if isinstance(value, dict) else value
    return tuple(real)


def _message(detail: Any, key: Key, prefix: Key, model: type[BaseModel], owner: str) -> str:
    if detail["type"] == "missing":
        return f"is required{' by ' + owner if owner else ''}"
    if detail["type"] == "extra_forbidden":
        valid = _keys_at(model, key[len(prefix) : -1])
        of = f" of {owner}" if owner else ""
        return f"is not a {'parameter' if owner else 'key'}{of or ' of a recipe'}{nearest(str(key[-1]), valid)}"
    if detail["type"] in ("model_type", "model_attributes_type"):
        return f"must be a mapping of keys to values{_component_hint(detail)}, not {_shown(detail['input'])}"
    if detail["type"] == "searched":
        return str(detail["msg"])
    if detail["type"] == "path_not_file":
        return f"names no file: there is no {Path(str(detail['input'])).absolute()}"
    message = str(detail["msg"]).replace("Input should be", "must be").replace("Value error, ", "")
    message = message.replace("valid dictionary", "mapping").replace("valid array", "list")
    message = message.replace("List should have", "must have").replace("String should", "must")
    return f"{message}, not {_shown(detail['input'])}"


def _component_hint(detail: Any) -> str:
    of_components = {kind.settings.rpartition(":")[2] for kind in KINDS.values()}
    return ", such as {name: ...}" if detail.get("ctx", {}).get("class_name") in of_components else ""


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:57] + "..."


def _keys_at(held: Any, path: Key) -> list[str]:
    """Return the keys of the model at a path below a type."""
    for part in path:
        if get_origin(held) is dict:
            held = get_args(held)[1]
        elif isinstance(part, str):
            model = _model_in(held)
            held = None if model is None or part not in model.model_fields else model.model_fields[part].annotation
    model = None if get_origin(held) is dict else _model_in(held)
    return [] if model is None else [field.alias or name for name, field in model.model_fields.items()]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """Return the model that a type is or holds: a list of it, one or None."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_model_in, get_args(annotation))), None)

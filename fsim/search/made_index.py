"""An index by its name and parameters. Nothing here imports torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from fsim.errors import FsimError
from fsim.interfaces import Index
from fsim.plugin.parameters import construct, parameter_model
from fsim.plugin.registry import Component, load


def make_index(name: str, parameters: Mapping[str, Any], threads: int = 1, seed: int = 0) -> Index:
    """An index of that name, not yet built.

    Raises:
        FsimError: there is none, its package is missing, or it refuses the parameters.
    """
    component: Component = load("index", name)
    try:
        settings = parameter_model("index", component).model_validate(dict(parameters))
    except ValidationError as error:
        raise FsimError(f"index {name} refuses its parameters: {error}; correct them") from error
    index: Index = construct("index", component, settings, {"seed": seed, "threads": threads})
    return index

"""Turn the typed signature of a component into a strict pydantic model: constructors are the schema of recipes."""

from __future__ import annotations

import functools
import inspect
import operator
import sys
import types
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal, Union

from pydantic import BaseModel, ConfigDict, Field, create_model

from fsim.errors import FsimError
from fsim.plugin.kinds import KINDS, kind_of
from fsim.plugin.settings import ComponentSettings

_PLAIN = (bool, int, float, str, Path, type(None))
_FIELD = "p_"  # field names are prefixed, so that a parameter may be called `json` or `copy`


class UnfitSignatureError(FsimError):
    """A component has a required parameter that neither a recipe nor the engine can give."""


@functools.cache
def parameter_model(kind: str, component: Callable[..., Any]) -> type[BaseModel]:
    """Return the parameters that a recipe may set, as a strict model: unknown keys are errors, nothing is coerced.

    Raises:
        UnfitSignatureError: a required parameter has a type that cannot be written in a recipe.
    """
    fields: dict[str, Any] = {}
    injects = kind_of(kind).injects
    for parameter, given_type in _typed_parameters(component):
        if parameter.name in injects:
            continue
        required = parameter.default is parameter.empty
        annotation = _part_type(given_type) if _part_kind(given_type) else _recipe_type(given_type)
        if annotation is None:
            if required:
                raise UnfitSignatureError(
                    f"{kind} {component.__module__}:{_name(component)} needs '{parameter.name}', which no "
                    f"recipe can give and the engine does not inject (it injects: {', '.join(sorted(injects)) or '-'})"
                )
            continue
        default = ... if required else parameter.default
        fields[_FIELD + parameter.name] = (annotation, Field(default, alias=parameter.name))
    config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, arbitrary_types_allowed=True)
    return create_model(_name(component), __config__=config, **fields)


def part_kinds(kind: str, component: Callable[..., Any]) -> dict[str, str]:
    """Return the parameters that take another component, as the type of its interface declares, and the kind of each.

    In a recipe each is written as `{name: ..., parameter: value, ...}`: evaluator `index` takes an `Index`.
    """
    injects = kind_of(kind).injects
    kinds = {parameter.name: _part_kind(given_type) for parameter, given_type in _typed_parameters(component)}
    return {name: part for name, part in kinds.items() if part is not None and name not in injects}


def arguments(model: BaseModel) -> dict[str, Any]:
    """Return the keyword arguments that a validated model stands for."""
    return {name.removeprefix(_FIELD): getattr(model, name) for name in type(model).model_fields}


def given_names(model: BaseModel) -> list[str]:
    """Return the parameters that were given, not left to their defaults."""
    return [name.removeprefix(_FIELD) for name in model.model_fields_set]


def injected_names(kind: str, component: Callable[..., Any]) -> set[str]:
    """Return the parameters of a component that the engine injects."""
    return set(kind_of(kind).injects) & set(_signature(component).parameters)


def needs(loss: Any) -> set[str]:
    """Return what a loss needs: the required parameters of its `forward`."""
    return {
        parameter.name
        for parameter in inspect.signature(loss.forward).parameters.values()
        if parameter.name != "self"
        and parameter.default is parameter.empty
        and parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    }


def takes_memory(loss: Any) -> bool:
    """Whether a loss can compare with embeddings of earlier batches: its `forward` has a parameter `memory`."""
    return "memory" in inspect.signature(loss.forward).parameters


def _name(component: Callable[..., Any]) -> str:
    return getattr(component, "__qualname__", repr(component))


def _typed_parameters(component: Callable[..., Any]) -> list[tuple[inspect.Parameter, Any]]:
    """Return the parameters that have a name, with their types."""
    hints = _hints(component)
    return [
        (parameter, hints.get(parameter.name, Any))
        for parameter in _signature(component).parameters.values()
        if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    ]


def _part_kind(annotation: Any) -> str | None:
    """Return the kind whose interface a type is, also of `Index | None`; None for any other type."""
    interfaces = {kind.interface: kind.name for kind in KINDS.values()}
    options = typing.get_args(annotation) if _is_union(annotation) else (annotation,)
    classes = [option for option in options if option is not type(None)]
    if len(classes) != 1 or not inspect.isclass(classes[0]):
        return None
    return interfaces.get(f"{classes[0].__module__}:{classes[0].__qualname__}")


def _part_type(annotation: Any) -> Any:
    """Return the type of a component in a recipe, where null may stand for none."""
    return ComponentSettings | None if _is_union(annotation) else ComponentSettings


def _is_union(annotation: Any) -> bool:
    return typing.get_origin(annotation) in (Union, types.UnionType)


def _signature(component: Callable[..., Any]) -> inspect.Signature:
    if inspect.isclass(component) and component.__init__ is object.__init__:
        return inspect.Signature()
    return inspect.signature(component)


def _hints(component: Callable[..., Any]) -> dict[str, Any]:
    """Return annotations as types. One that cannot be resolved (imported for type checkers only) counts as absent."""
    function = component.__init__ if inspect.isclass(component) else component
    try:
        return typing.get_type_hints(function, include_extras=True)
    except (NameError, TypeError, AttributeError):
        raw = inspect.get_annotations(function)
    scope = vars(sys.modules[component.__module__])
    hints = {}
    for name, annotation in raw.items():
        try:
            hints[name] = eval(annotation, dict(scope)) if isinstance(annotation, str) else annotation
        except (NameError, TypeError, AttributeError):
            hints[name] = object
    return hints


def _recipe_type(annotation: Any) -> Any:
    """Return the part of a type that YAML can express (`float | Tensor` -> `float`); None where there is none."""
    if annotation is Any or annotation in _PLAIN or annotation is None:
        return annotation if annotation is not None else type(None)
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Literal:
        return annotation
    if origin is Annotated:
        base = _recipe_type(inner[0])
        return None if base is None else Annotated[(base, *inner[1:])]
    if _is_union(annotation):
        kept = [option for option in map(_recipe_type, inner) if option is not None]
        return functools.reduce(operator.or_, kept) if any(option is not type(None) for option in kept) else None
    if origin in (list, tuple, dict, set, frozenset) or (origin is not None and hasattr(origin, "__iter__")):
        kept = [argument if argument is Ellipsis else _recipe_type(argument) for argument in inner]
        if None in kept:
            return None
        return annotation if kept == list(inner) else _again(origin, kept)
    return None


def _again(origin: Any, inner: list[Any]) -> Any:
    return origin[tuple(inner)] if origin in (tuple, dict) else origin[inner[0]]

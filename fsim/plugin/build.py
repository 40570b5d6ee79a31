"""Build components from their validated settings; each is held against its kind's interface."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from fsim.errors import FsimError
from fsim.plugin.interface_check import complete
from fsim.plugin.kinds import kind_of
from fsim.plugin.parameters import arguments, given_names, injected_names, parameter_model, part_kinds
from fsim.plugin.registry import load


class _Invalid(BaseModel): ...


INVALID = _Invalid()  # the settings of a component whose own are wrong; its fit with the others is still checked


@dataclass(frozen=True)
class CheckedComponent:
    """A component that a recipe names, loaded, with its validated settings.

    parts  the components that it is made of, by parameter
    """

    kind: str
    name: str
    component: Callable[..., Any]
    settings: BaseModel
    parts: Mapping[str, CheckedComponent] = field(default_factory=dict)

    @property
    def is_valid(self) -> bool:
        """Whether its settings, and those of its parts, have no mistake."""
        return self.settings is not INVALID and all(part.is_valid for part in self.parts.values())

    @property
    def result_name(self) -> str:
        """The name that its results carry: of an evaluator that is made of an index, the index's."""
        return next((part.name for part in self.parts.values()), self.name)

    @property
    def parameters(self) -> dict[str, Any]:
        """The validated value of every parameter that a recipe may set, defaults included; a part as a component."""
        return {**arguments(self.settings), **self.parts}

    def value(self, parameter: str) -> Any:
        """The validated value of a parameter; None where the component has no such parameter."""
        return self.parameters.get(parameter)

    def with_values(self, **values: Any) -> CheckedComponent:
        """The same component with other values of some of its parameters.

        Raises:
            ValidationError: a value does not fit its parameter, or the component has no such parameter.
        """
        given = {name: arguments(self.settings)[name] for name in given_names(self.settings)}
        return replace(self, settings=type(self.settings).model_validate({**given, **values}))

    def written_out(self, absolute_paths: bool = False) -> dict[str, Any]:
        """Its parameters as plain data for YAML and JSON, defaults included, a part with its name."""
        settings = self.settings
        if absolute_paths:
            paths = {name: value for name, value in settings if isinstance(value, Path)}
            absolute = {name: path.expanduser().absolute() for name, path in paths.items()}
            settings = settings.model_copy(update=absolute)
        parts = {name: {"name": part.name, **part.written_out(absolute_paths)} for name, part in self.parts.items()}
        return settings.model_dump(mode="json", by_alias=True) | parts

    def build(self, **injected: Any) -> Any:
        """Construct it from its settings and from those of `injected` that its signature names; an optional member of
        the interface that it lacks has the interface's default.

        Raises:
            FsimError: it refuses its parameters, or does not fit its interface.
        """
        asked = injected_names(self.kind, self.component)
        given = {name: value for name, value in injected.items() if name in asked}
        parts = {name: part.build(**{**kind_of(part.kind).within, **injected}) for name, part in self.parts.items()}
        try:
            component = self.component(**{**self.parameters, **parts}, **given)
        except (ValueError, TypeError, KeyError) as error:
            raise FsimError(
                f"{self.kind} '{self.name}' refuses its parameters: {error}; see: fsim describe {self.kind} {self.name}"
            ) from error
        return complete(self.kind, self.name, component)


def build(kind: str, name: str, parameters: Mapping[str, Any], **injected: Any) -> Any:
    """Build a component that no recipe names, from Python values of its parameters.

    Raises:
        FsimError: nobody offers it, a parameter is wrong, or it does not fit its interface.
    """
    return _checked(kind, name, parameters).build(**injected)


def _checked(kind: str, name: str, parameters: Mapping[str, Any]) -> CheckedComponent:
    component = load(kind, name)
    try:
        settings = parameter_model(kind, component).model_validate(dict(parameters))
    except ValidationError as error:
        raise FsimError(f"{kind} {name} refuses its parameters: {error}; correct them") from error
    parts = {}
    for parameter, part_kind in part_kinds(kind, component).items():
        written = parameters.get(parameter)
        if written is not None:
            own = {key: value for key, value in written.items() if key != "name"}
            parts[parameter] = _checked(part_kind, written["name"], own)
    return CheckedComponent(kind, name, component, settings, parts)

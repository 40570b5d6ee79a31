"""Build components from their validated settings; each is held against its kind's interface."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel, ValidationError

from fsim.errors import FsimError
from fsim.plugin.interface_check import complete
from fsim.plugin.parameters import arguments, given_names, injected_names, parameter_model
from fsim.plugin.registry import load


class _Invalid(BaseModel): ...


INVALID = _Invalid()  # the settings of a component whose own are wrong; its fit with the others is still checked


@dataclass(frozen=True)
class CheckedComponent:
    """A component that a recipe names, loaded, with its validated settings."""

    kind: str
    name: str
    component: Callable[..., Any]
    settings: BaseModel

    @property
    def parameters(self) -> dict[str, Any]:
        """The validated value of every parameter that a recipe may set, defaults included."""
        return arguments(self.settings)

    def value(self, parameter: str) -> Any:
        """The validated value of a parameter; None where the component has no such parameter."""
        return self.parameters.get(parameter)

    def with_values(self, **values: Any) -> CheckedComponent:
        """The same component with other values of some of its parameters.

        Raises:
            ValidationError: a value does not fit its parameter, or the component has no such parameter.
        """
        given = {name: self.value(name) for name in given_names(self.settings)}
        return replace(self, settings=type(self.settings).model_validate({**given, **values}))

    def build(self, **injected: Any) -> Any:
        """Construct it from its settings and from those of `injected` that its signature names; an optional member of
        the interface that it lacks has the interface's default.

        Raises:
            FsimError: it refuses its parameters, or does not fit its interface.
        """
        wanted = injected_names(self.kind, self.component)
        given = {name: value for name, value in injected.items() if name in wanted}
        try:
            component = self.component(**self.parameters, **given)
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
    component = load(kind, name)
    try:
        settings = parameter_model(kind, component).model_validate(dict(parameters))
    except ValidationError as error:
        raise FsimError(f"{kind} {name} refuses its parameters: {error}; correct them") from error
    return CheckedComponent(kind, name, component, settings).build(**injected)

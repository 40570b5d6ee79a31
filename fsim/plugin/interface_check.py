"""Hold a component against its interface: complete what is optional, and name what is missing.

An interface of `fsim.interfaces` says by itself what is required: its abstract methods, and the annotations that have
no value. What has a body or a value is optional, and that is the default. A component needs no base class.
"""

from __future__ import annotations

import inspect
import types
from typing import Any

from fsim.errors import FsimError
from fsim.plugin.kinds import kind_of

NN_MODULE = "torch.nn.modules.module"
FOR_EVERY_CLASS = ("builtins", NN_MODULE)  # modules whose classes define `forward` and such for every other


def complete(kind: str, name: str, component: Any) -> Any:
    """Return a built component, with the interface's default for every optional member that it lacks.

    Raises:
        FsimError: it lacks a required member of its kind's interface, or takes no attributes.
    """
    interface = kind_of(kind).interface_class
    lacking = [member for member in required_members(interface) if not hasattr(component, member)]
    if lacking:
        raise FsimError(
            f"{kind} '{name}' does not fit fsim.interfaces.{interface.__name__}: it lacks {', '.join(lacking)}; "
            f"ask its author to add what is missing"
        )
    for member, default in optional_members(interface).items():
        if not hasattr(component, member):
            try:
                object.__setattr__(component, member, _bound(default, component))
            except AttributeError as error:  # it has __slots__, or is no Python object
                raise FsimError(
                    f"{kind} '{name}' lacks {member} of fsim.interfaces.{interface.__name__}, and takes no attributes; "
                    f"ask its author to add it"
                ) from error
    return component


def check_class(kind: str, name: str, component: type) -> None:
    """Hold a class against its kind's interface before anything is built of it.

    Raises:
        FsimError: it does not define a required method, or a required attribute of the class.
    """
    interface = kind_of(kind).interface_class
    wanted = [*required_class_attributes(interface), *interface.__abstractmethods__]
    if any(base.__module__ == NN_MODULE for base in component.__mro__):
        wanted = ["forward" if member == "__call__" else member for member in wanted]
    missing = sorted(member for member in wanted if not _defines(component, member))
    if missing:
        raise FsimError(
            f"{kind} '{name}' ({component.__module__}:{component.__qualname__}) does not fit its kind: it lacks "
            f"{', '.join(missing)}; see fsim.interfaces.{interface.__name__}"
        )


def class_member(kind: str, component: Any, member: str) -> Any:
    """Return an optional member that is read from a class: its own, or the interface's default."""
    return getattr(component, member, getattr(kind_of(kind).interface_class, member))


def required_members(interface: Any) -> list[str]:
    """The attributes and methods that a component must have."""
    attributes = [member for member in interface.__annotations__ if member not in vars(interface)]
    return sorted([*attributes, *interface.__abstractmethods__])


def required_class_attributes(interface: Any) -> list[str]:
    """Those of them that are read from the class."""
    return [
        member
        for member, annotation in interface.__annotations__.items()
        if member not in vars(interface) and str(annotation).startswith(("ClassVar", "typing.ClassVar"))
    ]


def optional_members(interface: Any) -> dict[str, Any]:
    """The attributes and methods that a component may have, with their defaults."""
    required = required_members(interface)
    return {
        member: default
        for member, default in vars(interface).items()
        if not member.startswith("_") and member not in required
    }


def _bound(default: Any, component: Any) -> Any:
    """A default as a member of a component."""
    if isinstance(default, staticmethod):
        return default.__func__
    return types.MethodType(default, component) if inspect.isfunction(default) else default


def _defines(component: type, member: str) -> bool:
    """Whether a class has a member of its own making: not one that every class has, nor an abstract one."""
    return any(
        member in vars(base) and not getattr(vars(base)[member], "__isabstractmethod__", False)
        for base in component.__mro__
        if base.__module__ not in FOR_EVERY_CLASS
    )

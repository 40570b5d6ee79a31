"""Components that are built, held against their interfaces."""

from __future__ import annotations

from typing import Any

from fsim.errors import FsimError
from fsim.recipe.checked_recipe import CheckedComponent


def built(part: CheckedComponent, interface: type, **given: Any) -> Any:
    """Build a component and hold it against its interface."""
    component = part.build(**given)
    if not isinstance(component, interface):
        members = {*getattr(interface, "__annotations__", {}), *vars(interface)}
        lacking = [name for name in sorted(members) if not name.startswith("_") and not hasattr(component, name)]
        raise FsimError(
            f"{part.kind} '{part.name}' does not fit fsim.interfaces.{interface.__name__}: it lacks "
            f"{', '.join(lacking)}; ask its author to add what is missing"
        )
    return component

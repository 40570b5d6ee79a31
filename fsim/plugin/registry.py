"""Find, load and check components: those of entry points, and those registered in this process."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fsim.errors import FsimError, nearest
from fsim.plugin.discovery import Unreadable, find_entry_points
from fsim.plugin.interface_check import check_class
from fsim.plugin.kinds import KINDS, imported, kind_of

Component = Callable[..., Any]


@dataclass(frozen=True)
class Offer:
    """A component that a distribution offers, not yet imported."""

    kind: str
    name: str
    target: str
    distribution: str
    version: str

    def __str__(self) -> str:
        return f"{self.kind} '{self.name}' of {self.distribution} {self.version} ({self.target})"


_registered: dict[tuple[str, str], Component] = {}


@functools.cache
def _found() -> tuple[list[Offer], list[Unreadable]]:
    kinds = {kind.group: kind.name for kind in KINDS.values()}
    entry_points, unreadable = find_entry_points()
    offers = [
        Offer(kinds[entry.group], entry.name, entry.target, entry.distribution, entry.version)
        for entry in entry_points
        if entry.group in kinds
    ]
    return sorted(offers, key=lambda offer: (offer.kind, offer.name, offer.distribution)), unreadable


def offers(kind: str | None = None) -> list[Offer]:
    """List every component that is offered, of one kind or of all, sorted by kind and name."""
    if kind is not None:
        kind_of(kind)
    here = [
        Offer(
            its_kind,
            name,
            f"{component.__module__}:{getattr(component, '__qualname__', component)}",
            "(this process)",
            "",
        )
        for (its_kind, name), component in _registered.items()
    ]
    return [offer for offer in _found()[0] + here if kind in (None, offer.kind)]


def unreadable_distributions() -> list[Unreadable]:
    """List the distributions whose entry points could not be read."""
    return list(_found()[1])


def register(kind: str, name: str) -> Callable[[Component], Component]:
    """Offer a component from this process only (a notebook, a test): `@register("loss", "mine")`.

    Raises:
        FsimError: the kind is unknown, the name is taken, or the component does not fit the kind.
    """

    def offer(component: Component) -> Component:
        taken = [known for known in offers(kind) if known.name == name]
        if taken:
            raise FsimError(f"{taken[0]} is there already; register yours under another name")
        check(kind, name, component)
        _registered[kind, name] = component
        return component

    return offer


def unregister(kind: str, name: str) -> None:
    """Take back what `register` offered."""
    _registered.pop((kind, name), None)


def find(kind: str, name: str) -> Offer:
    """Return the one offer of that kind and name.

    Raises:
        FsimError: nobody offers it (the nearest name is given), or two distributions do (both are named).
    """
    known = offers(kind)
    matching = [offer for offer in known if offer.name == name]
    if not matching:
        raise FsimError(f"there is no {kind} '{name}'{nearest(name, {offer.name for offer in known})}")
    if len(matching) > 1:
        raise FsimError(
            f"{kind} '{name}' is offered twice: "
            + " and ".join(f"{offer.distribution} {offer.version} ({offer.target})" for offer in matching)
            + "; uninstall one of them"
        )
    return matching[0]


def load(kind: str, name: str) -> Component:
    """Import one component and hold it against its kind.

    Raises:
        FsimError: it is unknown, offered twice, fails to import, or does not fit its kind.
    """
    if (kind, name) in _registered:
        return _registered[kind, name]
    offer = find(kind, name)
    try:
        component = imported(offer.target)
    except Exception as error:  # whatever a stranger's module raises, it is that plugin that is broken
        raise FsimError(
            f"{offer} is broken: {type(error).__name__}: {error}; fix or uninstall {offer.distribution}"
        ) from error
    check(kind, name, component)
    return component  # type: ignore[no-any-return]


def check(kind: str, name: str, component: Any) -> None:
    """Hold a component against its kind before it is built.

    Raises:
        FsimError: it cannot be called, it is no class where one is needed, or a class lacks a member of the interface.
    """
    if not callable(component):
        raise FsimError(f"{kind} '{name}' must be a class or a function, not {type(component).__name__}")
    if not inspect.isclass(component) and kind_of(kind).classes:
        raise FsimError(f"{kind} '{name}' must be a class, because what it has is read before it is built")
    if inspect.isclass(component):
        check_class(kind, name, component)

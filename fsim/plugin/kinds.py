"""The kinds of component, and what the engine injects into each by parameter name."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from fsim.errors import FsimError, nearest


@dataclass(frozen=True)
class Kind:
    """One kind of component.

    interface  what every component of this kind must have, as `module:class`
    injects    parameters whose values are known only at run time; a recipe may not set them
    classes    whether only classes will do, because attributes are read before anything is built
    """

    name: str
    interface: str
    injects: frozenset[str] = frozenset()
    classes: bool = False

    @property
    def group(self) -> str:
        """The entry-point group of this kind."""
        return f"fsim.{self.name}es" if self.name.endswith(("s", "x")) else f"fsim.{self.name}s"

    @property
    def interface_class(self) -> Any:
        """The Protocol that its components are held against."""
        return imported(self.interface)


KINDS = {
    kind.name: kind
    for kind in (
        Kind("dataset", "fsim.interfaces.catalog:Dataset", frozenset({"cache_dir"})),
        Kind("augmentation", "fsim.interfaces.augmentation:Augmentation"),
        Kind("backbone", "fsim.interfaces.network:Backbone"),
        Kind("text_encoder", "fsim.interfaces.network:TextEncoder", frozenset({"vocabulary"})),
        Kind(
            "head",
            "fsim.interfaces.network:Head",
            frozenset({"in_features", "num_categories", "num_attributes"}),
            classes=True,
        ),
        Kind(
            "loss",
            "fsim.interfaces.loss:Loss",
            frozenset({"embedding_dim", "num_categories", "num_labels", "attribute_counts"}),
            classes=True,
        ),
        Kind(
            "sampler",
            "fsim.interfaces.sampler:Sampler",
            frozenset({"categories", "items", "seed", "rank", "world_size"}),
            classes=True,
        ),
        Kind("evaluator", "fsim.interfaces.evaluator:Evaluator", frozenset({"seed"})),
        Kind("index", "fsim.interfaces.index:Index", frozenset({"seed", "threads"})),
        Kind("projection", "fsim.interfaces.projection:Projection", frozenset({"seed"})),
        Kind("optimizer", "fsim.interfaces.optimizer:Optimizer", frozenset({"params"})),
        Kind(
            "scheduler",
            "fsim.interfaces.optimizer:Scheduler",
            frozenset({"optimizer", "total_steps", "steps_per_epoch"}),
        ),
        Kind("tracker", "fsim.interfaces.tracker:Tracker", frozenset({"folder"})),
        Kind("layout", "fsim.interfaces.layout:Layout"),
        Kind("download", "fsim.interfaces.download:Download"),
    )
}


def kind_of(name: str) -> Kind:
    """Return the kind of that name.

    Raises:
        FsimError: there is none; the nearest one is named.
    """
    if name not in KINDS:
        raise FsimError(f"there is no kind '{name}'{nearest(name, KINDS)}")
    return KINDS[name]


def imported(target: str) -> Any:
    """Import the object that `module:object` names."""
    module, _, attributes = target.partition(":")
    found: Any = import_module(module)
    for attribute in filter(None, attributes.split(".")):
        found = getattr(found, attribute)
    return found

"""The kinds of component, and what the engine injects into each by parameter name."""

from __future__ import annotations

from dataclasses import dataclass

from fsim.errors import FsimError, nearest


@dataclass(frozen=True)
class Kind:
    """One kind of component.

    injects  parameters whose values are known only at run time; a recipe may not set them
    members  what a class of this kind must define; a function is held against its interface once it is built
    classes  whether only classes will do, because members are read before anything is built
    """

    name: str
    injects: frozenset[str] = frozenset()
    members: tuple[str, ...] = ()
    classes: bool = False

    @property
    def group(self) -> str:
        """The entry-point group of this kind."""
        return f"fsim.{self.name}es" if self.name.endswith(("s", "x")) else f"fsim.{self.name}s"


KINDS = {
    kind.name: kind
    for kind in (
        Kind("dataset", frozenset({"cache_dir"}), ("load",)),
        Kind("augmentation", members=("__call__",)),
        Kind("backbone", members=("forward",)),
        Kind("text_encoder", frozenset({"vocabulary"}), ("forward", "tokens")),
        Kind(
            "head",
            frozenset({"in_features", "num_categories", "num_attributes"}),
            ("forward", "gives"),
            classes=True,
        ),
        Kind(
            "loss",
            frozenset({"embedding_dim", "num_categories", "num_labels", "attribute_counts"}),
            ("forward",),
            classes=True,
        ),
        Kind(
            "sampler",
            frozenset({"categories", "items", "seed", "rank", "world_size"}),
            ("epoch", "__len__", "gives"),
            classes=True,
        ),
        Kind("evaluator", frozenset({"seed"}), ("__call__", "directions")),
        Kind("index", frozenset({"seed", "threads"}), ("build", "search", "save", "load")),
        Kind("projection", frozenset({"seed"}), ("__call__",)),
        Kind("optimizer", frozenset({"params"}), ("step", "zero_grad")),
        Kind("scheduler", frozenset({"optimizer", "total_steps", "steps_per_epoch"})),
        Kind("tracker", frozenset({"folder"}), ("log", "close")),
        Kind("layout", members=("fits", "read")),
        Kind("download", members=("fetch", "next_steps")),
    )
}


def kind_of(name: str) -> Kind:
    """The kind of that name; FsimError with the nearest one where there is none."""
    if name not in KINDS:
        raise FsimError(f"there is no kind '{name}'{nearest(name, KINDS)}")
    return KINDS[name]

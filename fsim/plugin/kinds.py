"""The kinds of component. A new kind is an entry here, its interface, and its use."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from fsim.errors import FsimError, nearest
from fsim.plugin import trial_values


@dataclass(frozen=True)
class Slot:
    """A place of components in a recipe.

    path          the keys that lead to it
    is_list       whether a list of components stands there
    may_be_null   whether null may stand there, for none
    """

    path: tuple[str, ...]
    is_list: bool = False
    may_be_null: bool = False


@dataclass(frozen=True)
class Kind:
    """One kind of component.

    interface     what each of its components must have, as `module:class`
    contract      the tests that each of its components must pass, as `module:class`
    slots         where its components stand in a recipe
    settings      what a recipe says of a component beside its own parameters, as `module:class`
    injects       parameters whose values are known only at run time; a recipe may not set them
    classes       whether only classes will do, because attributes are read before anything is built
    trial_values  what is injected into a component that is built on trial, while a recipe is checked: a function of the
                  names that the component asks for, and of the components by kind that were built on trial before. It
                  returns None for a component that cannot be tried. None for a kind that is not tried
    within        what is injected into a component that is a part of another, beside what that is given
    """

    name: str
    interface: str
    contract: str
    slots: tuple[Slot, ...] = ()
    settings: str = "fsim.plugin.settings:ComponentSettings"
    injects: frozenset[str] = frozenset()
    classes: bool = False
    trial_values: Callable[[Set[str], Mapping[str, Any]], dict[str, Any] | None] | None = None
    within: Mapping[str, Any] = field(default_factory=dict)

    @property
    def group(self) -> str:
        """The entry-point group of this kind."""
        return f"fsim.{self.name}es" if self.name.endswith(("s", "x")) else f"fsim.{self.name}s"

    @property
    def interface_class(self) -> Any:
        """The Protocol that its components are held against."""
        return imported(self.interface)

    @property
    def settings_class(self) -> Any:
        """The model of what stands beside a component's own parameters."""
        return imported(self.settings)


KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            "dataset",
            "fsim.interfaces.catalog:Dataset",
            "fsim.testing.dataset_contract:DatasetContract",
            slots=(Slot(("data", "dataset")),),
            injects=frozenset({"cache_dir"}),
            trial_values=trial_values.dataset,
        ),
        Kind(
            "augmentation",
            "fsim.interfaces.augmentation:Augmentation",
            "fsim.testing.augmentation_contract:AugmentationContract",
            slots=(Slot(("data", "augmentation")),),
            trial_values=trial_values.nothing,
        ),
        Kind(
            "backbone",
            "fsim.interfaces.network:Backbone",
            "fsim.testing.backbone_contract:BackboneContract",
            slots=(Slot(("model", "backbone")),),
        ),
        Kind(
            "text_encoder",
            "fsim.interfaces.network:TextEncoder",
            "fsim.testing.text_encoder_contract:TextEncoderContract",
            slots=(Slot(("model", "text_encoder"), may_be_null=True),),
            injects=frozenset({"vocabulary"}),
            trial_values=trial_values.text_encoder,
        ),
        Kind(
            "head",
            "fsim.interfaces.network:Head",
            "fsim.testing.head_contract:HeadContract",
            slots=(Slot(("model", "head")), Slot(("model", "text_head"), may_be_null=True)),
            injects=frozenset({"in_features", "num_categories", "num_attributes"}),
            classes=True,
            trial_values=trial_values.head,
        ),
        Kind(
            "loss",
            "fsim.interfaces.loss:Loss",
            "fsim.testing.loss_contract:LossContract",
            slots=(Slot(("losses",), is_list=True),),
            settings="fsim.plugin.settings:LossSettings",
            injects=frozenset({"embedding_dim", "num_categories", "num_labels", "attribute_counts"}),
            classes=True,
            trial_values=trial_values.loss,
        ),
        Kind(
            "sampler",
            "fsim.interfaces.sampler:Sampler",
            "fsim.testing.sampler_contract:SamplerContract",
            slots=(Slot(("sampler",)),),
            injects=frozenset({"categories", "items", "seed", "rank", "world_size"}),
            classes=True,
        ),
        Kind(
            "evaluator",
            "fsim.interfaces.evaluator:Evaluator",
            "fsim.testing.evaluator_contract:EvaluatorContract",
            slots=(Slot(("evaluation", "evaluators"), is_list=True),),
            injects=frozenset({"seed"}),
            trial_values=trial_values.seed,
        ),
        Kind(
            "index",
            "fsim.interfaces.index:Index",
            "fsim.testing.index_contract:IndexContract",
            injects=frozenset({"seed", "threads"}),
            trial_values=trial_values.seed,
            within={"threads": 1},
        ),
        Kind(
            "projection",
            "fsim.interfaces.projection:Projection",
            "fsim.testing.projection_contract:ProjectionContract",
            slots=(Slot(("evaluation", "projections"), is_list=True),),
            settings="fsim.plugin.settings:ProjectionSettings",
            injects=frozenset({"seed"}),
            trial_values=trial_values.seed,
        ),
        Kind(
            "optimizer",
            "fsim.interfaces.optimizer:Optimizer",
            "fsim.testing.optimizer_contract:OptimizerContract",
            slots=(Slot(("train", "optimizer")),),
            injects=frozenset({"params"}),
            trial_values=trial_values.optimizer,
        ),
        Kind(
            "scheduler",
            "fsim.interfaces.optimizer:Scheduler",
            "fsim.testing.scheduler_contract:SchedulerContract",
            slots=(Slot(("train", "scheduler")),),
            injects=frozenset({"optimizer", "total_steps", "steps_per_epoch"}),
            trial_values=trial_values.scheduler,
        ),
        Kind(
            "tracker",
            "fsim.interfaces.tracker:Tracker",
            "fsim.testing.tracker_contract:TrackerContract",
            slots=(Slot(("trackers",), is_list=True),),
            injects=frozenset({"folder"}),
        ),
        Kind("layout", "fsim.interfaces.layout:Layout", "fsim.testing.layout_contract:LayoutContract"),
        Kind("download", "fsim.interfaces.download:Download", "fsim.testing.download_contract:DownloadContract"),
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


def slots() -> list[tuple[Slot, Kind]]:
    """Return every place of components in a recipe, with the kind that stands there."""
    return [(slot, kind) for kind in KINDS.values() for slot in kind.slots]


def imported(target: str) -> Any:
    """Import the object that `module:object` names."""
    module, _, attributes = target.partition(":")
    found: Any = import_module(module)
    for attribute in filter(None, attributes.split(".")):
        found = getattr(found, attribute)
    return found

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import Annotated, Any

import pytest
import torch
from pydantic import Field, ValidationError
from torch import nn

from fsim import interfaces
from fsim.errors import FsimError
from fsim.plugin.build import CheckedComponent, build
from fsim.plugin.interface_check import class_member, complete, optional_members, required_members
from fsim.plugin.kinds import KINDS
from fsim.plugin.parameters import parameter_model


def checked(kind: str, component: Any, **parameters: Any) -> CheckedComponent:
    return CheckedComponent(kind, "mine", component, parameter_model(kind, component).model_validate(parameters))


class Numbers:
    """A tracker that shows no images."""

    def __init__(self, folder: Path, every: Annotated[int, Field(ge=1)] = 10, name: str = "numbers") -> None:
        self.folder, self.every, self.name = folder, every, name

    def log(self, step: int, values: Any) -> None: ...

    def close(self) -> None: ...


def test_a_component_is_given_its_settings_and_what_it_asks_for() -> None:
    part = checked("tracker", Numbers, every=3)
    tracker = part.build(folder=Path("runs"), seed=7)
    assert (tracker.folder, tracker.every, tracker.name) == (Path("runs"), 3, "numbers")


def test_an_optional_member_has_the_default_of_the_interface() -> None:
    tracker = checked("tracker", Numbers).build(folder=Path("runs"))
    assert tracker.max_images == interfaces.Tracker.max_images == 0
    assert tracker.show(1, None) is None
    assert isinstance(tracker, interfaces.Tracker)


def test_a_value_is_the_validated_one_and_may_be_replaced() -> None:
    part = checked("optimizer", torch.optim.AdamW, betas=(0.5, 0.9))
    assert part.value("lr") == 1e-3  # a default counts
    assert part.value("betas") == (0.5, 0.9)
    assert part.value("momentum") is None
    other = part.with_values(lr=0.5)
    assert (other.value("lr"), other.value("betas"), part.value("lr")) == (0.5, (0.5, 0.9), 1e-3)
    for wrong in ({"lr": "fast"}, {"momentum": 0.9}):
        with pytest.raises(ValidationError):
            part.with_values(**wrong)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_checked_when_it_is_built(kind: str) -> None:
    class Empty: ...

    required = required_members(KINDS[kind].interface_class)
    assert required
    with pytest.raises(FsimError, match=rf"{kind} 'mine' does not fit fsim.interfaces.\w+: it lacks "):
        CheckedComponent(kind, "mine", lambda: Empty(), parameter_model(kind, Empty)()).build()


def test_a_component_that_refuses_its_parameters_says_which() -> None:
    def refuses(every: int = 1) -> Numbers:
        raise ValueError("every is odd")

    with pytest.raises(FsimError, match="tracker 'mine' refuses its parameters: every is odd; see: fsim describe"):
        checked("tracker", refuses).build()


def test_a_component_that_takes_no_attributes_is_named() -> None:
    class Slots:
        __slots__ = ()

        def log(self, step: int, values: Any) -> None: ...

        def close(self) -> None: ...

    with pytest.raises(FsimError, match=r"lacks max_images of fsim\.interfaces\.Tracker, and takes no attributes"):
        complete("tracker", "mine", Slots())


def test_members_of_a_loss_that_is_completed_survive_a_copy() -> None:
    import copy

    class Mean(nn.Module):
        def forward(self, embedding: torch.Tensor) -> torch.Tensor:
            return embedding.mean()

    loss = checked("loss", Mean).build()
    assert copy.deepcopy(loss).active_negatives(embedding=torch.ones(1)) is None
    assert not loss.state_dict()


def test_an_abstract_method_of_a_base_class_is_no_member() -> None:
    class Half(interfaces.Projection):
        @abstractmethod
        def other(self) -> None: ...

    from fsim.plugin.registry import check

    with pytest.raises(FsimError, match="it lacks __call__"):
        check("projection", "half", Half)


def test_an_optional_member_of_a_class_has_the_default_too() -> None:
    assert class_member("index", Numbers, "trials")(10, 1) == [interfaces.Trial({})]
    assert set(optional_members(interfaces.Evaluator)) == {"needs", "timings", "cost"}


def test_a_component_without_a_recipe_is_built_by_name() -> None:
    assert build("index", "exact", {}, seed=0, threads=1).search is not None
    with pytest.raises(FsimError, match="index annoy refuses its parameters"):
        build("index", "annoy", {"trees": 0})
    with pytest.raises(FsimError, match="there is no index 'anoy'"):
        build("index", "anoy", {})

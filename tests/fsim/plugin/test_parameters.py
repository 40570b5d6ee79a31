from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import pytest
import torch
from pydantic import Field, ValidationError

from fsim.plugin.parameters import UnfitSignatureError, arguments, injected_names, needs, parameter_model

if TYPE_CHECKING:
    from decimal import Decimal


class Example:
    """A component with every sort of parameter."""

    def __init__(
        self,
        in_features: int,
        size: Annotated[int, Field(ge=1)],
        rate: float = 0.5,
        mode: Literal["a", "b"] = "a",
        path: Path | None = None,
        pair: tuple[float, float] = (0.0, 1.0),
        json: str = "named as a method of pydantic",
        learned: float | torch.Tensor = 1.0,
        odd: Decimal | None = None,
    ) -> None:
        self.given = dict(vars(), self=None)


def _valid(json: str) -> dict[str, object]:
    return arguments(parameter_model("head", Example).model_validate_json(json))


def test_the_signature_is_the_schema() -> None:
    assert _valid('{"size": 3, "path": "x/y", "pair": [1, 2]}') == {
        "size": 3,
        "rate": 0.5,
        "mode": "a",
        "path": Path("x/y"),
        "pair": (1.0, 2.0),
        "json": "named as a method of pydantic",
        "learned": 1.0,
    }


@pytest.mark.parametrize(
    "json",
    [
        "{}",
        '{"size": 0}',
        '{"size": 1.0}',
        '{"size": "1"}',
        '{"size": true}',
        '{"size": 1, "rate": "0.5"}',
        '{"size": 1, "mode": "c"}',
        '{"size": 1, "extra": 1}',
        '{"size": 1, "pair": [1]}',
        '{"size": 1, "in_features": 3}',
        '{"size": 1, "odd": 3}',
    ],
)
def test_nothing_is_coerced_and_unknown_keys_are_errors(json: str) -> None:
    with pytest.raises(ValidationError):
        _valid(json)


def test_run_time_values_are_injected_by_name() -> None:
    assert injected_names("head", Example) == {"in_features"}


def test_a_required_parameter_that_nobody_can_give_is_told() -> None:
    def unfit(network: torch.nn.Module) -> None: ...

    with pytest.raises(UnfitSignatureError, match="needs 'network'"):
        parameter_model("head", unfit)


def test_constructors_that_are_not_ours_fit() -> None:
    adamw = parameter_model("optimizer", torch.optim.AdamW)
    assert arguments(adamw.model_validate_json('{"lr": 1e-3, "betas": [0.5, 0.9]}'))["betas"] == (0.5, 0.9)
    one_cycle = parameter_model("scheduler", torch.optim.lr_scheduler.OneCycleLR)
    assert {"max_lr"} == set(one_cycle.model_json_schema()["required"])


def test_a_class_without_constructor_has_no_parameters() -> None:
    class Bare: ...

    assert arguments(parameter_model("dataset", Bare).model_validate_json("{}")) == {}


def test_needs_are_the_required_parameters_of_forward() -> None:
    class Loss(torch.nn.Module):
        def forward(self, embedding: torch.Tensor, labels: torch.Tensor, extra: int = 3) -> torch.Tensor: ...

    assert needs(Loss) == {"embedding", "labels"}

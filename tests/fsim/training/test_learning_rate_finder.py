from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from fsim.errors import FsimError
from fsim.plugin.registry import register, unregister
from fsim.recipe.validate import check_recipe
from fsim.runtime.display import Display
from fsim.runtime.machine import prepare_machine
from fsim.training.build import Training, build_training
from fsim.training.learning_rate_finder import RateCurve, find_learning_rate, reject_range

FP32 = prepare_machine("fp32")


class Tiny(nn.Module):
    out_features = 8

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 8, 5, stride=4), nn.BatchNorm2d(8), nn.ReLU(), nn.AdaptiveAvgPool2d(1))

    def forward(self, images: Tensor) -> Tensor:
        return self.body(images).flatten(1)


class NotANumber(nn.Module):
    def forward(self, embedding: Tensor) -> Tensor:
        return embedding.sum() * float("nan")


@pytest.fixture(autouse=True)
def components() -> Iterator[None]:
    register("backbone", "tiny")(Tiny)
    register("loss", "not_a_number")(NotANumber)
    yield
    unregister("backbone", "tiny")
    unregister("loss", "not_a_number")


def training(recipe: Path, start: float, *overrides: str) -> Training:
    given = ["model.backbone={name: tiny}", "train.optimizer={name: sgd}", f"train.optimizer.lr={start}"]
    with Display() as display:
        return build_training(check_recipe(recipe, ["train.precision=fp32", *given, *overrides]), FP32, display)


def found(of: Training, start: float, end: float, steps: int = 30) -> RateCurve:
    return find_learning_rate(of, start, end, steps, lambda done, total: None)


def test_each_step_has_its_rate_and_each_part_its_share(small_recipe: Path) -> None:
    shares = "train.learning_rates={backbone: 0.1, head.embed: 0.0}"
    of = training(small_recipe, 1e-4, shares, "data.workers=2")
    weights = {name: value.clone() for name, value in of.state.network.state_dict().items()}
    used: list[list[float]] = []
    of.state.optimizer.register_step_pre_hook(
        lambda optimizer, given, named: used.append([group["lr"] for group in optimizer.param_groups])
    )
    curve = found(of, 1e-4, 1e-1)
    assert len(curve.rates) == len(curve.losses) == len(used) == 30
    assert curve.rates == sorted(curve.rates) and curve.rates[0] < 2e-4 and 5e-2 < curve.rates[-1] <= 0.1
    for rate, of_groups in zip(curve.rates, used, strict=True):
        assert sorted(of_groups) == pytest.approx([rate * 0.1, rate])
    assert curve.suggestion in curve.rates
    for name, value in of.state.network.state_dict().items():
        assert torch.equal(value, weights[name]), name


@pytest.mark.filterwarnings("error")
def test_a_loss_that_diverges_ends_the_search(small_recipe: Path) -> None:
    curve = found(training(small_recipe, 1e-4), 1e-4, 1e9, 60)
    assert curve.diverged and len(curve.rates) < 60
    assert curve.suggestion < curve.rates[-1]
    falling = found(training(small_recipe, 1e-6), 1e-6, 1e-2)
    assert not falling.diverged and falling.still_falls and not curve.still_falls


def test_where_no_curve_comes_the_reason_is_told(small_recipe: Path) -> None:
    with pytest.raises(FsimError, match=r"the loss was lowest at step .* give a smaller --start, or more --steps"):
        found(training(small_recipe, 1e5), 1e5, 1e9)
    of = training(small_recipe, 1e-4, "losses=[{name: not_a_number}]")
    with pytest.raises(FsimError, match="the loss is nan at epoch 1, step 1, with the first weights already"):
        found(of, 1e-4, 1e-1)


def test_a_network_of_which_no_part_learns_is_told(small_recipe: Path) -> None:
    of = training(small_recipe, 1e-4, "train.learning_rates={backbone: 0, head: 0}")
    with pytest.raises(FsimError, match=r"train\.learning_rates gives each part a share of 0"):
        found(of, 1e-4, 1e-1)


@pytest.mark.parametrize(
    ("start", "end", "steps", "told"),
    [
        (1e-2, 1e-3, 100, "the start below the end"),
        (0.0, 1.0, 100, "rates above 0"),
        (float("nan"), 1.0, 100, "rates above 0"),
        (1e-6, float("inf"), 100, "rates above 0"),
        (1e-6, 1.0, 1, "give 10 or more"),
    ],
)
def test_ranges_that_give_no_curve_are_refused(start: float, end: float, steps: int, told: str) -> None:
    with pytest.raises(FsimError, match=told):
        reject_range(start, end, steps)

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsim.errors import FsimError
from fsim.recipe.document import parse
from fsim.recipe.expectation import Expectation, compare_with_expectations, reject_unmet
from fsim.recipe.mistake import RecipeError
from fsim.recipe.validate import check_document

RECIPE = """\
name: expects
data: {dataset: {name: garments}}
model: {backbone: {name: resnet18}, head: {name: cat}}
sampler: {name: shuffled, batch_size: 4}
losses: [{name: cross_entropy}]
evaluation:
  evaluators: [{name: exact, k: [1]}, {name: annoy, k: [1]}]
  expect:
"""


@pytest.mark.parametrize(
    ("text", "within", "outside"),
    [
        ("0.85 +- 0.02", (0.83, 0.85, 0.87), (0.8299, 0.8701)),
        ("0.85 ± 0.02", (0.83, 0.87), (0.82,)),
        (" -1+-.5 ", (-1.5, -0.5), (0.0,)),
        ("1e-3±1e-4", (0.0009, 0.0011), (0.00111,)),
        (">= 0.8", (0.8, 1.0), (0.79,)),
        ("<=0.1", (0.1, -3.0), (0.11,)),
    ],
)
def test_it_is_read_as_people_write_it(text: str, within: tuple[float, ...], outside: tuple[float, ...]) -> None:
    expectation = Expectation.of(text)
    assert all(map(expectation.holds, within))
    assert not any(map(expectation.holds, (*outside, math.nan, None)))


@given(st.integers(-999, 999), st.integers(0, 999), st.integers(-3000, 3000))
def test_the_ends_are_within_whatever_the_decimals(value: int, off: int, measured: int) -> None:
    """Against whole thousandths."""
    expectation = Expectation.of(f"{value / 1000:.3f} +- {off / 1000:.3f}")
    assert expectation.holds(measured / 1000) == (abs(measured - value) <= off)


@pytest.mark.parametrize(
    "text", ["0.85", "0.85 +-", "0.85 +- -0.02", "> 0.8", "0.8 - 0.9", "nan +- 1", "1e999 +- 1", 0.85]
)
def test_what_it_cannot_read_is_told(text: object) -> None:
    with pytest.raises(ValueError, match=r"such as 0\.85 \+- 0\.02"):
        Expectation.of(text)


def test_mistakes_are_told_with_their_place() -> None:
    wrong = "    exact/recal@1: 0.8 +- 0.1\n    exact/map@r: 0.8\n    annoy/build_seconds: <= 3\n"
    with pytest.raises(RecipeError) as raised:
        check_document(parse(RECIPE + wrong, "r.yaml"))
    told = {mistake.where: mistake.message for mistake in raised.value.mistakes}
    assert set(told) == {"r.yaml:9:5", "r.yaml:10:5", "r.yaml:11:5"}
    assert "did you mean 'exact/recall@1'" in told["r.yaml:9:5"]
    assert told["r.yaml:10:5"].endswith("not 0.8")
    assert "no evaluator measures 'annoy/build_seconds'" in told["r.yaml:11:5"]  # it doesn't repeat


def test_a_run_outside_is_told_with_each_metric() -> None:
    expect = {"exact/recall@1": "0.8 +- 0.1", "exact/map@r": ">= 0.5", "exact/mrr": "<= 1"}
    expected = compare_with_expectations(expect, {"exact/recall@1": 0.85, "exact/map@r": 0.25, "exact/mrr": None})
    assert [one.met for one in expected] == [True, False, False]
    with pytest.raises(FsimError) as raised:
        reject_unmet(expected, Path("runs/x"))
    assert str(raised.value).splitlines()[:3] == [
        "2 of 3 expectations not met:",
        "  exact/map@r is 0.25, expected >= 0.5",
        "  exact/mrr is not a number, expected <= 1",
    ]
    assert "runs/x" in str(raised.value)
    reject_unmet(expected[:1], Path("runs/x"))
    assert compare_with_expectations(None, {}) == []

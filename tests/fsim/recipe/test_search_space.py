"""What a recipe may search."""

from __future__ import annotations

from typing import Any

import optuna
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from fsim.recipe.search_space import SearchedValue
from fsim.tuning.claim import suggest

optuna.logging.set_verbosity(optuna.logging.ERROR)


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({}, "needs low and high, or choices"),
        ({"low": 1.0}, "needs low and high"),
        ({"low": 2, "high": 2}, "no values between low 2 and high 2"),
        ({"low": 0.0, "high": 1.0, "log": True}, "whose low must be above 0"),
        ({"low": 1, "high": 9, "log": True, "step": 2}, "do not go together"),
        ({"low": 1, "high": 9, "step": 9}, "does not come to high 9 by steps of 9 from low 1"),
        ({"low": 0.0, "high": 1.0, "step": 0.3}, "does not come to high 1.0"),
        ({"low": 1, "high": 9, "step": 0}, "greater than 0"),
        ({"choices": []}, "at least 1 item"),
        ({"choices": [1, 2], "low": 1}, "keep one of both"),
        ({"choices": [{"name": "a"}, {"name": "a"}]}, "a choice twice"),
        ({"choices": [1], "when": "x"}, "valid dictionary"),
    ],
)
def test_mistakes(entry: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        SearchedValue.model_validate(entry)


def test_integers_are_integers_and_reals_are_reals() -> None:
    assert SearchedValue(low=1, high=20).is_integer
    assert not SearchedValue(low=1, high=20.5).is_integer
    assert not SearchedValue(low=1, high=20, step=0.5).is_integer


@pytest.mark.parametrize(
    ("entry", "inside", "outside"),
    [
        ({"low": 1, "high": 5}, [1, 5, 3.0], [0, 6, 2.5, True, "3", None]),
        ({"low": 8, "high": 32, "step": 8}, [8, 16, 32], [9, 40]),
        ({"low": 0.1, "high": 0.5, "step": 0.1}, [0.1, 0.3, 0.1 + 0.1 + 0.1, 0.5], [0.25]),
        ({"low": 1e-4, "high": 1e-2, "log": True}, [1e-4, 1e-3], [1e-5, 1]),
        ({"choices": [None, 1.5, "a"]}, [None, 1.5, "a"], [0, "b"]),
        ({"choices": [{"name": "a", "x": 1}]}, [{"name": "a", "x": 1}], [{"name": "a"}, "a"]),
    ],
)
def test_what_is_among_them(entry: dict[str, Any], inside: list[Any], outside: list[Any]) -> None:
    searched = SearchedValue.model_validate(entry)
    assert [value for value in inside if not searched.holds(value)] == []
    assert [value for value in outside if searched.holds(value)] == []


ENTRIES = st.one_of(
    st.tuples(st.integers(1, 20), st.integers(1, 20), st.booleans()).map(
        lambda x: {"low": x[0], "high": x[0] + x[1], "log": x[2]}
    ),
    st.tuples(st.integers(-9, 9), st.integers(1, 9), st.sampled_from([1, 3, 0.1, 0.25])).map(
        lambda x: {"low": x[0], "high": round(x[0] + x[1] * x[2], 9), "step": x[2]}
    ),
    st.tuples(st.floats(1e-6, 10), st.floats(0.01, 10), st.booleans()).map(
        lambda x: {"low": x[0], "high": x[0] + x[1], "log": x[2]}
    ),
    st.lists(
        st.sampled_from([1, 2.5, "a", None, {"name": "b", "x": [1, 2]}]), min_size=1, max_size=4, unique_by=str
    ).map(lambda x: {"choices": x}),
)


@given(ENTRIES)
def test_what_is_chosen_is_among_them(entry: dict[str, Any]) -> None:
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(0))
    searched = SearchedValue.model_validate(entry)
    values = [suggest(study.ask(), {"path": searched})["path"] for _ in range(3)]
    assert [value for value in values if not searched.holds(value)] == []
    if "choices" in entry:
        assert all(any(value is one or value == one for one in entry["choices"]) for value in values)


def test_what_depends_on_another_choice_is_searched_with_it_alone() -> None:
    search = {
        "head": SearchedValue(choices=["a", "b", "c"]),
        "scale": SearchedValue(low=1.0, high=2.0, when={"head": ["a", "b"]}),
        "deep": SearchedValue(low=1.0, high=2.0, when={"head": "a", "other": 1}),
    }
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(0))
    seen = [suggest(study.ask(), search) for _ in range(30)]
    assert {one["head"] for one in seen} == {"a", "b", "c"}
    assert all(("scale" in one) == (one["head"] in "ab") for one in seen)
    assert not any("deep" in one for one in seen)

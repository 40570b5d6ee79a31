from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fsim.errors import FsimError
from fsim.functional.labels.attribute_labels import AttributeLabels
from fsim.interfaces import Embedded, Evaluator, RetrievalTask
from fsim.testing.evaluator_contract import EvaluatorContract
from fsim_plugins.evaluators.attributes import Attributes

TYPES = ["texture", "shape", "texture", "texture", "shape", "style"]


class TestContract(EvaluatorContract):
    def make(self, seed: int) -> Evaluator:
        return Attributes(k=(1, 2), types=["texture", "fabric"])


def task(logits: Any, values: Any, types: list[str] = TYPES) -> RetrievalTask:
    values = np.asarray(values, np.int8)
    labels = AttributeLabels([f"a{number}" for number in range(len(types))], types, values)
    nothing = torch.zeros(len(values), 2), torch.zeros(len(values)).long(), torch.zeros(len(values)).long()
    images = Embedded(*nothing, [""] * len(values), attribute_logits=torch.as_tensor(logits).float(), attributes=labels)
    return RetrievalTask(images, images, "item", "cosine")


def slow_recall(logits: list[list[float]], values: list[list[int]], groups: list[list[int]], k: int) -> Any:
    """Hits and positives of each attribute, image by image and group by group."""
    hits, positives = [0] * len(values[0]), [0] * len(values[0])
    for scores, labels in zip(logits, values, strict=True):
        for group in groups:
            ranked = sorted((one for one in group if labels[one]), key=lambda one: (-scores[one], one))
            for one in group:
                positives[one] += labels[one] == 1
                hits[one] += labels[one] == 1 and one in ranked[:k]
    return hits, positives


def share(hits: list[int], positives: list[int]) -> float:
    return sum(hits) / sum(positives) if sum(positives) else math.nan


rows = st.lists(
    st.tuples(
        st.lists(st.integers(-2, 2), min_size=6, max_size=6), st.lists(st.integers(-1, 1), min_size=6, max_size=6)
    ),
    min_size=1,
    max_size=12,
)


@settings(deadline=None, max_examples=60)
@given(rows)
def test_recall_equals_walking_down_the_attributes_of_each_image(images: list[tuple[list[int], list[int]]]) -> None:
    logits, values = [list(map(float, row)) for row, _ in images], [row for _, row in images]
    measures = Attributes(k=(1, 2, 5), types=["texture", "shape", "style"])(task(logits, values))
    groups = {one: [column for column in range(6) if TYPES[column] == one] for one in ("texture", "shape", "style")}
    for k in (1, 2, 5):
        hits, positives = slow_recall(logits, values, list(groups.values()), k)
        expected = {f"recall@{k}": share(hits, positives)}
        of_each = [hit / number for hit, number in zip(hits, positives, strict=True) if number]
        expected[f"macro_recall@{k}"] = float(np.mean(of_each)) if of_each else math.nan
        expected[f"untyped_recall@{k}"] = share(*slow_recall(logits, values, [list(range(6))], k))
        for one, group in groups.items():
            expected[f"{one}/recall@{k}"] = share(*slow_recall(logits, values, [group], k))
        assert {name: measures[name] for name in expected} == pytest.approx(expected, nan_ok=True)
    assert measures["num_attributes"] == len({column for row in values for column in range(6) if row[column] == 1})


@pytest.mark.parametrize("grid", [1, 3, 1000])
def test_map_is_the_mean_of_those_of_scikit_learn(grid: int) -> None:
    from sklearn.metrics import average_precision_score

    rng = np.random.default_rng(grid)
    logits, values = rng.integers(0, grid, (80, 6)) / 7, rng.integers(-1, 2, (80, 6))
    values[:, 2] = -np.abs(values[:, 2])  # nobody has it: it is left out
    expected = []
    for column in (0, 1, 3, 4, 5):
        known = values[:, column] != 0
        expected.append(average_precision_score(values[known, column] == 1, logits[known, column]))
    measures = Attributes()(task(logits, values))
    assert measures["map"] == pytest.approx(np.mean(expected), rel=1e-9)
    assert measures["num_attributes"] == 5


def test_an_oracle_finds_all_and_one_that_is_always_wrong_nothing() -> None:
    values = np.where(np.eye(6)[np.arange(30) % 6] > 0, 1, -1)
    right = Attributes(k=(1,))(task(values, values, ["one"] * 6))
    assert [right[name] for name in ("recall@1", "untyped_recall@1", "macro_recall@1", "map")] == [1, 1, 1, 1]
    assert Attributes(k=(1,))(task(-values, values, ["one"] * 6))["recall@1"] == 0


def test_nothing_known_is_nan() -> None:
    measures = Attributes(types=["texture"])(task(np.zeros((3, 6)), np.zeros((3, 6))))
    assert measures.pop("num_attributes") == 0
    assert all(math.isnan(value) for value in measures.values())


def test_a_type_that_is_not_there_is_named_with_the_nearest() -> None:
    with pytest.raises(FsimError, match=r"no attribute has the type 'textur'.*texture"):
        Attributes(types=["textur"])(task(np.zeros((3, 6)), np.ones((3, 6))))


def test_a_type_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="each type once"):
        Attributes(types=["texture", "texture"])


def test_logits_that_are_not_finite_are_counted() -> None:
    logits = np.zeros((3, 6))
    logits[1, 2] = math.nan
    with pytest.raises(FsimError, match="attribute logits of 1 of 3 images are NaN"):
        Attributes()(task(logits, np.ones((3, 6))))

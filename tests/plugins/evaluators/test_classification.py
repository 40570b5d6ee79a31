from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score, top_k_accuracy_score

from fsim.errors import FsimError
from fsim.interfaces import Embedded, Evaluator, RetrievalTask
from fsim.testing.evaluator_contract import EvaluatorContract
from fsim_plugins.evaluators.classification import Classification


class TestContract(EvaluatorContract):
    def make(self, seed: int) -> Evaluator:
        return Classification()


def task(logits: object, categories: list[int]) -> RetrievalTask:
    nothing = torch.zeros(len(categories), 2)
    scores = torch.as_tensor(np.asarray(logits, np.float32))
    images = Embedded(nothing, torch.tensor(categories), torch.tensor(categories), [""] * len(categories), scores)
    return RetrievalTask(images, images, "category", "cosine")


def test_equals_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    logits, categories = rng.normal(size=(200, 7)), rng.integers(0, 7, 200)
    measures = Classification((1, 3, 5))(task(logits, categories.tolist()))
    for k in (1, 3, 5):
        assert measures[f"accuracy@{k}"] == pytest.approx(top_k_accuracy_score(categories, logits, k=k))
    assert measures["macro_accuracy@1"] == pytest.approx(balanced_accuracy_score(categories, logits.argmax(1)))


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.tuples(st.lists(st.integers(0, 2), min_size=4, max_size=4), st.integers(-1, 3)), min_size=1, max_size=9)
)
def test_equals_sorting_each_image(images: list[tuple[list[int], int]]) -> None:
    measures = Classification((1, 2, 4))(task([row for row, _ in images], [category for _, category in images]))
    for k in (1, 2, 4):
        hits: dict[int, list[bool]] = {}
        for row, category in images:
            if category >= 0:
                ranked = sorted(range(4), key=lambda one, row=row: (-row[one], one))
                hits.setdefault(category, []).append(category in ranked[:k])
        every = [hit for some in hits.values() for hit in some]
        assert measures[f"accuracy@{k}"] == pytest.approx(np.mean(every) if every else math.nan, nan_ok=True)
        means = [np.mean(some) for some in hits.values()]
        assert measures[f"macro_accuracy@{k}"] == pytest.approx(np.mean(means) if means else math.nan, nan_ok=True)
        assert measures["num_images"] == len(every)


def test_logits_that_are_not_finite_are_counted() -> None:
    with pytest.raises(FsimError, match="logits of 1 of 2 images are NaN"):
        Classification()(task([[0.0, math.nan], [0.0, 1.0]], [0, 1]))

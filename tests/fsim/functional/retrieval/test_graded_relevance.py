from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score

from fsim.functional.labels.attribute_labels import AttributeLabels
from fsim.functional.retrieval import graded_relevance as module
from fsim.functional.retrieval.graded_relevance import GradedRelevance, ndcg
from fsim.interfaces import Embedded

THRESHOLDS = [None, 0.3, 0.5, 0.6, 1.0]
image = st.tuples(st.integers(-1, 2), st.integers(-1, 2), st.lists(st.integers(-1, 1), min_size=5, max_size=5))
split = st.lists(image, min_size=1, max_size=12)


def embedded(images: list[Any]) -> Embedded:
    categories, items, values = zip(*images, strict=True)
    labels = AttributeLabels([*"abcde"], ["one"] * 5, np.array(values, np.int8))
    return Embedded(
        torch.zeros(len(images), 1),
        torch.tensor(categories),
        torch.tensor(items),
        [""] * len(images),
        None,
        None,
        labels,
    )


def slow_grade(one: Any, other: Any, threshold: float | None) -> int:
    (category, item, values), (its_category, its_item, its_values) = one, other
    if item >= 0 and item == its_item:
        return 3
    if category < 0 or category != its_category:
        return 0
    known = [pair for pair in zip(values, its_values, strict=True) if 0 not in pair]
    shared, either = sum(pair == (1, 1) for pair in known), sum(1 in pair for pair in known)
    if threshold is None or not either:
        return 1
    return 2 if Fraction(shared, either) >= Fraction(str(threshold)) else 1


@settings(deadline=None, max_examples=100)
@given(split, st.none() | split, st.sampled_from(THRESHOLDS), st.sampled_from([1, 2**21]), st.booleans())
def test_grades_and_their_counts_equal_a_double_loop(
    query: list[Any], gallery: list[Any] | None, threshold: float | None, cells: int, with_junk: bool
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "CELLS_IN_MEMORY", cells)  # the smallest blocks, and the largest
        others = None if gallery is None else embedded(gallery)
        relevance = GradedRelevance(embedded(query), others, threshold, "item" if with_junk else None)
        answers = query if gallery is None else gallery
        grades = [[slow_grade(one, other, threshold) for other in answers] for one in query]
        index = torch.arange(-1, len(answers)).repeat(len(query), 1)  # [Q, G + 1], the first is none
        assert relevance.of_answers(index).tolist() == [[0, *row] for row in grades]
        if gallery is None:
            grades = [row[:place] + row[place + 1 :] for place, row in enumerate(grades)]
        counts = [[row.count(grade) for grade in (1, 2, 3)] for row in grades]
        assert relevance.counts().tolist() == [[*row[:2], 0] if with_junk else row for row in counts]


@pytest.mark.parametrize("depth", [1, 4, 10, 50])
def test_ndcg_equals_that_of_scikit_learn(depth: int) -> None:
    rng = np.random.default_rng(depth)
    grades = rng.choice(4, (30, 25), p=[0.7, 0.2, 0.05, 0.05])
    grades[:, 0] = 1  # nobody has none
    scores = -np.arange(25.0)
    counts = np.stack([(grades == grade).sum(1) for grade in (1, 2, 3)], axis=1)
    found = ndcg(torch.from_numpy(grades)[:, :depth], torch.from_numpy(counts), depth)
    for row, value in zip(grades, found.tolist(), strict=True):
        assert value == pytest.approx(ndcg_score([2.0**row - 1], [scores], k=depth), rel=1e-12)


def test_the_best_ranking_has_1_and_no_relevant_image_nan() -> None:
    grades, counts = torch.tensor([[3, 2, 1, 1, 0], [0, 0, 0, 0, 0]]), torch.tensor([[2, 1, 1], [0, 0, 0]])
    for depth in (1, 3, 5, 9):
        best, none = ndcg(grades, counts, depth).tolist()
        assert best == pytest.approx(1) and math.isnan(none)


def test_a_wrong_order_costs_what_the_formula_says() -> None:
    value = ndcg(torch.tensor([[0, 3, 1]]), torch.tensor([[1, 0, 1]]), 3).item()
    assert value == pytest.approx((7 / math.log2(3) + 1 / 2) / (7 + 1 / math.log2(3)))

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fsim.functional.labels.subsets import comparable, labelled, stratified_subset
from fsim.interfaces import RetrievalTask
from fsim.testing.evaluator_contract import embedded


@settings(deadline=None)
@given(st.lists(st.integers(0, 3), min_size=1, max_size=200), st.integers(40, 80), st.integers(0, 9))
def test_every_label_keeps_its_share(labels: list[int], size: int, seed: int) -> None:
    rows = stratified_subset(np.array(labels), size, np.random.default_rng(seed))
    assert rows.tolist() == sorted(set(rows.tolist()))
    assert len(rows) == min(size, len(labels))
    whole, kept = Counter(labels), Counter(np.array(labels)[rows].tolist())
    for label, count in whole.items():
        assert abs(kept[label] - count * len(rows) / len(labels)) < 1 + 1e-9


def test_whole_labels_where_there_are_many() -> None:
    labels = np.random.default_rng(0).permutation(np.repeat(np.arange(500), 4))
    rows = stratified_subset(labels, 100, np.random.default_rng(0))
    assert len(rows) == 100
    assert Counter(labels[rows].tolist()) == dict.fromkeys(set(labels[rows].tolist()), 4)


def test_one_label_does_not_fill_the_subset() -> None:
    labels = np.r_[np.zeros(5000, int), np.arange(1, 400)]
    for seed in range(20):
        rows = stratified_subset(labels, 100, np.random.default_rng(seed))
        assert len(rows) == 100
        assert (labels[rows] == 0).sum() <= 10


def test_all_images_where_there_are_no_more() -> None:
    assert stratified_subset(np.array([5, 5, 7]), 3, np.random.default_rng(0)).tolist() == [0, 1, 2]
    assert stratified_subset(np.zeros(0, int), 3, np.random.default_rng(0)).tolist() == []


def test_draws_differ_and_repeat() -> None:
    labels = np.arange(300) % 3
    one, other, again = (stratified_subset(labels, 50, np.random.default_rng(seed)).tolist() for seed in (0, 1, 0))
    assert one == again != other


def test_cosine_compares_directions() -> None:
    images = embedded(np.array([[3.0, 4], [0, 0], [0, 2]]), [0, 1, -1], [4, -1, 4])
    task = RetrievalTask(images, images, "category", "cosine")
    torch.testing.assert_close(comparable(task), torch.tensor([[0.6, 0.8], [0, 0], [0, 1]]))
    assert comparable(RetrievalTask(images, images, "category", "euclidean")) is images.embedding


@pytest.mark.parametrize(("relevant", "rows", "labels"), [("category", [0, 1], [0, 1]), ("item", [0, 2], [0, 0])])
def test_images_of_unknown_label_are_left_out(relevant: str, rows: list[int], labels: list[int]) -> None:
    images = embedded(np.arange(6.0).reshape(3, 2), [3, 8, -1], [4, -1, 4])
    points, numbers = labelled(RetrievalTask(images, images, relevant, "euclidean"))
    torch.testing.assert_close(points, images.embedding[rows])
    assert numbers.tolist() == labels

from __future__ import annotations

from typing import get_args

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from fsim.functional.retrieval.relevant_ranks import NOWHERE, num_relevant, ranks_in_answers, ranks_in_gallery
from fsim.functional.retrieval.topk import topk
from fsim.interfaces import Distance, JunkLabels


def slow_ranks(
    query: Tensor, gallery: Tensor | None, asked: list[int], answering: list[int], junk: JunkLabels | None = None
) -> list[list[int]]:
    """Euclidean, by sorting the whole gallery by (distance, index) for each query."""
    ranks = []
    for number, one in enumerate(query.double()):
        others = (query if gallery is None else gallery).double()
        distance = (others - one).square().sum(1).tolist()
        order = sorted(range(len(others)), key=lambda index, distance=distance: (distance[index], index))
        if gallery is None:
            order.remove(number)
        if junk is not None and junk.query[number] >= 0:
            order = [index for index in order if junk.gallery[index] != junk.query[number]]
        labels = [answering[index] for index in order]
        ranks.append([rank + 1 for rank, label in enumerate(labels) if label == asked[number] != -1])
    return ranks


def found(
    query: Tensor, gallery: Tensor | None, asked: Tensor, answering: Tensor, junk: JunkLabels | None = None
) -> list[list[int]]:
    lists: list[list[int]] = []
    for rows, ranks in ranks_in_gallery(query, gallery, asked, answering, "euclidean", junk):
        assert rows.start == len(lists) and rows.stop - rows.start == len(ranks)
        lists += [[rank for rank in row if rank != NOWHERE] for row in ranks.tolist()]
    return lists


points = st.lists(st.tuples(*[st.integers(-2, 2)] * 2, *[st.integers(-1, 2)] * 2), max_size=40)


@settings(deadline=None, max_examples=80)
@given(points, st.none() | points, st.booleans())
def test_ranks_equal_sorting_everything(
    query: list[tuple[int, ...]], gallery: list[tuple[int, ...]] | None, with_junk: bool
) -> None:
    both = [torch.tensor(one, dtype=torch.int64).view(-1, 4) for one in (query, query if gallery is None else gallery)]
    (asked_points, asked), (points, labels) = ((one[:, :2].float(), one[:, 2]) for one in both)
    others = None if gallery is None else points
    junk = JunkLabels(both[0][:, 3], both[1][:, 3]) if with_junk else None
    expected = slow_ranks(asked_points, others, asked.tolist(), labels.tolist(), junk)
    assert found(asked_points, others, asked, labels, junk) == expected
    counts = num_relevant(asked, None if gallery is None else labels, junk)
    assert counts.tolist() == [len(ranks) for ranks in expected]
    k = max(1, len(points))
    answers = ranks_in_answers(topk(asked_points, others, k, "euclidean", junk=junk).index, asked, labels)
    assert [[rank for rank in row if rank != NOWHERE] for row in answers.tolist()] == expected


@pytest.mark.parametrize("distance", get_args(Distance))
@pytest.mark.parametrize("num_labels", [1, 3, 200])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e12])
def test_ranks_in_gallery_equal_those_in_all_answers(num_labels: int, scale: float, distance: Distance) -> None:
    generator = torch.Generator().manual_seed(num_labels)
    labels = torch.randint(0, num_labels, (500,), generator=generator)
    embedding = torch.randn(500, 5, generator=generator) * scale
    answers = ranks_in_answers(topk(embedding, None, 499, distance).index, labels, labels)
    blocks = [ranks for _, ranks in ranks_in_gallery(embedding, None, labels, labels, distance)]
    assert torch.equal(torch.cat(blocks), answers)


def test_one_far_image_does_not_blur_the_others() -> None:
    embedding = torch.cat([torch.randn(300, 3, generator=torch.Generator().manual_seed(0)), torch.full((1, 3), 1e15)])
    labels = torch.arange(301) % 2
    expected = slow_ranks(torch.zeros(1, 3), embedding, [1], labels.tolist())
    assert len(expected[0]) == 150
    assert found(torch.zeros(1, 3), embedding, torch.tensor([1]), labels)[0][-1] <= 301


@pytest.mark.parametrize("distance", get_args(Distance))
def test_a_collapsed_embedding_ranks_in_gallery_order(distance: Distance) -> None:
    labels = torch.tensor([0, 1, 0, 1, 0])
    ((rows, ranks),) = ranks_in_gallery(torch.ones(5, 3), None, labels, labels, distance)
    assert rows == slice(0, 5)
    assert ranks.tolist() == [[2, 4], [3, NOWHERE], [1, 4], [2, NOWHERE], [1, 3]]


def test_unknown_is_relevant_to_nothing() -> None:
    labels = torch.tensor([-1, 0, -1, 0])
    assert num_relevant(labels, None).tolist() == [0, 1, 0, 1]
    assert num_relevant(labels, torch.tensor([-1, -1, 0, 0, 7])).tolist() == [0, 2, 0, 2]
    assert num_relevant(labels, torch.tensor([-1])).tolist() == [0, 0, 0, 0]
    assert num_relevant(labels, torch.tensor([], dtype=torch.int64)).tolist() == [0, 0, 0, 0]


def test_answers_may_be_missing() -> None:
    index = torch.tensor([[2, 0, -1], [1, -1, -1], [-1, -1, -1]])
    ranks = ranks_in_answers(index, torch.tensor([5, 5, -1]), torch.tensor([5, 4, 5]))
    assert ranks.tolist() == [[1, 2], [NOWHERE, NOWHERE], [NOWHERE, NOWHERE]]

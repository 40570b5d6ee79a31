from __future__ import annotations

from typing import get_args

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from fsim.errors import FsimError
from fsim.functional.retrieval.topk import topk
from fsim.interfaces import Distance, JunkLabels


def rows(num_rows: int, dim: int = 6, seed: int = 0) -> Tensor:
    return torch.randn(num_rows, dim, generator=torch.Generator().manual_seed(seed))


def whole_numbers(num_rows: int, dim: int = 3, seed: int = 0) -> Tensor:
    """Many ties, and arithmetic without rounding."""
    return torch.randint(0, 4, (num_rows, dim), generator=torch.Generator().manual_seed(seed)).float()


def slow_topk(
    query: Tensor, gallery: Tensor | None, k: int, distance: Distance, junk: JunkLabels | None = None
) -> list[list[int]]:
    """Sorts the whole gallery by (score, index), query by query, and strikes out the junk."""
    answers = []
    for number, one in enumerate(query.double()):
        others = (query if gallery is None else gallery).double()
        if distance == "euclidean":
            score = (-(others - one).square().sum(1)).tolist()
        else:
            lengths = others.norm(dim=1) * one.norm()
            score = ((others * one).sum(1) / lengths.masked_fill(lengths == 0, 1)).tolist()
        order = sorted(range(len(others)), key=lambda index, score=score: (-score[index], index))
        if gallery is None:
            order.remove(number)
        if junk is not None and junk.query[number] >= 0:
            order = [index for index in order if junk.gallery[index] != junk.query[number]]
        answers.append((order + [-1] * k)[:k])
    return answers


@pytest.mark.parametrize("distance", get_args(Distance))
@pytest.mark.parametrize("leave_one_out", [True, False])
@pytest.mark.parametrize("num_queries, num_gallery, k", [(1, 200, 7), (200, 1, 2), (150, 90, 20), (40, 41, 41)])
def test_equals_sorting_everything(
    num_queries: int, num_gallery: int, k: int, leave_one_out: bool, distance: Distance
) -> None:
    query, gallery = rows(num_queries, seed=1), None if leave_one_out else rows(num_gallery, seed=2)
    answers = topk(query, gallery, k, distance, block=64)
    assert answers.index.tolist() == slow_topk(query, gallery, k, distance)
    assert answers.score.shape == answers.index.shape and answers.score.dtype == torch.float32
    assert ((answers.score == -torch.inf) == (answers.index == -1)).all()


@pytest.mark.parametrize("leave_one_out", [True, False])
def test_thousands_of_images_by_way_of_a_sample(leave_one_out: bool) -> None:
    query = rows(5_000, dim=8) if leave_one_out else rows(300, dim=8)
    gallery = None if leave_one_out else rows(9_000, dim=8, seed=1)
    answers = topk(query, gallery, 20, "cosine", block=1024)
    unit = torch.nn.functional.normalize(query.double())
    scores = unit @ (unit if gallery is None else torch.nn.functional.normalize(gallery.double())).T
    if leave_one_out:
        scores.fill_diagonal_(-2)
    best = scores.topk(20)
    assert (answers.index == best.indices).float().mean() > 0.9999  # but for float32
    torch.testing.assert_close(answers.score.double(), best.values, rtol=0, atol=1e-6)


@pytest.mark.parametrize("leave_one_out", [True, False])
def test_junk_among_thousands_of_images_by_way_of_a_sample(leave_one_out: bool) -> None:
    query = rows(4_000, dim=4) if leave_one_out else rows(300, dim=4)
    gallery = None if leave_one_out else rows(5_000, dim=4, seed=1)
    num_gallery = len(query if gallery is None else gallery)
    of_gallery = torch.arange(num_gallery) % 5 - 1  # a fourth of what is known is junk
    of_gallery[0] = 7  # junk to none
    junk = JunkLabels(of_gallery[: len(query)], of_gallery)
    answers = topk(query, gallery, 20, "cosine", block=512, junk=junk)
    unit = torch.nn.functional.normalize(query.double())
    scores = unit @ (unit if gallery is None else torch.nn.functional.normalize(gallery.double())).T
    if leave_one_out:
        scores.fill_diagonal_(-2)
    scores[(junk.query[:, None] == junk.gallery) & (junk.query >= 0)[:, None]] = -2
    best = scores.topk(20)
    assert (answers.index == best.indices).float().mean() > 0.9999  # but for float32
    torch.testing.assert_close(answers.score.double(), best.values, rtol=0, atol=1e-6)


def test_nothing_is_left_where_all_is_junk() -> None:
    all_junk = torch.zeros(5_000, dtype=torch.int64)
    answers = topk(rows(5_000), None, 3, "euclidean", junk=JunkLabels(all_junk, all_junk))
    assert (answers.index == -1).all() and (answers.score == -torch.inf).all()


@pytest.mark.parametrize("leave_one_out", [True, False])
@pytest.mark.parametrize("block", [64, 128, 300, 1024])
def test_ties_go_by_index_in_blocks_of_any_size(block: int, leave_one_out: bool) -> None:
    query, gallery = whole_numbers(260, seed=1), None if leave_one_out else whole_numbers(400, seed=2)
    answers = topk(query, gallery, 30, "euclidean", block)
    assert answers.index.tolist() == slow_topk(query, gallery, 30, "euclidean")


@pytest.mark.parametrize("distance", get_args(Distance))
@pytest.mark.parametrize("leave_one_out", [True, False])
@pytest.mark.parametrize("dim", [2, 33, 300])
def test_duplicates_tie_whatever_the_rounding(dim: int, leave_one_out: bool, distance: Distance) -> None:
    copies = rows(12, dim).repeat(25, 1)[torch.randperm(300, generator=torch.Generator().manual_seed(dim))]
    query = copies if leave_one_out else rows(70, dim, seed=1)
    gallery = None if leave_one_out else copies
    answers = topk(query, gallery, 60, distance, block=64)
    assert answers.index.tolist() == slow_topk(query, gallery, 60, distance)


@pytest.mark.parametrize("distance", get_args(Distance))
@pytest.mark.parametrize("value", [0.0, 0.1])
def test_a_collapsed_embedding_answers_in_gallery_order(value: float, distance: Distance) -> None:
    answers = topk(torch.full((5_000, 8), value), None, 3, distance)
    assert answers.index[0].tolist() == [1, 2, 3]
    assert answers.index[1].tolist() == [0, 2, 3]
    assert (answers.index[3:] == torch.tensor([0, 1, 2])).all()


@pytest.mark.parametrize("descending", [True, False])
def test_a_gallery_that_comes_in_order_of_distance(descending: bool) -> None:
    line = torch.arange(5_000.0)[:, None]
    answers = topk(torch.tensor([[-1.0]]), line.flip(0) if descending else line, 4, "euclidean", block=64)
    assert answers.index.tolist() == [[4999, 4998, 4997, 4996] if descending else [0, 1, 2, 3]]


def test_a_duplicate_of_the_query_is_an_answer_and_the_query_is_not() -> None:
    query = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    assert topk(query, None, 3, "cosine").index.tolist() == [[1, 3, 2], [0, 3, 2], [0, 1, 3], [0, 1, 2]]


def test_more_neighbours_than_the_gallery_has() -> None:
    answers = topk(rows(2), rows(3, seed=1), 5, "cosine")
    assert (answers.index[:, 3:] == -1).all() and (answers.index[:, :3].sort(1).values == torch.arange(3)).all()
    assert topk(rows(1), None, 2, "cosine").index.tolist() == [[-1, -1]]


def test_nothing_to_ask_or_to_answer_with() -> None:
    assert topk(rows(0), rows(3), 2, "euclidean").index.shape == (0, 2)
    assert topk(rows(0), None, 2, "cosine").index.shape == (0, 2)
    assert topk(rows(3), rows(0), 2, "euclidean").index.tolist() == [[-1, -1]] * 3


def test_mistakes() -> None:
    with pytest.raises(FsimError, match="k to 1 or more"):
        topk(rows(3), None, 0, "cosine")
    with pytest.raises(FsimError, match="1 of 3 query embeddings are NaN"):
        topk(torch.tensor([[0.0], [torch.nan], [1.0]]), None, 1, "cosine")


grid = st.lists(st.tuples(*[st.integers(-3, 3)] * 2, st.integers(-1, 2)), max_size=12)


@settings(deadline=None, max_examples=60)
@given(grid, st.none() | grid.map(lambda few: few * 10), st.integers(1, 9), st.booleans())
def test_any_points_of_a_grid(
    query: list[tuple[int, ...]], gallery: list[tuple[int, ...]] | None, k: int, with_junk: bool
) -> None:
    both = [torch.tensor(one).view(-1, 3) for one in (query, query if gallery is None else gallery)]
    asked, answering = (one[:, :2].float() for one in both)
    junk = JunkLabels(both[0][:, 2], both[1][:, 2]) if with_junk else None
    others = None if gallery is None else answering
    answers = topk(asked, others, k, "euclidean", block=64, junk=junk)
    assert answers.index.tolist() == slow_topk(asked, others, k, "euclidean", junk)

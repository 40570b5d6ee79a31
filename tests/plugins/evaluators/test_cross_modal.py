from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from fsim.interfaces import Embedded, Evaluator, RetrievalTask
from fsim.testing.evaluator_contract import EvaluatorContract
from fsim_plugins.evaluators.cross_modal import CrossModal

UNKNOWN = -1


class TestContract(EvaluatorContract):
    def make(self, seed: int) -> Evaluator:
        return CrossModal(k=(1, 2))


def vectors_of(texts: Sequence[str]) -> Tensor:
    """A text is the numbers of its vector, few of them different, so that scores are equal often."""
    return torch.tensor([[float(part) for part in text.split()] for text in texts])


def images(embedding: Tensor, items: list[int], captions: list[list[str]]) -> Embedded:
    return Embedded(
        embedding, torch.zeros(len(items)).long(), torch.tensor(items).long(), [""] * len(items), captions=captions
    )


def slow_ranks(task: RetrievalTask) -> tuple[list[int | None], list[int | None]]:
    """The rank, from 1, of the first right answer of each image and of each caption, pair by pair."""
    same = task.gallery is task.query

    def of(query: tuple[Tensor, int, int], gallery: list[tuple[Tensor, int, int]]) -> int | None:
        vector, item, number = query

        def right(answer: tuple[Tensor, int, int]) -> bool:
            if item == UNKNOWN:
                return same and answer[2] == number
            return answer[1] == item

        ranked = sorted(
            enumerate(gallery), key=lambda one: (float(torch.linalg.vector_norm(vector - one[1][0])), one[0])
        )
        return next((rank for rank, (_, answer) in enumerate(ranked, 1) if right(answer)), None)

    def pictures(side: Embedded) -> list[tuple[Tensor, int, int]]:
        return [(side.embedding[row], int(side.items[row]), row) for row in range(len(side.items))]

    def texts(side: Embedded) -> list[tuple[Tensor, int, int]]:
        assert side.captions is not None
        each = [(row, text) for row, of_image in enumerate(side.captions) for text in of_image]
        return [(vectors_of([text])[0], int(side.items[row]), row) for row, text in each]

    i2t = [of(one, texts(task.gallery)) for one in pictures(task.query)]
    t2i = [of(one, pictures(task.gallery)) for one in texts(task.query)]
    return i2t, t2i


vector = st.tuples(st.integers(-2, 2), st.integers(-2, 2)).map(lambda pair: f"{pair[0]} {pair[1]}")
image = st.tuples(vector, st.integers(-1, 3), st.lists(vector, max_size=3))
split = st.lists(image, min_size=1, max_size=8)


def embedded(rows: list[tuple[str, int, list[str]]]) -> Embedded:
    return images(vectors_of([row[0] for row in rows]), [row[1] for row in rows], [row[2] for row in rows])


@settings(deadline=None, max_examples=150)
@given(split, st.one_of(st.none(), split))
def test_equals_looking_at_each_pair(
    query: list[tuple[str, int, list[str]]], gallery: list[tuple[str, int, list[str]]] | None
) -> None:
    asks = embedded(query)
    task = RetrievalTask(asks, asks if gallery is None else embedded(gallery), "item", "euclidean")
    task = RetrievalTask(task.query, task.gallery, "item", "euclidean", embed_text=vectors_of)
    measures = CrossModal(k=(1, 3))(task)
    total = 0.0
    for way, ranks in zip(("i2t", "t2i"), slow_ranks(task), strict=True):
        known = [rank for rank in ranks if rank is not None]
        for k in (1, 3):
            recall = sum(rank <= k for rank in known) / len(known) if known else math.nan
            total += 100 * recall
            np.testing.assert_allclose(measures[f"{way}_recall@{k}"], recall)
        mean = statistics.mean(known) if known else math.nan
        np.testing.assert_allclose(measures[f"{way}_mean_rank"], mean)
        median = math.floor(statistics.median(rank - 1 for rank in known)) + 1 if known else math.nan
        np.testing.assert_allclose(measures[f"{way}_median_rank"], median)
    np.testing.assert_allclose(measures["rsum"], total)
    per_image = [math.nan if rank is None else float(rank <= 3) for rank in slow_ranks(task)[0]]
    np.testing.assert_allclose(task.per_query["i2t_recall@3"], per_image)
    for metric, values in task.per_query.items():  # of each image, and yet the mean over captions
        counted = values[~values.isnan()]
        np.testing.assert_allclose(counted.mean() if len(counted) else math.nan, measures[metric])


def test_the_published_protocol_where_no_item_is_known() -> None:
    """Five captions an image, as of Flickr8k: the best caption of an image counts, and each caption asks."""
    draw = torch.Generator().manual_seed(0)
    pictures = torch.nn.functional.normalize(torch.randn(30, 16, generator=draw), dim=1)
    texts = pictures.repeat_interleave(5, 0) + 0.6 * torch.randn(150, 16, generator=draw)
    captions = [[str(5 * row + number) for number in range(5)] for row in range(30)]
    side = images(pictures, [UNKNOWN] * 30, captions)

    def embed_text(asked: Sequence[str]) -> Tensor:
        return texts[[int(text) for text in asked]]

    measures = CrossModal()(RetrievalTask(side, side, "category", "cosine", embed_text=embed_text))
    scores = (pictures @ torch.nn.functional.normalize(texts, dim=1).T).numpy()  # [30, 150]
    # as the authors' evaluation has it: the rank, from 0, of the best of an image's five captions
    i2t = np.array([min(np.flatnonzero(np.argsort(-row) // 5 == image)) for image, row in enumerate(scores)])
    t2i = np.array([int(np.flatnonzero(np.argsort(-column) == text // 5)[0]) for text, column in enumerate(scores.T)])
    for way, ranks in (("i2t", i2t), ("t2i", t2i)):
        for k in (1, 5, 10):
            assert measures[f"{way}_recall@{k}"] == pytest.approx(float(np.mean(ranks < k)))
        assert measures[f"{way}_median_rank"] == math.floor(np.median(ranks)) + 1
        assert measures[f"{way}_mean_rank"] == pytest.approx(ranks.mean() + 1)
    assert measures["num_captions"] == 150
    assert 0 < measures["rsum"] < 600


def test_an_image_without_captions_asks_nothing() -> None:
    side = images(torch.eye(3), [0, 1, 2], [["1 0 0"], [], ["0 0 1"]])
    task = RetrievalTask(side, side, "item", "cosine", embed_text=vectors_of)
    measures = CrossModal(k=(1,))(task)
    assert measures["i2t_recall@1"] == measures["t2i_recall@1"] == 1
    assert measures["num_captions"] == 2
    np.testing.assert_array_equal(task.per_query["i2t_recall@1"], [1, math.nan, 1])


def test_an_image_fares_as_its_captions_do() -> None:
    """Of the two captions of image 0 one finds it, of that of image 2 none; the usual image has 1.5 that ask."""
    side = images(torch.eye(3), [0, 1, 2], [["1 0 0", "0 1 0"], [], ["0 1 0"]])
    task = RetrievalTask(side, side, "item", "cosine", embed_text=vectors_of)
    measures = CrossModal(k=(1,))(task)
    np.testing.assert_allclose(task.per_query["t2i_recall@1"], [1 / 1.5, math.nan, 0])
    assert measures["t2i_recall@1"] == pytest.approx(1 / 3)


def test_other_images_of_the_item_are_right_too() -> None:
    """The caption of image 0 is nearer to image 1, of the same item, than to its own."""
    side = images(torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]]), [7, 7, 8], [["0 1"], [], []])
    measures = CrossModal(k=(1,))(RetrievalTask(side, side, "item", "cosine", embed_text=vectors_of))
    assert measures["t2i_recall@1"] == 1

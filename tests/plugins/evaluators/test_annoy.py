from __future__ import annotations

import math
from typing import ClassVar, get_args

import numpy as np
import pytest
import torch

from fsim.errors import FsimError
from fsim.interfaces import Distance, Evaluator, RetrievalTask
from fsim.testing.evaluator_contract import EvaluatorContract, embedded
from fsim_plugins.evaluators.annoy import Annoy
from fsim_plugins.evaluators.exact import Exact


class TestContract(EvaluatorContract):
    not_repeatable: ClassVar[frozenset[str]] = Annoy.timings

    def make(self, seed: int) -> Evaluator:
        return Annoy((1, 5), trees=3, seed=seed)


def task(num_images: int = 400, distance: Distance = "cosine", with_gallery: bool = False) -> RetrievalTask:
    rng = np.random.default_rng(0)
    labels = [*range(20)] * (num_images // 20)
    points = rng.normal(size=(20, 16))[labels] + rng.normal(size=(num_images, 16))
    images = embedded(points, labels, labels)
    gallery = embedded(points + rng.normal(size=points.shape), labels, labels)
    return RetrievalTask(images, gallery if with_gallery else images, "category", distance)


def retrieval(measures: dict[str, float]) -> dict[str, float]:
    return {name: value for name, value in measures.items() if name.startswith(("recall", "precision", "macro", "num"))}


@pytest.mark.parametrize("distance", get_args(Distance))
@pytest.mark.parametrize("with_gallery", [True, False])
def test_an_exhaustive_search_equals_the_exact_one(distance: Distance, with_gallery: bool) -> None:
    one = task(distance=distance, with_gallery=with_gallery)
    measures = Annoy(trees=20, search_k=100_000)(one)
    exact = Exact(map=False)(one)
    assert measures["index_recall@10"] == 1
    assert retrieval(measures) == pytest.approx({name: exact[name] for name in retrieval(measures)})


def test_a_hasty_search_loses_some() -> None:
    hasty, thorough = (Annoy(trees=2, search_k=nodes)(task()) for nodes in (10, 2_000))
    assert hasty["index_recall@10"] < 0.7 < thorough["index_recall@10"]
    assert hasty["recall@10"] < thorough["recall@10"]


def test_an_image_just_as_near_is_as_good() -> None:
    points = torch.ones(30, 4) * torch.arange(1, 31)[:, None]  # one direction
    images = embedded(points, [0] * 30, [0] * 30)
    assert Annoy(trees=1)(RetrievalTask(images, images, "category", "cosine"))["index_recall@10"] == 1


def test_duplicates_do_not_hide_the_query_among_its_answers() -> None:
    images = embedded(np.ones((50, 3)), [0] + [1] * 49, [0] * 50)
    measures = Annoy([5])(RetrievalTask(images, images, "category", "cosine"))
    # 49 queries have 48 relevant images and one other, the lone one, that is just as near.
    assert measures["num_queries"] == 49 and measures["precision@5"] >= 0.8


@pytest.mark.parametrize("seed", [0, 7, 2**31, 2**64 - 1])
def test_any_seed_repeats_itself(seed: int) -> None:
    first, second = (Annoy(trees=2, search_k=20, seed=seed)(task()) for _ in range(2))
    assert {**first, **dict.fromkeys(Annoy.timings, 0)} == {**second, **dict.fromkeys(Annoy.timings, 0)}


def test_another_seed_is_another_forest() -> None:
    first, second = (Annoy(trees=1, search_k=20, seed=seed)(task())["index_recall@10"] for seed in (1, 2))
    assert first != second


def test_costs() -> None:
    small, large = Annoy(trees=2)(task()), Annoy(trees=40)(task())
    assert 0.02 < small["index_mb"] < large["index_mb"]
    assert large["build_seconds"] > 0 and large["queries_per_second"] > 0
    assert Annoy.timings <= set(Annoy().directions)


def test_more_answers_wanted_than_there_are() -> None:
    images = embedded(np.array([[0.0, 1], [0.1, 1], [1, 0]]), [0, 0, 1], [0, 0, 1])
    measures = Annoy([1, 10])(RetrievalTask(images, images, "category", "euclidean"))
    assert measures["recall@1"] == 1 and measures["precision@10"] == 0.1 and measures["index_recall@10"] == 1
    alone = embedded(np.array([[0.0, 1]]), [0], [0])
    assert math.isnan(Annoy()(RetrievalTask(alone, alone, "category", "cosine"))["index_recall@10"])


def test_nan_embeddings_are_counted() -> None:
    images = embedded(np.array([[0.0], [math.nan]]), [0, 0], [0, 0])
    with pytest.raises(FsimError, match="1 of 2 query embeddings are NaN"):
        Annoy()(RetrievalTask(images, images, "category", "cosine"))

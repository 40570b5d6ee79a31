from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, get_args

import numpy as np
import pytest

from fsim import interfaces
from fsim.errors import FsimError
from fsim.interfaces import Distance, Evaluator, JunkLabel, RetrievalTask
from fsim.testing.evaluator_contract import EvaluatorContract, embedded
from fsim_plugins.evaluators.exact import Exact
from fsim_plugins.evaluators.index import Index
from fsim_plugins.indexes.faiss import Faiss
from fsim_plugins.indexes.hnswlib import Hnswlib
from fsim_plugins.indexes.usearch import Usearch

# index -> one that looks at everything, and one that is hasty
THOROUGH: dict[str, Callable[[], interfaces.Index]] = {
    "faiss": lambda: Faiss(type="flat"),
    "hnswlib": lambda: Hnswlib(ef=400),
    "usearch": lambda: Usearch(expansion=400),
}
HASTY: dict[str, Callable[[], interfaces.Index]] = {
    "faiss": lambda: Faiss(type="ivf", lists=40, probes=1),
    "hnswlib": lambda: Hnswlib(m=2, ef_construction=5, ef=1),
    "usearch": lambda: Usearch(connectivity=2, expansion_add=5, expansion=1),
}


class TestFaiss(EvaluatorContract):
    not_repeatable: ClassVar[frozenset[str]] = Index.timings

    def make(self, seed: int) -> Evaluator:
        pytest.importorskip("faiss")
        return Index(Faiss(seed=seed), (1, 5))


class TestFaissIvf(EvaluatorContract):
    not_repeatable: ClassVar[frozenset[str]] = Index.timings

    def make(self, seed: int) -> Evaluator:
        pytest.importorskip("faiss")
        return Index(Faiss(type="ivf", seed=seed), (1, 5))


class TestHnswlib(EvaluatorContract):
    not_repeatable: ClassVar[frozenset[str]] = Index.timings

    def make(self, seed: int) -> Evaluator:
        pytest.importorskip("hnswlib")
        return Index(Hnswlib(seed=seed), (1, 5))


class TestUsearch(EvaluatorContract):
    not_repeatable: ClassVar[frozenset[str]] = Index.timings

    def make(self, seed: int) -> Evaluator:
        pytest.importorskip("usearch")
        return Index(Usearch(), (1, 5))


def task(distance: Distance, with_gallery: bool, junk: JunkLabel | None = None) -> RetrievalTask:
    """400 images of 20 categories and 80 items of five; of each seventh the item is unknown."""
    rng = np.random.default_rng(0)
    labels = [*range(20)] * 20
    points = rng.normal(size=(20, 16))[labels] + rng.normal(size=(400, 16))
    items = [-1 if row % 7 == 0 else label + 20 * (row // 100) for row, label in enumerate(labels)]
    images = embedded(points, labels, items)
    gallery = embedded(points + rng.normal(size=points.shape), labels, items)
    return RetrievalTask(images, gallery if with_gallery else images, "category", distance, junk=junk)


@pytest.mark.parametrize("name", THOROUGH)
@pytest.mark.parametrize("distance", get_args(Distance))
@pytest.mark.parametrize("with_gallery", [True, False])
@pytest.mark.parametrize("junk", [None, "item"])
def test_an_exhaustive_search_equals_the_exact_one(
    name: str, distance: Distance, with_gallery: bool, junk: JunkLabel | None
) -> None:
    pytest.importorskip(name)
    one = task(distance, with_gallery, junk)
    measures, exact = Index(THOROUGH[name]())(one), Exact(map=False)(one)
    same = [key for key in measures if key.startswith(("recall", "precision", "macro", "num"))]
    assert measures["index_recall@10"] == 1
    assert {key: measures[key] for key in same} == pytest.approx({key: exact[key] for key in same})


@pytest.mark.parametrize("name", HASTY)
def test_a_hasty_search_loses_some(name: str) -> None:
    pytest.importorskip(name)
    measures = Index(HASTY[name]())(task("cosine", False))
    assert 0 < measures["index_recall@10"] < 0.9
    assert measures["index_mb"] > 400 * 16 * 4 / 1e6  # the vectors alone


def test_parameters_of_another_type_of_faiss_are_told() -> None:
    pytest.importorskip("faiss")
    with pytest.raises(FsimError, match="`probes` is a parameter of type ivf, not of hnsw"):
        Faiss(probes=4)
    with pytest.raises(FsimError, match="400 embeddings for 1,000 lists"):
        Index(Faiss(type="ivf", lists=1_000))(task("cosine", False))

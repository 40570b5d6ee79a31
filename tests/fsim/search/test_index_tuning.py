from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch

from fsim.errors import FsimError
from fsim.functional.retrieval.topk import topk
from fsim.interfaces import Answers, Trial
from fsim.plugin.registry import register, unregister
from fsim.search.index_tuning import Measurement, choose_fastest, measure_index, measure_trial, usable_indexes
from fsim.search.sample_queries import SampleQueries
from fsim.search.search_index import make_index


class Partial:
    """Finds `depth` of a thousand parts of the nearest, and the farthest in place of the others."""

    asked: ClassVar[list[int]] = []

    def __init__(self, depth: int = 1000) -> None:
        self.depth = depth

    def build(self, embeddings: Any, distance: Any) -> None:
        self.embeddings, self.distance = torch.from_numpy(embeddings), distance

    def search(self, queries: Any, k: int) -> Answers:
        self.asked.append(self.depth)
        everything = topk(torch.from_numpy(queries), self.embeddings, len(self.embeddings), self.distance)
        ids = everything.index[:, :k].clone()
        generator = torch.Generator().manual_seed(0)
        lost = torch.rand(ids.shape, generator=generator) >= self.depth / 1000
        ids[lost] = everything.index.flip(1)[:, :k][lost]
        return Answers(ids.numpy(), np.zeros(ids.shape, np.float32))

    def save(self, folder: Path) -> None:
        (folder / "file").write_bytes(b"0" * 5_000)

    def load(self, folder: Path) -> None:
        raise NotImplementedError


class Tuned(Partial):
    @staticmethod
    def trials(num_embeddings: int, k: int) -> Sequence[Trial]:
        return [Trial({}, "depth", (100, 400, 800, 1000))]


@pytest.fixture(autouse=True)
def indexes() -> Iterator[None]:
    register("index", "partial")(Partial)
    register("index", "tuned")(Tuned)
    Partial.asked.clear()
    yield
    unregister("index", "partial")
    unregister("index", "tuned")


def sample_queries(number: int = 300, k: int = 10, queries: int = 100) -> SampleQueries:
    points = np.random.default_rng(0).normal(size=(number, 8)).astype(np.float32)
    return SampleQueries(points, "euclidean", k, queries, seed=1)


def test_a_curve_stops_where_the_recall_is_reached_and_halves_the_gap() -> None:
    found = measure_trial("tuned", Tuned.trials(300, 10)[0], sample_queries(), recall=0.75, threads=1, seed=0)
    values = [one.parameters["depth"] for one in found]
    assert values[0] == 100 and values[-1] == 800 and 1000 not in values and values == sorted(values)
    assert len([value for value in values if 400 < value < 800]) >= 2
    assert [one.recall for one in found] == sorted(one.recall for one in found)
    assert all(one.megabytes == 0.005 and one.queries_per_second > 0 for one in found)


def test_a_curve_that_is_too_slow_is_left() -> None:
    found = measure_trial("tuned", Tuned.trials(300, 10)[0], sample_queries(), 0.75, 1, seed=0, slowest=float("inf"))
    assert [one.parameters["depth"] for one in found] == [100]


def test_an_index_that_says_nothing_is_measured_once() -> None:
    told: list[tuple[int, int]] = []
    found = measure_index("partial", sample_queries(), 0.9, 1, 0, lambda done, of: told.append((done, of)))
    assert [one.parameters for one in found] == [{}] and found[0].recall == 1
    assert told == [(0, 1), (1, 1)]


def measured(recall: float, speed: float, size: float) -> Measurement:
    return Measurement("partial", {}, recall, speed, 1.0, size)


def test_the_fastest_is_chosen_and_of_the_fastest_the_smallest() -> None:
    hasty, fast, small, slow = (measured(*one) for one in ((0.8, 900, 1), (0.96, 500, 9), (0.95, 490, 2), (1, 100, 1)))
    assert choose_fastest([hasty, slow, fast, small], 0.95) is small
    assert choose_fastest([hasty, slow, fast, small], 0.955) is fast
    assert choose_fastest([hasty], 0.9) is None


def test_a_line_for_a_recipe() -> None:
    one = Measurement("annoy", {"trees": 50, "search_k": 500}, 1, 1, 1, 1)
    assert one.line == "- {name: index, index: {name: annoy, trees: 50, search_k: 500}}"


def test_unknown_indexes_and_parameters_are_told() -> None:
    with pytest.raises(FsimError, match="there is no index 'anoy'"):
        make_index("anoy", {})
    with pytest.raises(FsimError, match="refuses its parameters"):
        make_index("annoy", {"tree": 3})


@pytest.mark.parametrize(("name", "module"), [("faiss", "faiss"), ("hnswlib", "hnswlib"), ("usearch", "usearch.index")])
def test_a_missing_package_is_told_and_left_out(name: str, module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    usable, missing = usable_indexes()
    assert {"annoy", "exact", "partial"} <= set(usable) and name not in usable
    assert f"pip install 'fsim[{name}]'" in missing[name]

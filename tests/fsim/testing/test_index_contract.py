"""The suite for plugin authors finds the mistakes that it is for."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fsim.interfaces import Answers
from fsim.testing.index_contract import IndexContract
from fsim_plugins.indexes.exact import Exact


class KeepsYours(Exact):
    def build(self, embeddings: Any, distance: Any) -> None:
        super().build(embeddings, distance)
        self.embeddings = embeddings


class TakesNan(Exact):
    def build(self, embeddings: Any, distance: Any) -> None:
        super().build(np.nan_to_num(embeddings, posinf=0, nan=0).clip(-9, 9), distance)


class Changed(Exact):
    """What is searched can be made another before or after."""

    def change(self, found: Answers) -> Answers:
        return found

    def search(self, queries: Any, k: int) -> Answers:
        return self.change(super().search(queries, k))


class Random(Changed):
    def change(self, found: Answers) -> Answers:
        return found._replace(ids=np.where(np.random.random(found.ids.shape) < 0.02, -1, found.ids))


class Farthest(Changed):
    def change(self, found: Answers) -> Answers:
        return Answers(found.ids[:, ::-1].copy(), found.scores[:, ::-1].copy())


class Narrow(Changed):
    def change(self, found: Answers) -> Answers:
        return found._replace(ids=found.ids.astype(np.int32))


class Unpadded(Changed):
    def change(self, found: Answers) -> Answers:
        return found._replace(ids=np.abs(found.ids))


class LoadsNothing(Exact):
    def load(self, folder: Path) -> None:
        super().load(folder)
        self.embeddings = self.embeddings + np.float32(0.1)


class Filters(Exact):
    """Filters by itself."""

    def search_among(self, queries: Any, k: int, rows: Any) -> Answers:
        few = Exact()
        few.build(self.embeddings[rows], self.distance)
        found = few.search(queries, k)
        return found._replace(ids=np.where(found.ids < 0, -1, rows[found.ids]))


class FiltersAfterwards(Exact):
    """Leaves out of its answers what is not wanted, and so finds too little."""

    def search_among(self, queries: Any, k: int, rows: Any) -> Answers:
        found = self.search(queries, k)
        out = ~np.isin(found.ids, rows)
        order = np.argsort(out, axis=1, kind="stable")
        ids, scores = np.where(out, -1, found.ids), np.where(out, np.float32(-np.inf), found.scores)
        return Answers(np.take_along_axis(ids, order, 1), np.take_along_axis(scores, order, 1))


class FiltersNothing(Exact):
    def search_among(self, queries: Any, k: int, rows: Any) -> Answers:
        return self.search(queries, k)


def failures(kind: Callable[[], Any]) -> set[str]:
    class Suite(IndexContract):
        def make(self, **injected: Any) -> Any:
            return kind()

    with tempfile.TemporaryDirectory() as folder:
        calls: dict[str, Callable[[IndexContract], None]] = {
            "nearest": lambda suite: suite.test_finds_the_nearest("euclidean"),
            "padded": lambda suite: suite.test_what_there_is_not_is_minus_one("cosine", 2),
            "duplicates": lambda suite: suite.test_duplicates_have_ids_of_their_own("euclidean"),
            "zero": lambda suite: suite.test_a_zero_vector_has_cosine_0(),
            "loads": lambda suite: suite.test_gives_the_same_answers_when_saved_and_loaded("euclidean", Path(folder)),
            "repeats": lambda suite: suite.test_the_same_seed_builds_the_same_index("cosine"),
            "leaves": lambda suite: suite.test_leaves_what_it_is_given_and_the_global_generator_alone(),
            "filters": lambda suite: suite.test_filtered_answers_are_of_the_rows_that_are_wanted("cosine"),
            "nan": lambda suite: suite.test_refuses_embeddings_that_are_no_numbers(float("nan")),
        }
        failed = set()
        for name, call in calls.items():
            try:
                call(Suite())
            except pytest.skip.Exception:
                pass
            except (Exception, pytest.fail.Exception):
                failed.add(name)
    return failed


def test_a_good_index_passes() -> None:
    assert failures(Exact) == failures(Filters) == set()


@pytest.mark.parametrize(
    ("kind", "finds"),
    [
        (KeepsYours, "leaves"),
        (TakesNan, "nan"),
        (Random, "repeats"),
        (Random, "leaves"),
        (Farthest, "nearest"),
        (Narrow, "nearest"),
        (Unpadded, "padded"),
        (LoadsNothing, "loads"),
        (FiltersAfterwards, "filters"),
        (FiltersNothing, "filters"),
    ],
)
def test_a_mistake_is_found(kind: type, finds: str) -> None:
    assert finds in failures(kind)

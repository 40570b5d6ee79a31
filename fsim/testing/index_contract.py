"""What every index must hold, as tests to inherit. For authors of plugins; needs pytest.

    class TestMyIndex(IndexContract):
        def make(self, **injected: Any) -> Index:
            return MyIndex(**injected)

`injected` holds `seed`; take it or leave it.

Shape legend: N embeddings, Q queries, D embedding, K neighbours.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, ClassVar, get_args

import numpy as np
import pytest

from fsim.errors import FsimError
from fsim.interfaces import Answers, Distance, Index, IntArray, Vectors
from fsim.plugin.interface_check import complete

DISTANCES = get_args(Distance)


class IndexContract:
    """Inherit it, give `make`, and name the class `Test...`."""

    exact: ClassVar[bool] = False  # whether it promises the nearest themselves
    recall: ClassVar[float] = 0.9  # share of the 10 nearest that it finds at least, as `make` sets it
    rounding: ClassVar[float] = 0.0  # by how much of itself a score may differ when it is asked for again

    def make(self, **injected: Any) -> Index:
        """A new index, not yet built."""
        raise NotImplementedError

    def built(self, embeddings: Vectors, distance: Distance, seed: int = 3) -> Index:
        """The index under test, built from these."""
        index = self.make(seed=seed)
        index.build(embeddings, distance)
        return index

    def test_has_the_members_of_an_index(self) -> None:
        complete("index", "under test", self.make(seed=0))

    @pytest.mark.parametrize("distance", DISTANCES)
    def test_finds_the_nearest(self, distance: Distance) -> None:
        embeddings, queries = vectors(600), vectors(50, seed=1)
        found = checked(self.built(embeddings, distance).search(queries, 10), 50, 10, 600)
        ids, scores = brute_force(embeddings, queries, distance)
        if self.exact:
            np.testing.assert_array_equal(found.ids, ids[:, :10])
        share = np.mean([len(np.intersect1d(a, b)) / 10 for a, b in zip(found.ids, ids[:, :10], strict=True)])
        assert share >= self.recall, f"{share:.3f} of the 10 nearest"
        of_ids = np.take_along_axis(scores, found.ids, 1)
        np.testing.assert_allclose(found.scores[found.ids >= 0], of_ids[found.ids >= 0], atol=1e-4, rtol=1e-4)

    @pytest.mark.parametrize("distance", DISTANCES)
    @pytest.mark.parametrize("num_embeddings", [1, 2, 7])
    def test_what_there_is_not_is_minus_one(self, distance: Distance, num_embeddings: int) -> None:
        embeddings = vectors(num_embeddings)
        index = self.built(embeddings, distance)
        found = checked(index.search(vectors(5, seed=1), 12), 5, 12, num_embeddings)
        assert np.all(found.ids[:, num_embeddings:] == -1)
        nearest = checked(index.search(embeddings, 1), num_embeddings, 1, num_embeddings)
        np.testing.assert_array_equal(nearest.ids[:, 0], np.arange(num_embeddings))

    @pytest.mark.parametrize("distance", DISTANCES)
    def test_one_query_is_answered_as_many_are(self, distance: Distance) -> None:
        index, queries = self.built(vectors(300), distance), vectors(4, seed=1)
        together = checked(index.search(queries, 5), 4, 5, 300)
        for row in range(4):
            alone = checked(index.search(queries[row : row + 1], 5), 1, 5, 300)
            np.testing.assert_array_equal(alone.ids[0], together.ids[row])
        checked(index.search(queries[:0], 5), 0, 5, 300)

    @pytest.mark.parametrize("distance", DISTANCES)
    def test_duplicates_have_ids_of_their_own(self, distance: Distance) -> None:
        embeddings = np.repeat(vectors(20), 3, axis=0)
        index = self.built(embeddings, distance)
        found = checked(index.search(embeddings[::3], 3), 20, 3, 60)
        of_same = found.ids // 3 == np.arange(20)[:, None]
        assert np.mean(of_same) >= self.recall
        if self.exact:
            np.testing.assert_array_equal(np.sort(found.ids), np.arange(60).reshape(20, 3))
        alike = np.ones((40, 3), np.float32)
        checked(self.built(alike, distance).search(alike, 5), 40, 5, 40)

    def test_a_zero_vector_has_cosine_0(self) -> None:
        embeddings = vectors(30)
        embeddings[[4, 9]] = 0
        found = checked(self.built(embeddings, "cosine").search(np.r_[embeddings[4:5], embeddings[:1]], 30), 2, 30, 30)
        of_zero_query, of_other = found.scores
        np.testing.assert_allclose(of_zero_query[found.ids[0] >= 0], 0, atol=1e-6)
        np.testing.assert_allclose(of_other[np.isin(found.ids[1], [4, 9])], 0, atol=1e-6)

    @pytest.mark.parametrize("distance", DISTANCES)
    def test_gives_the_same_answers_when_saved_and_loaded(self, distance: Distance, tmp_path: Path) -> None:
        index, queries = self.built(vectors(400), distance), vectors(20, seed=1)
        before = index.search(queries, 10)
        index.save(tmp_path / "made" / "here")
        same(index.search(queries, 10), before, self.rounding)
        loaded = self.make(seed=3)
        loaded.load(tmp_path / "made" / "here")
        same(loaded.search(queries, 10), before, self.rounding)
        loaded.save(tmp_path / "made" / "here")  # over what it was loaded from
        loaded.load(tmp_path / "made" / "here")
        same(loaded.search(queries, 10), before, self.rounding)

    def test_refuses_to_load_what_is_no_index(self, tmp_path: Path) -> None:
        with pytest.raises(FsimError):
            self.make(seed=0).load(tmp_path / "nowhere")
        self.built(vectors(50), "cosine").save(tmp_path)
        description = next(file for file in tmp_path.iterdir() if file.suffix == ".json")
        largest = max(tmp_path.iterdir(), key=lambda file: file.stat().st_size)
        whole = largest.read_bytes()
        largest.write_bytes(whole[: len(whole) // 2])
        with pytest.raises(FsimError):
            self.make(seed=0).load(tmp_path)
        largest.write_bytes(whole)
        described = json.loads(description.read_text(encoding="utf-8"))
        for wrong in ("", "[]", json.dumps({**described, "index": "another"})):
            description.write_text(wrong, encoding="utf-8")
            with pytest.raises(FsimError):
                self.make(seed=0).load(tmp_path)

    @pytest.mark.parametrize("distance", DISTANCES)
    def test_the_same_seed_builds_the_same_index(self, distance: Distance) -> None:
        embeddings, queries = vectors(2_000), vectors(50, seed=1)
        first = self.built(embeddings, distance).search(queries, 10)
        np.random.seed(5)
        same(self.built(embeddings, distance).search(queries, 10), first, self.rounding)
        for seed in (2**31, 2**64 - 1):
            same(
                self.built(embeddings, distance, seed).search(queries, 10),
                self.built(embeddings, distance, seed).search(queries, 10),
                self.rounding,
            )

    def test_leaves_what_it_is_given_and_the_global_generator_alone(self) -> None:
        embeddings, queries = vectors(100), vectors(10, seed=1)
        copies = embeddings.copy(), queries.copy()
        np.random.seed(1)
        expected = np.random.random()
        np.random.seed(1)
        index = self.built(embeddings, "cosine")
        before = index.search(queries, 5)
        assert np.random.random() == expected
        np.testing.assert_array_equal(embeddings, copies[0])
        np.testing.assert_array_equal(queries, copies[1])
        embeddings[:] = 0  # nor does it look at them later
        same(index.search(queries, 5), before, self.rounding)

    @pytest.mark.parametrize("value", [math.nan, math.inf, 1e30])
    def test_refuses_embeddings_that_are_no_numbers(self, value: float) -> None:
        bad = vectors(10)
        bad[3, 1] = value
        with pytest.raises(FsimError, match="1 of 10"):
            self.built(bad, "cosine")
        index = self.built(vectors(10), "cosine")
        with pytest.raises(FsimError, match="1 of 10"):
            index.search(bad, 1)

    def test_refuses_what_does_not_fit(self) -> None:
        for nothing in (np.zeros((0, 4), np.float32), np.zeros(4, np.float32), np.zeros((4, 0), np.float32)):
            with pytest.raises(FsimError):
                self.built(nothing, "cosine")
        with pytest.raises(FsimError):
            self.make(seed=0).search(vectors(1), 1)  # not built
        index = self.built(vectors(10), "cosine")
        with pytest.raises(FsimError):
            index.search(vectors(1)[:, :-1], 1)
        with pytest.raises(FsimError):
            index.search(vectors(1), 0)

    @pytest.mark.parametrize("distance", DISTANCES)
    def test_filtered_answers_are_of_the_rows_that_are_wanted(self, distance: Distance) -> None:
        embeddings, queries, rows = vectors(600), vectors(50, seed=1), np.arange(0, 600, 7)
        index: Index = complete("index", "under test", self.built(embeddings, distance))
        found = index.search_among(queries, 10, rows)
        if found is None:
            pytest.skip("it does not filter by itself")
        checked(found, 50, 10, 600)
        assert np.isin(found.ids, [-1, *rows]).all()
        nearest = rows[brute_force(embeddings[rows], queries, distance)[0][:, :10]]
        share = np.mean([len(np.intersect1d(a, b)) / 10 for a, b in zip(found.ids, nearest, strict=True)])
        assert share >= self.recall, f"{share:.3f} of the 10 nearest among {len(rows)} rows"

    def test_a_trial_is_of_parameters_that_it_has(self) -> None:
        index: Index = complete("index", "under test", self.make(seed=0))
        for number, k in ((1, 1), (50, 10), (100_000, 10)):
            for trial in index.trials(number, k):
                assert list(trial.values) == sorted(set(trial.values))
                assert bool(trial.values) == bool(trial.parameter)
                assert all(hasattr(index, name) for name in (*trial.build, *filter(None, [trial.parameter])))


def vectors(count: int, dimensions: int = 12, seed: int = 0) -> Vectors:
    """[count, dimensions], around ten centres."""
    rng = np.random.default_rng(seed)
    centres = 2 * np.random.default_rng(99).normal(size=(10, dimensions))
    return (centres[rng.integers(0, 10, count)] + rng.normal(size=(count, dimensions))).astype(np.float32)


def brute_force(embeddings: Vectors, queries: Vectors, distance: Distance) -> tuple[IntArray, Any]:
    """All ids [Q, N], the nearest first, and the scores [Q, N] of each id, in float64."""
    one, other = queries.astype(np.float64), embeddings.astype(np.float64)
    if distance == "cosine":
        scores = one @ other.T / np.linalg.norm(one, axis=1)[:, None] / np.linalg.norm(other, axis=1)
    else:
        scores = -np.square(one[:, None] - other).sum(2) / 2
    return np.argsort(-scores, axis=1, kind="stable"), scores


def checked(found: Answers, num_queries: int, k: int, num_embeddings: int) -> Answers:
    """What was found, held against what every answer promises."""
    assert found.ids.shape == found.scores.shape == (num_queries, k)
    assert found.ids.dtype == np.int64
    assert found.scores.dtype == np.float32
    assert np.all((found.ids >= -1) & (found.ids < num_embeddings))
    assert np.all((found.ids == -1) == (found.scores == -np.inf))
    for row in found.ids:
        known = row[row >= 0]
        assert len(set(known.tolist())) == len(known), "an id twice"
        assert np.all(row[len(known) :] == -1), "an answer after the last"
    steps = found.scores[:, 1:] - np.where(np.isinf(found.scores[:, :-1]), np.float32(0), found.scores[:, :-1])
    assert np.all(steps <= 1e-5 * (1 + np.abs(np.where(np.isinf(steps), 0, found.scores[:, :-1])))), "not nearest first"
    return found


def same(one: Answers, other: Answers, rounding: float = 0.0) -> None:
    """The same answers, to the bit, or with scores that differ by a part of themselves."""
    np.testing.assert_array_equal(one.ids, other.ids)
    np.testing.assert_allclose(one.scores, other.scores, rtol=rounding, atol=0)

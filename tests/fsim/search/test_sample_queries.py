from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from fsim.errors import FsimError
from fsim.functional.retrieval.topk import topk
from fsim.search.sample_queries import SampleQueries, read_embeddings


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int8])
def test_reads_numbers_of_any_type(dtype: Any, tmp_path: Path) -> None:
    np.save(tmp_path / "e.npy", np.arange(6).reshape(3, 2).astype(dtype))
    found = read_embeddings(tmp_path / "e.npy")
    assert found.dtype == np.float32 and found.tolist() == [[0, 1], [2, 3], [4, 5]]


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros(3), "holds 3 of float64"),
        (np.zeros((2, 2, 2)), "holds 2 x 2 x 2"),
        (np.array(1.0), "a single value"),
        (np.array([["a"]]), "embeddings are numbers"),
        (np.array([[True]]), "embeddings are numbers"),
        (np.array([[1.0, math.nan], [0, 0]]), "1 of 2 embeddings in .* are NaN"),
        (np.zeros((0, 4)), "give one row or more"),
    ],
)
def test_says_what_is_wrong(array: Any, words: str, tmp_path: Path) -> None:
    np.save(tmp_path / "e.npy", array)
    with pytest.raises(FsimError, match=words):
        read_embeddings(tmp_path / "e.npy")


def test_executes_nothing(tmp_path: Path) -> None:
    np.save(tmp_path / "e.npy", np.array([[{}]], dtype=object), allow_pickle=True)
    with pytest.raises(FsimError, match=r"is no \.npy file of numbers"):
        read_embeddings(tmp_path / "e.npy")


def test_other_files(tmp_path: Path) -> None:
    with pytest.raises(FsimError, match="there is no file"):
        read_embeddings(tmp_path / "missing.npy")
    for content in (b"", b"text", b"\x93NUMPY\x01\x00"):
        (tmp_path / "e.npy").write_bytes(content)
        with pytest.raises(FsimError, match=r"is no \.npy file"):
            read_embeddings(tmp_path / "e.npy")
    np.savez(tmp_path / "e.npz", np.zeros((2, 2)))
    with pytest.raises(FsimError, match="archive of arrays"):
        read_embeddings(tmp_path / "e.npz")
    with pytest.raises(FsimError):
        read_embeddings(tmp_path)


def sample_queries(number: int = 300, k: int = 10, queries: int = 100) -> SampleQueries:
    points = np.random.default_rng(0).normal(size=(number, 8)).astype(np.float32)
    return SampleQueries(points, "euclidean", k, queries, seed=1)


def test_exact_answers_leave_the_query_out_by_its_number() -> None:
    points = np.repeat(np.random.default_rng(0).normal(size=(20, 4)), 3, axis=0).astype(np.float32)  # in threes
    queries = SampleQueries(points, "euclidean", 2, 60, seed=0)
    for row, found in zip(queries.rows, queries.exact.index.tolist(), strict=True):
        assert set(found) == set(range(row // 3 * 3, row // 3 * 3 + 3)) - {row}
    assert queries.recall(np.repeat(queries.rows[:, None], 3, 1)) == 0  # none but the query itself


def test_recall_is_the_share_that_was_found() -> None:
    queries = sample_queries()
    embeddings = torch.from_numpy(queries.embeddings)
    ranked = topk(torch.from_numpy(queries.queries), embeddings, len(embeddings), queries.distance).index
    lost = torch.rand(len(ranked), 11, generator=torch.Generator().manual_seed(0)) >= 0.7
    answers = torch.where(lost, ranked.flip(1)[:, :11], ranked[:, :11]).numpy()
    share = []
    for query, row, found in zip(queries.queries, queries.rows, answers.tolist(), strict=True):
        far = np.linalg.norm(queries.embeddings - query, axis=1)
        nearest = [one for one in np.argsort(far, kind="stable") if one != row][:10]
        share.append(len(set(nearest) & set([one for one in found if one != row][:10])) / 10)
    assert queries.recall(answers) == pytest.approx(np.mean(share))


def test_queries_are_drawn_by_the_seed() -> None:
    points = sample_queries().embeddings
    first, second, other = (SampleQueries(points, "cosine", 3, 40, seed).rows.tolist() for seed in (1, 1, 2))
    assert first == second != other and len(set(first)) == 40
    assert SampleQueries(points, "cosine", 3, 10_000, 0).rows.tolist() == list(range(300))


@pytest.mark.parametrize("k", [0, 10, 11])
def test_too_many_neighbours(k: int) -> None:
    with pytest.raises(FsimError, match="set k to 1 to 9"):
        sample_queries(10, k)

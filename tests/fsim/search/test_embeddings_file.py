from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fsim.errors import FsimError
from fsim.search.embeddings_file import read_embeddings


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

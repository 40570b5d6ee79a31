from __future__ import annotations

import gzip
import os
import struct
from pathlib import Path

import numpy as np
import pytest

from fsim.errors import FsimError
from fsim_plugins.datasets.fashion_mnist import RAW, FashionMnist


def idx(array: np.ndarray) -> bytes:
    """The idx format: magic number with type (8: uint8) and rank, sizes, values."""
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.astype(np.uint8).tobytes()


@pytest.fixture
def raw() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    counts = {"train": 6, "t10k": 4}
    images = {f"{name}-images-idx3-ubyte": rng.integers(0, 256, (count, 28, 28)) for name, count in counts.items()}
    labels = {f"{name}-labels-idx1-ubyte": np.arange(count) for name, count in counts.items()}
    return images | labels


@pytest.mark.parametrize("packed", [False, True])
def test_files_packed_or_not_become_a_catalog(tmp_path: Path, raw: dict[str, np.ndarray], packed: bool) -> None:
    folder = tmp_path / "root" / RAW
    folder.mkdir(parents=True)
    for name, array in raw.items():
        (folder / (name + ".gz" * packed)).write_bytes(gzip.compress(idx(array)) if packed else idx(array))
    folder.chmod(0o555)  # a shared data folder may not be ours to write
    for _ in range(2):  # the second time from what was unpacked
        catalog = FashionMnist(tmp_path / "cache", tmp_path / "root").load()
        assert catalog.frame["split"].tolist() == ["train"] * 6 + ["test"] * 4
        assert catalog.frame["category"].tolist()[:2] == ["T-shirt/top", "Trouser"]
        assert catalog.frame["image"].is_unique
        assert catalog.pixels is not None
        expected = np.concatenate([raw["train-images-idx3-ubyte"], raw["t10k-images-idx3-ubyte"]])
        np.testing.assert_array_equal(catalog.pixels, expected)


def test_missing_and_damaged_files_are_told(tmp_path: Path, raw: dict[str, np.ndarray]) -> None:
    folder = tmp_path / RAW
    folder.mkdir(parents=True)
    with pytest.raises(FsimError, match="lacks train-images-idx3-ubyte, "):
        FashionMnist(tmp_path / "cache", tmp_path).load()
    for name, array in raw.items():
        (folder / f"{name}.gz").write_bytes(gzip.compress(idx(array))[:-9])
    with pytest.raises(FsimError, match="damaged"):
        FashionMnist(tmp_path / "cache", tmp_path).load()


def write_packed(root: Path, raw: dict[str, np.ndarray]) -> Path:
    folder = root / RAW
    folder.mkdir(parents=True)
    for name, array in raw.items():
        (folder / f"{name}.gz").write_bytes(gzip.compress(idx(array), mtime=0))
        os.utime(folder / f"{name}.gz", (0, 0))
    return root


def test_two_roots_are_not_taken_for_one(tmp_path: Path, raw: dict[str, np.ndarray]) -> None:
    one = write_packed(tmp_path / "one", raw)
    two = write_packed(
        tmp_path / "two", {name: 255 - array if "images" in name else array for name, array in raw.items()}
    )
    first = FashionMnist(tmp_path / "cache", one).load().pixels
    second = FashionMnist(tmp_path / "cache", two).load().pixels
    assert first is not None and second is not None
    np.testing.assert_array_equal(first, 255 - second)


@pytest.mark.parametrize("byte", [0, 2, 3, 11, 30, -2])
def test_a_corrupted_byte_is_told(tmp_path: Path, raw: dict[str, np.ndarray], byte: int) -> None:
    file = write_packed(tmp_path, raw) / RAW / "train-images-idx3-ubyte.gz"
    content = bytearray(file.read_bytes())
    content[byte] ^= 0xFF
    file.write_bytes(content)
    with pytest.raises(FsimError, match="damaged"):
        FashionMnist(tmp_path / "cache", tmp_path).load()
    assert not list((tmp_path / "cache").rglob(".*")), "temporary files were left"


def test_files_that_are_no_idx_are_told(tmp_path: Path, raw: dict[str, np.ndarray]) -> None:
    folder = tmp_path / RAW
    folder.mkdir(parents=True)
    for name, array in raw.items():
        (folder / name).write_bytes(b"\1\2\3\4" + idx(array))
    with pytest.raises(FsimError, match=r"cannot read the files in .* set data.dataset.root=DIR"):
        FashionMnist(tmp_path / "cache", tmp_path).load()

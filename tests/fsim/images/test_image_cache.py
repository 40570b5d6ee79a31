"""The cache of decoded images: right, built once, and whole whatever happens while it is built."""

from __future__ import annotations

import json
import logging
import os
import pickle
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from filelock import FileLock
from PIL import Image
from torch.utils.data import DataLoader, Dataset

from fsim.errors import FsimError
from fsim.images.image_cache import CachedImages, cache_key, open_image_cache
from fsim.images.preparation import Preparation
from fsim.interfaces import Catalog

SIZE = 12
BLOCKS = 3 * 64 + 5  # images: several blocks, the last one not full


def catalog_of(images: list[str], root: Path, **columns: Any) -> Catalog:
    return Catalog.of({"image": images, **columns}, root)


def of_pixels(pixels: np.ndarray) -> Catalog:
    return Catalog.of({"image": [f"image {number}" for number in range(len(pixels))]}, Path(), pixels)


@pytest.fixture
def photographs(tmp_path: Path) -> Catalog:
    root = tmp_path / "photographs"
    root.mkdir()
    rng = np.random.default_rng(0)
    names = [f"{number}.{'jpg' if number % 3 else 'png'}" for number in range(20)]
    for name in names:
        height, width = rng.integers(10, 60, 2)
        Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8)).save(root / name)
    return catalog_of(names, root)


class Progress:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.calls: list[tuple[int, int]] = []

    def __call__(self, done: int, total: int) -> None:
        self.calls.append((done, total))


def contents(folder: Path) -> list[str]:
    """What is in a folder of caches, but for the locks."""
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".lock")


@pytest.mark.parametrize("resize", ["squash", "pad", "crop"])
@pytest.mark.parametrize("workers", [1, 3, None])
def test_gather_equals_decoding(photographs: Catalog, tmp_path: Path, resize: Any, workers: int | None) -> None:
    images = open_image_cache(photographs, Preparation(SIZE, resize), folder=tmp_path / "caches", workers=workers)
    rows = np.array([7, 0, 19, 7])
    rows.flags.writeable = False
    batch = images.gather(rows)
    assert batch.shape == (4, 3, SIZE, SIZE)
    assert batch.dtype == torch.uint8
    assert batch.is_contiguous(memory_format=torch.channels_last)
    for image, row in zip(batch, rows, strict=True):
        data = (photographs.root / photographs.frame["image"][row]).read_bytes()
        assert (image.permute(1, 2, 0).numpy() == Preparation(SIZE, resize).apply(data)).all()
    assert len(images) == 20
    assert images.size == SIZE
    assert images.usable.all()
    assert images.damaged == {}
    assert images.gather(np.array([], dtype=np.int64)).shape == (0, 3, SIZE, SIZE)


def test_a_batch_may_be_written_to(photographs: Catalog, tmp_path: Path) -> None:
    images = open_image_cache(photographs, Preparation(SIZE), folder=tmp_path / "caches")
    rows = np.arange(3)
    before = images.gather(rows)
    images.gather(rows).zero_()
    assert torch.equal(images.gather(rows), before)


def test_second_open_reads_no_image(photographs: Catalog, tmp_path: Path) -> None:
    first = open_image_cache(photographs, Preparation(SIZE), folder=tmp_path / "caches")
    for image in photographs.frame["image"]:  # destroyed, unnoticeably
        file = photographs.root / image
        state = file.stat()
        file.write_bytes(bytes(state.st_size))
        os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))
    progress = Progress()
    second = open_image_cache(photographs, Preparation(SIZE), folder=tmp_path / "caches", progress=progress)
    assert progress.calls == []
    assert torch.equal(first.gather(np.arange(20)), second.gather(np.arange(20)))


def test_key_holds_all_that_the_pixels_depend_on(photographs: Catalog) -> None:
    def with_box(box: object) -> Catalog:
        return catalog_of(photographs.frame["image"].to_list(), photographs.root, box=[box] + [None] * 19)

    file = photographs.root / "3.png"
    keys = [cache_key(photographs, Preparation(SIZE))]
    assert cache_key(photographs, Preparation(SIZE)) == keys[0]
    keys.append(cache_key(photographs, Preparation(SIZE + 1)))
    keys.append(cache_key(photographs, Preparation(SIZE, "pad")))
    keys.append(cache_key(with_box((0, 0, 5, 5)), Preparation(SIZE)))
    keys.append(cache_key(with_box((0, 0, 5, 6)), Preparation(SIZE)))
    keys.append(cache_key(catalog_of(photographs.frame["image"].to_list()[::-1], photographs.root), Preparation(SIZE)))
    file.write_bytes(file.read_bytes() + b"longer")
    keys.append(cache_key(photographs, Preparation(SIZE)))
    os.utime(file, ns=(0, 1))
    keys.append(cache_key(photographs, Preparation(SIZE)))
    file.unlink()
    keys.append(cache_key(photographs, Preparation(SIZE)))
    assert len(set(keys)) == len(keys)


def test_key_of_arrays_is_their_content() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (5, 8, 8), dtype=np.uint8)
    changed = pixels.copy()
    changed[4, 7, 7] ^= 1
    key = cache_key(of_pixels(pixels), Preparation(8))
    assert cache_key(of_pixels(pixels.copy()), Preparation(8)) == key
    assert cache_key(of_pixels(np.asfortranarray(pixels)), Preparation(8)) == key
    assert cache_key(of_pixels(changed), Preparation(8)) != key
    assert cache_key(of_pixels(pixels.reshape(5, 4, 16)), Preparation(8)) != key


def test_a_changed_file_makes_another_cache(photographs: Catalog, tmp_path: Path) -> None:
    open_image_cache(photographs, Preparation(SIZE), folder=tmp_path / "caches")
    Image.new("RGB", (30, 30), (9, 9, 9)).save(photographs.root / "3.png")
    images = open_image_cache(photographs, Preparation(SIZE), folder=tmp_path / "caches")
    assert (images.gather(np.array([3])) == 9).all()
    assert len(contents(tmp_path / "caches")) == 2


def test_boxes(tmp_path: Path) -> None:
    pixels = np.zeros((20, 30, 3), np.uint8)
    pixels[5:10, 10:20] = 200
    Image.fromarray(pixels).save(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes((tmp_path / "a.png").read_bytes())
    (tmp_path / "c.png").write_bytes((tmp_path / "a.png").read_bytes())
    catalog = catalog_of(["a.png", "b.png", "c.png"], tmp_path, box=[(10, 5, 20, 10), None, (30, 0, 40, 9)])
    images = open_image_cache(catalog, Preparation(SIZE), folder=tmp_path / "caches", max_damaged=0.5)
    assert (images.gather(np.array([0])) == 200).all()
    assert (images.gather(np.array([1])) == 0).any()
    assert images.damaged == {"c.png": "box holds no pixel of the image of 30 x 20"}


def test_images_by_absolute_path(photographs: Catalog, tmp_path: Path) -> None:
    absolute = catalog_of([str(photographs.root / image) for image in photographs.frame["image"]], Path("/nowhere"))
    one = open_image_cache(absolute, Preparation(SIZE), folder=tmp_path / "caches")
    other = open_image_cache(photographs, Preparation(SIZE), folder=tmp_path / "caches")
    assert torch.equal(one.gather(np.arange(20)), other.gather(np.arange(20)))


@pytest.mark.parametrize("shape", [(70, 10, 10), (70, 10, 10, 3), (70, 20, 9)])
def test_arrays(shape: tuple[int, ...], tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    pixels.flags.writeable = False
    images = open_image_cache(of_pixels(pixels), Preparation(10), folder=tmp_path)
    batch = images.gather(np.arange(70)).permute(0, 2, 3, 1).numpy()
    expected = pixels if pixels.ndim == 4 else np.repeat(pixels[..., None], 3, axis=3)
    if shape[1:3] == (10, 10):
        assert (batch == expected).all()
    else:
        assert (batch == np.stack([Preparation(10).apply(image) for image in expected])).all()


def test_damaged_images_are_named_and_left_out(photographs: Catalog, tmp_path: Path) -> None:
    (photographs.root / "4.jpg").write_bytes(b"")
    (photographs.root / "9.png").unlink()
    for _ in range(2):  # built, and opened again
        images = open_image_cache(photographs, Preparation(SIZE), folder=tmp_path / "caches", max_damaged=0.1)
        assert images.damaged == {"4.jpg": "empty file", "9.png": "no such file"}
        assert np.flatnonzero(~images.usable).tolist() == [4, 9]
        with pytest.raises(AssertionError):
            images.gather(np.array([4]))


def test_too_many_damaged_images_stop_with_the_list(photographs: Catalog, tmp_path: Path) -> None:
    caches = tmp_path / "caches"
    for image in ("4.jpg", "9.png"):
        (photographs.root / image).write_bytes(b"Not Found")
    with pytest.raises(FsimError, match=r"2 of 20 images can't be used, above max_damaged=0.09") as caught:
        open_image_cache(photographs, Preparation(SIZE), folder=caches, max_damaged=0.09)
    assert "  4.jpg: not an image\n  9.png: not an image\nFix or remove" in str(caught.value)
    assert contents(caches) == []
    open_image_cache(photographs, Preparation(SIZE), folder=caches, max_damaged=0.1)
    with pytest.raises(FsimError, match="2 of 20 images"):  # also where the cache is there already
        open_image_cache(photographs, Preparation(SIZE), folder=caches, max_damaged=0.0)


def test_a_long_list_is_cut(tmp_path: Path) -> None:
    catalog = catalog_of([f"{number:02}.jpg" for number in range(33)], tmp_path)
    with pytest.raises(FsimError) as caught:
        open_image_cache(catalog, Preparation(SIZE), folder=tmp_path / "caches")
    assert "  19.jpg: no such file\n  and 13 more\n" in str(caught.value)
    assert "20.jpg" not in str(caught.value)


def test_a_catalog_without_images_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FsimError, match="The catalog has no images"):
        open_image_cache(catalog_of([], tmp_path), Preparation(SIZE), folder=tmp_path)


def test_a_catalog_of_more_rows_than_arrays_is_refused(tmp_path: Path) -> None:
    catalog = Catalog.of({"image": ["a", "b"]}, Path(), np.zeros((1, 4, 4), np.uint8))
    with pytest.raises(FsimError, match="2 rows, but pixels of 1 images"):
        open_image_cache(catalog, Preparation(4), folder=tmp_path)


def test_progress(tmp_path: Path) -> None:
    progress = Progress()
    open_image_cache(of_pixels(np.zeros((BLOCKS, 4, 4), np.uint8)), Preparation(4), folder=tmp_path, progress=progress)
    assert progress.calls == [(64, BLOCKS), (128, BLOCKS), (192, BLOCKS), (BLOCKS, BLOCKS)]


class Batches(Dataset[torch.Tensor]):
    def __init__(self, images: CachedImages) -> None:
        self.images = images

    def __getitem__(self, row: int) -> torch.Tensor:
        return self.images.gather(np.array([row]))


def test_pickled_it_is_a_path(tmp_path: Path) -> None:
    images = open_image_cache(
        of_pixels(np.arange(64, dtype=np.uint8).repeat(900).reshape(64, 30, 30)), Preparation(30), folder=tmp_path
    )
    pickled = pickle.dumps(images)
    assert len(pickled) < 1000
    again = pickle.loads(pickled)
    assert torch.equal(again.gather(np.arange(64)), images.gather(np.arange(64)))
    loader = DataLoader(Batches(images), batch_size=None, sampler=[3, 60], num_workers=1)
    assert [int(batch.max()) for batch in loader] == [3, 60]


@pytest.mark.parametrize("harm", ["pixels cut short", "pixels gone", "index emptied", "index of another version"])
def test_a_spoilt_cache_is_built_again(harm: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    catalog = of_pixels(np.full((70, 4, 4), 7, np.uint8))
    cache = open_image_cache(catalog, Preparation(4), folder=tmp_path).folder
    pixels, index = cache / "pixels.npy", cache / "index.json"
    if harm == "pixels cut short":
        pixels.write_bytes(pixels.read_bytes()[:-1])
    elif harm == "pixels gone":
        pixels.unlink()
    elif harm == "index emptied":
        index.write_bytes(b"")
    else:
        index.write_text(json.dumps({**json.loads(index.read_text()), "version": 0}))
    images = open_image_cache(catalog, Preparation(4), folder=tmp_path)
    assert (images.gather(np.arange(70)) == 7).all()
    assert ("will be built again" in caplog.text) == (harm != "pixels gone")


def test_a_disk_without_room_is_named_before_anything_is_decoded(tmp_path: Path) -> None:
    with pytest.raises(FsimError, match=r"needs 3000000\.\d\d GB in .*caches, where .* GB are free.*FSIM_CACHE_DIR"):
        open_image_cache(of_pixels(np.zeros((1, 4, 4), np.uint8)), Preparation(31_622_777), folder=tmp_path / "caches")
    assert contents(tmp_path / "caches") == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(FsimError, match=r"Can't write the image cache to .*FSIM_CACHE_DIR"):
        open_image_cache(of_pixels(np.zeros((1, 4, 4), np.uint8)), Preparation(4), folder=tmp_path / "file" / "caches")


def numbered(num_images: int) -> Catalog:
    return of_pixels((np.arange(num_images) % 251).astype(np.uint8).repeat(16).reshape(num_images, 4, 4))


BUILDER = """
import runpy, sys
from pathlib import Path
from fsim.images.image_cache import open_image_cache
from fsim.images.preparation import Preparation

def pause(done, total):
    print("built", done, flush=True)
    if done == 64:
        sys.stdin.readline()

test = runpy.run_path(sys.argv[1])
catalog = test["numbered"](test["BLOCKS"])
open_image_cache(catalog, Preparation(4), folder=Path(sys.argv[2]), workers=1, progress=pause)
print("done", flush=True)
"""


@contextmanager
def builder(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process: it has built a part of the cache of `numbered(BLOCKS)`, and waits for a line on stdin."""
    command = [sys.executable, "-c", BUILDER, __file__, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "built 64\n"
            yield process
        finally:
            process.kill()


def test_two_processes_build_once(tmp_path: Path) -> None:
    class WhenItWaits(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            assert "waiting for it" in record.getMessage()
            assert [Path(name).suffix for name in contents(tmp_path)] == [".building"]
            first.stdin.write("go on\n")
            first.stdin.flush()

    handler, progress = WhenItWaits(), Progress()
    logging.getLogger("fsim.images.image_cache").addHandler(handler)
    try:
        with builder(tmp_path) as first:
            images = open_image_cache(numbered(BLOCKS), Preparation(4), folder=tmp_path, progress=progress)
            assert first.stdout.read().endswith("done\n")
    finally:
        logging.getLogger("fsim.images.image_cache").removeHandler(handler)
    assert progress.calls == []
    assert contents(tmp_path) == [images.folder.name]
    assert (images.gather(np.arange(BLOCKS))[:, 0, 0, 0].numpy() == np.arange(BLOCKS) % 251).all()


def test_a_killed_build_leaves_no_broken_cache(tmp_path: Path) -> None:
    with builder(tmp_path) as process:
        process.kill()  # SIGKILL
    (remains,) = contents(tmp_path)
    assert remains.endswith(".building")
    open_image_cache(numbered(3), Preparation(4), folder=tmp_path)  # the build of another cache clears away
    assert remains not in contents(tmp_path)
    images = open_image_cache(numbered(BLOCKS), Preparation(4), folder=tmp_path)
    assert (images.gather(np.arange(BLOCKS))[:, 0, 0, 0].numpy() == np.arange(BLOCKS) % 251).all()


def test_remains_of_the_same_cache_are_replaced(tmp_path: Path) -> None:
    remains = tmp_path / f"{cache_key(numbered(3), Preparation(4))}.building"
    remains.mkdir()
    (remains / "pixels.npy").write_bytes(b"half")
    images = open_image_cache(numbered(3), Preparation(4), folder=tmp_path)
    assert (images.gather(np.arange(3))[:, 0, 0, 0].numpy() == np.arange(3)).all()
    assert contents(tmp_path) == [images.folder.name]


def test_what_another_process_is_building_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "other.building").mkdir()
    with FileLock(tmp_path / "other.lock"):
        open_image_cache(numbered(3), Preparation(4), folder=tmp_path)
        assert "other.building" in contents(tmp_path)
    open_image_cache(numbered(4), Preparation(4), folder=tmp_path)
    assert "other.building" not in contents(tmp_path)


def test_a_disk_that_fills_up_is_named(tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
    try:
        with pytest.raises(FsimError, match=r"The image cache needs 0\.00 GB in .* set FSIM_CACHE_DIR"):
            open_image_cache(numbered(2000), Preparation(4), folder=tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert contents(tmp_path) == []


def test_an_interrupted_build_leaves_nothing(tmp_path: Path) -> None:
    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        open_image_cache(numbered(BLOCKS), Preparation(4), folder=tmp_path, progress=interrupt)
    assert contents(tmp_path) == []

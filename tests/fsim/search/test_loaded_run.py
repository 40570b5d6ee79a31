"""`fsim.load`: a run reopened in Python."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import fsim as fsim_package
from fsim.errors import FsimError
from fsim.evaluation.embedding import BATCH_SIZE
from fsim.search.loaded_run import LoadedRun
from fsim.search.searcher import Searcher

Fsim = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, small_recipe_text: str, fsim: Fsim) -> Path:
    out = tmp_path_factory.mktemp("trained")
    (out / "small.yaml").write_text(small_recipe_text, encoding="utf-8")
    done = fsim("run", out / "small.yaml", "train.epochs=1", "evaluation.flip=true", "--out", out / "runs")
    assert done.returncode == 0, done.stderr
    return next((out / "runs" / "small").iterdir())


@pytest.fixture(scope="module")
def trained(run: Path) -> LoadedRun:
    return fsim_package.load(run, device="cpu")


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A PNG, of which every way in gives the same pixels."""
    file = tmp_path_factory.mktemp("pictures") / "noise.png"
    Image.fromarray(noise(0)).save(file)
    return file


def noise(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (50, 40, 3), dtype=np.uint8)


def test_a_run_says_what_it_is(trained: LoadedRun, run: Path, pictures: Path) -> None:
    assert trained.recipe.name == "small" and trained.device == "cpu"
    assert (trained.dimensions, trained.distance, trained.epoch) == (8, "euclidean", 1)
    assert trained.category_names == ["hat", "shoes", "skirt"] and trained.vocabulary is None
    assert sorted(trained.catalog.frame["split"].unique()) == ["train", "val"]
    assert trained.catalog.root == pictures
    assert repr(trained) == f"<{run}: best network, epoch 1, on cpu>"
    last = fsim_package.load(str(run), "last")
    assert last.checkpoint == run / "checkpoints" / "last.pt"
    assert fsim_package.load(run, run / "checkpoints" / "last.pt").weights == last.weights


def test_what_embed_gives_is_what_the_evaluation_measured(
    trained: LoadedRun, run: Path, pictures: Path, fsim: Fsim
) -> None:
    assert fsim("evaluate", run).returncode == 0
    (table,) = (run / "embeddings").glob("*/catalog.parquet")
    images = [pictures / name for name in pd.read_parquet(table)["image"]]
    assert len(images) == 12
    np.testing.assert_array_equal(trained.embed(images), np.load(table.parent / "embedding.npy"))


def test_paths_bytes_pillow_images_and_arrays_give_the_same(trained: LoadedRun, picture: Path) -> None:
    pixels = noise(0)
    grey = np.asarray(Image.fromarray(pixels).convert("L"))
    with Image.open(picture) as opened:
        ways = [str(picture), picture, picture.read_bytes(), opened, pixels, grey, Image.fromarray(grey)]
        found = trained.embed(way for way in ways)
    assert found.dtype == np.float32 and found.shape == (7, 8)
    for row in found[1:5]:
        np.testing.assert_array_equal(row, found[0])
    np.testing.assert_array_equal(found[6], found[5])
    assert not np.array_equal(found[5], found[0])


def test_a_pillow_image_is_turned_upright_and_its_clear_parts_are_white(trained: LoadedRun) -> None:
    turned, exif = Image.fromarray(noise(1)), Image.Exif()
    exif[0x0112] = 3  # by half a turn
    file = io.BytesIO()
    turned.save(file, "PNG", exif=exif)
    clear = Image.new("RGBA", (20, 20), (255, 0, 0, 0))
    found = trained.embed([Image.open(file), noise(1)[::-1, ::-1], clear, np.full((20, 20, 3), 255, np.uint8)])
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[2], found[3])


def test_more_than_a_batch_keeps_its_order(trained: LoadedRun) -> None:
    images = [noise(seed) for seed in range(BATCH_SIZE + 3)]
    together = trained.embed(images)
    alone = np.concatenate([trained.embed([images[at]]) for at in (0, BATCH_SIZE - 1, BATCH_SIZE, BATCH_SIZE + 2)])
    np.testing.assert_allclose(together[[0, BATCH_SIZE - 1, BATCH_SIZE, BATCH_SIZE + 2]], alone, atol=1e-4)


def test_a_box_is_the_part_that_is_looked_at(trained: LoadedRun) -> None:
    pixels = noise(2)
    found = trained.embed([pixels, pixels], boxes=[(5, 10, 35, 40), None])
    np.testing.assert_array_equal(found, trained.embed([pixels[10:40, 5:35], pixels]))
    with pytest.raises(FsimError, match="as many boxes as images"):
        trained.embed([pixels, pixels], boxes=[None])


def test_nothing_gives_no_rows(trained: LoadedRun) -> None:
    assert trained.embed([]).shape == (0, 8)


@pytest.mark.parametrize(
    ("image", "named"),
    [
        ("missing.jpg", r"image 1 \(missing.jpg\) can't be used: no such file"),
        (b"", r"image 1 \(bytes\) can't be used: empty file"),
        (
            np.zeros((4, 4), np.float32),
            r"image 1 \(ndarray\) can't be used: an array of float32 \[4, 4\], not of uint8",
        ),
        (np.zeros((3, 4, 4), np.uint8), r"image 1 \(ndarray\) .* \[3, 4, 4\], not of uint8 \[H, W\] or \[H, W, 3\]"),
        (np.zeros((0, 4, 3), np.uint8), "an array without a pixel"),
        (Image.new("F", (4, 4)), "floating-point pixels"),
        (3, r"image 1 \(int\) can't be used: int is no path, no Pillow image and no array"),
    ],
    ids=["missing", "empty", "float", "channels first", "no pixel", "mode F", "int"],
)
def test_an_image_that_cannot_be_used_is_named(trained: LoadedRun, image: object, named: str) -> None:
    with pytest.raises(FsimError, match=named):
        trained.embed([noise(0), image, noise(1)])  # type: ignore[list-item]


def test_a_truncated_file_is_named_by_its_path_through_pillow_too(trained: LoadedRun, tmp_path: Path) -> None:
    file = tmp_path / "cut.jpg"
    Image.fromarray(noise(3)).save(file)
    file.write_bytes(file.read_bytes()[:-200])
    with Image.open(file) as opened:
        for image in (file, opened):
            with pytest.raises(FsimError, match=rf"image 0 \({file}\) can't be used: .*truncated"):
                trained.embed([image])


@pytest.mark.parametrize(
    "image", ["a.jpg", Path("a.jpg"), b"x", Image.new("RGB", (4, 4))], ids=["str", "path", "bytes", "PIL"]
)
def test_one_image_is_no_list(trained: LoadedRun, image: object) -> None:
    with pytest.raises(FsimError, match="give a list"):
        trained.embed(image)  # type: ignore[arg-type]


def test_texts_are_for_networks_that_read(trained: LoadedRun) -> None:
    with pytest.raises(FsimError, match=r"does not read: train one with model.text_encoder"):
        trained.embed_text(["a hat"])


def test_a_run_is_measured_again_as_by_the_command(trained: LoadedRun, run: Path, fsim: Fsim) -> None:
    (line,) = trained.evaluate(split="train")
    by_command = json.loads(fsim("evaluate", run, "--split", "train", "--json").stdout)
    assert line.metrics == by_command[0]["metrics"] and line.split == "train"
    (line,) = trained.evaluate("evaluation.flip=false")
    assert "flip" not in line.protocol.content
    with pytest.raises(FsimError, match="the network is the run's"):
        trained.evaluate("train.epochs=3")


def test_an_index_has_the_embeddings_and_finds_them(trained: LoadedRun, pictures: Path, fsim: Fsim, run: Path) -> None:
    made = trained.index(pictures, split="val", kind="annoy", parameters={"trees": 3})
    index = made.index
    images = list(index.images.frame["image"])
    assert len(images) == 12 and index.passport.parameters == {"trees": 3}
    vectors = trained.embed(images)
    np.testing.assert_array_equal(np.asarray(index.embedding), vectors)
    for searcher in (made, Searcher.open(run / "indexes" / "default")):
        answers = searcher.search(images[:3], k=1)
        assert [[one["image"] for one in found] for found in answers] == [[image] for image in images[:3]]
    (hats,) = made.search(images[-1:], filters={"category": ["hat"]}, fold=True)
    assert {one["category"] for one in hats} == {"hat"}
    added = trained.index(action="add", split="train").index
    assert added.search(vectors, 1).ids[:, 0].tolist() == list(range(12))
    assert fsim("search", run, images[0], "-k", 1, "--json").returncode == 0
    with pytest.raises(FsimError, match="is there already"):
        trained.index(pictures)


def test_what_is_not_there_is_named(run: Path, tmp_path: Path) -> None:
    with pytest.raises(FsimError, match="is not the folder of a run"):
        fsim_package.load(tmp_path)
    with pytest.raises(FsimError, match="there is no checkpoint"):
        fsim_package.load(run, "epoch-0009")
    with pytest.raises(FsimError, match="there is no device 'gpu'"):
        fsim_package.load(run, device="gpu")


def test_import_fsim_is_instant() -> None:
    code = "import sys, fsim\nprint(sorted({'torch', 'numpy', 'pandas', 'PIL', 'pydantic'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"

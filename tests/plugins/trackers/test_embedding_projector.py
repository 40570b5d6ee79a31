"""What the tracker writes, as a real TensorBoard serves it and a real browser shows it."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import numpy as np
import pytest
from PIL import Image

from fsim.interfaces import EmbeddedImages
from fsim_plugins.trackers.embedding_projector import MOST_PIXELS, metadata, sprite_of
from fsim_plugins.trackers.tensorboard import TensorBoard

NUM_IMAGES, DIM, SIZE = 30, 8, 16
ATTEMPTS = 4  # at a picture
FAULT = r"uncaught|exception|failed to load|status of [45]\d\d"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def embedded_images(categories: list[str] | None = None, items: list[str] | None = None) -> EmbeddedImages:
    rng = np.random.default_rng(0)
    colours = rng.integers(0, 255, (NUM_IMAGES, 1, 1, 3), np.uint8)
    return EmbeddedImages(
        split="val",
        embedding=rng.normal(size=(NUM_IMAGES, DIM)).astype(np.float32),
        names=[f"val/{number}\t.jpg" for number in range(NUM_IMAGES)],
        categories=categories or [f"category {number % 3}" for number in range(NUM_IMAGES)],
        items=items or [""] * NUM_IMAGES,
        thumbnails=np.broadcast_to(colours, (NUM_IMAGES, SIZE, SIZE, 3)),
    )


@pytest.fixture(scope="module")
def tensorboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a TensorBoard over a folder of one run."""
    runs = tmp_path_factory.mktemp("runs")
    tracker = TensorBoard(runs / "run")
    tracker.log(3, {"val/exact/recall@1": 0.5})
    tracker.show(3, embedded_images())
    tracker.close()
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(runs), "--host", "127.0.0.1", "--port", "0"]
    with subprocess.Popen([*command, "--load_fast=false"], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        said = []
        try:
            for line in process.stderr:
                said.append(line)
                if found := re.search(r"at (http://127\.0\.0\.1:\d+/)", line):
                    yield found[1]
                    break
            else:
                pytest.fail("TensorBoard did not start:\n" + "".join(said))
        finally:
            process.terminate()
            process.stderr.close()


def served(tensorboard: str, route: str) -> bytes:
    with urlopen(f"{tensorboard}data/plugin/projector/{route}", timeout=60) as answer:
        return bytes(answer.read())


def test_tensorboard_serves_what_was_written(tensorboard: str) -> None:
    images = embedded_images()
    (run,) = json.loads(served(tensorboard, "runs"))
    assert run == "run/tensorboard"
    (info,) = json.loads(served(tensorboard, f"info?run={run}"))["embeddings"]
    assert info["tensorName"] == "val"
    assert info["tensorShape"] == [NUM_IMAGES, DIM]
    assert info["sprite"]["singleImageDim"] == [SIZE, SIZE]
    tensor = np.frombuffer(served(tensorboard, f"tensor?run={run}&name=val"), np.float32)
    np.testing.assert_allclose(tensor.reshape(NUM_IMAGES, DIM), images.embedding, rtol=1e-5)
    header, *rows = served(tensorboard, f"metadata?run={run}&name=val").decode().splitlines()
    assert header == "image\tcategory"
    assert rows[:2] == ["val/0 .jpg\tcategory 0", "val/1 .jpg\tcategory 1"]
    assert len(rows) == NUM_IMAGES
    sprite = np.asarray(Image.open(io.BytesIO(served(tensorboard, f"sprite_image?run={run}&name=val"))))
    assert sprite.shape == (6 * SIZE, 6 * SIZE, 3)
    np.testing.assert_array_equal(sprite[SIZE : 2 * SIZE, :SIZE], images.thumbnails[6])  # row-major
    assert (sprite[-SIZE:] == 255).all()


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")
def test_a_browser_shows_it_without_errors(tensorboard: str, tmp_path: Path) -> None:
    picture = tmp_path / "projector.png"
    options = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--use-angle=swiftshader",
        "--enable-unsafe-swiftshader",
        "--enable-logging=stderr",
        "--window-size=1600,1000",
    ]
    where = [f"--user-data-dir={tmp_path / 'profile'}", f"--screenshot={picture}", f"{tensorboard}#projector"]
    colours = {tuple(colour) for colour in embedded_images().thumbnails[:, 0, 0].tolist()}
    for attempt in range(ATTEMPTS):
        budget = f"--virtual-time-budget={20_000 * 2**attempt}"  # milliseconds of the page's clock
        done = subprocess.run([str(CHROMIUM), *options, budget, *where], capture_output=True, text=True, timeout=240)
        assert picture.is_file(), done.stderr
        console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
        errors = [line for line in console if re.search(FAULT, line, re.IGNORECASE)]
        assert not errors, errors
        pixels = np.asarray(Image.open(picture).convert("RGB")).reshape(-1, 3)[::3]
        shown = {tuple(colour) for colour in pixels.tolist()}
        if len(colours & shown) > NUM_IMAGES / 2:
            break  # on a busy machine the screenshot may be taken before the graphics are there
    assert len(colours & shown) > NUM_IMAGES / 2, "the thumbnails are not on the screen"


def test_metadata_of_one_column_has_no_header() -> None:
    lines = metadata(embedded_images(categories=[""] * NUM_IMAGES)).splitlines()
    assert lines[0] == "val/0 .jpg"
    assert len(lines) == NUM_IMAGES


def test_metadata_has_the_items_that_are_known() -> None:
    lines = metadata(embedded_images(items=["", *["a coat"] * (NUM_IMAGES - 1)])).splitlines()
    assert lines[:3] == ["image\tcategory\titem", "val/0 .jpg\tcategory 0\t", "val/1 .jpg\tcategory 1\ta coat"]


def test_a_sprite_is_never_larger_than_a_browser_takes() -> None:
    sprite, size = sprite_of(np.zeros((129**2, 64, 64, 3), np.uint8))
    assert size == 63
    assert sprite.size == (129 * 63, 129 * 63)
    assert sprite.width <= MOST_PIXELS


def test_a_tracker_may_do_without_images(tmp_path: Path) -> None:
    assert TensorBoard(tmp_path, max_images=0).max_images == 0

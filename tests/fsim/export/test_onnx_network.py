"""An exported network, and what is no such thing."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fsim.errors import FsimError
from fsim.export import as_onnx
from fsim.export.onnx_network import OnnxNetwork
from fsim.images.preparation import Preparation

from .tiny import SIZE, pixels, tiny


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    about = {
        "format": "onnx",
        "format_version": 1,
        "model": "model.onnx",
        "image": {"size": SIZE, "resize": "crop", "box": "crop", "box_padding": 2},
        "normalisation": {"mean": [0.5, 0.4, 0.3], "std": [0.2, 0.3, 0.4]},
        "flip": {"mean_with_mirror_image": False},
        "outputs": {"embedding": {"size": 5, "distance": "cosine"}, "logits": {"size": 2, "names": ["hat", "skirt"]}},
    }
    (tmp_path / "preprocessing.json").write_text(json.dumps(about))
    (tmp_path / "model.onnx").write_bytes(as_onnx.model_bytes(tiny(), pixels(2)))
    return tmp_path


def test_it_gives_what_was_exported(folder: Path) -> None:
    network, images = OnnxNetwork(folder, threads=1), pixels(3)
    expected = tiny()(images)
    assert (network.size, network.dimensions, network.distance) == (SIZE, 5, "cosine")
    assert network.category_names == ["hat", "skirt"]
    np.testing.assert_allclose(network.embed(images.numpy()), expected["embedding"], atol=1e-5)
    np.testing.assert_allclose(network.outputs(images.numpy())["logits"], expected["logits"], atol=1e-5)
    assert network.embed(images.numpy()[:0]).shape == (0, 5)


def test_boxes_are_cut_as_the_run_cut_them(folder: Path, tmp_path: Path) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    Image.fromarray(picture).save(tmp_path / "a.png")
    box = (10.0, 10.0, 30.0, 34.0)
    share = 2 / (SIZE - 4)  # of the box, around it
    padded = (10 - 20 * share, 10 - 24 * share, 30 + 20 * share, 34 + 24 * share)
    expected = Preparation(SIZE, "crop").apply(picture, padded)
    network = OnnxNetwork(folder)
    assert (network.image((tmp_path / "a.png").read_bytes(), box) == expected).all()
    assert (network.image(picture) == Preparation(SIZE, "crop").apply(picture)).all()


def test_what_is_no_export_is_told(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(FsimError, match=r"must be uint8 \[B, 8, 8, 3\]"):
        OnnxNetwork(folder).embed(np.zeros((1, 8, 8, 3), np.float32))  # type: ignore[arg-type]
    (folder / "model.onnx").write_bytes(b"half")
    with pytest.raises(FsimError, match=r"cannot read .*model\.onnx: .*export the run again"):
        OnnxNetwork(folder)
    (folder / "preprocessing.json").write_text('{"format": "torchscript", "format_version": 1}')
    with pytest.raises(FsimError, match=r"is an export to torchscript"):
        OnnxNetwork(folder)
    with pytest.raises(FsimError, match=r"is no export of a run; make one: fsim export"):
        OnnxNetwork(tmp_path / "none")

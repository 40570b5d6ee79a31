"""Each format gives what the network gives, for batches of any size."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from fsim.errors import FsimError
from fsim.evaluation.embedding import mean_with_mirrored
from fsim.export import as_onnx
from fsim.export.export_run import model_bytes
from fsim.export.formats import FORMATS, format_named
from fsim.export.pixel_network import PixelNetwork
from fsim.images.normalise import Normalise
from fsim.model.network import Network

from .tiny import Backbone, Head, pixels, tiny


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("name", FORMATS)
def test_outputs_are_those_of_the_network(name: str, flip: bool, tmp_path: Path) -> None:
    network, form = tiny(flip), format_named(name)
    file = tmp_path / form.FILE
    file.write_bytes(form.model_bytes(network, pixels(2)))
    model = form.open_model(file, network)
    for count in (1, 2, 17):
        images = pixels(count)
        normalised = ((images / 255 - torch.tensor([0.5, 0.4, 0.3])) / torch.tensor([0.2, 0.3, 0.4])).permute(
            0, 3, 1, 2
        )
        expected = network.network(normalised)
        if flip:
            expected = mean_with_mirrored(expected, network.network(normalised.flip(-1)), "cosine")
        found = model(images.numpy())
        assert list(found) == ["embedding", "logits"]
        for output, values in found.items():
            assert values.dtype == np.float32
            np.testing.assert_allclose(values, expected[output].numpy(), atol=1e-5)


@pytest.mark.parametrize("name", FORMATS)
def test_all_weights_come_from_the_file(name: str, tmp_path: Path) -> None:
    network, form = tiny(), format_named(name)
    file = tmp_path / form.FILE
    file.write_bytes(form.model_bytes(network, pixels(2)))
    expected = network(pixels(3))["embedding"].numpy()
    for values in network.network.parameters():
        values.fill_(7)
    np.testing.assert_allclose(form.open_model(file, network)(pixels(3).numpy())["embedding"], expected, atol=1e-5)


def test_the_exporter_of_older_versions_of_torch_gives_the_same(tmp_path: Path) -> None:
    network, file = tiny(flip=True), tmp_path / "model.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        file.write_bytes(as_onnx.by_tracing(network, pixels(2)))
    model = as_onnx.open_model(file, network)
    for count in (1, 17):
        expected = network(pixels(count))["embedding"].numpy()
        np.testing.assert_allclose(model(pixels(count).numpy())["embedding"], expected, atol=1e-5)


class Wavering(Backbone):
    """Goes one way or the other by what it sees."""

    def forward(self, images: Tensor) -> Tensor:
        features = super().forward(images)
        return features if features.sum() > 1 else -features


def test_a_network_that_the_format_cannot_say_is_told() -> None:
    network = PixelNetwork(Network(Wavering(), Head()), Normalise([0.5] * 3, [0.2] * 3), flip=False)
    with pytest.raises(FsimError, match=r"cannot be written as onnx: .*; take another --to"):
        model_bytes(as_onnx, "onnx", network, pixels(2))


def test_a_missing_package_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    with pytest.raises(FsimError, match=r"needs the package onnxscript: pip install 'fsim\[onnx\]'"):
        format_named("onnx")
    assert format_named("torchscript").FILE == "model.pt"

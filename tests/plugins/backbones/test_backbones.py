from __future__ import annotations

import io
import urllib.error
from pathlib import Path

import pytest
import safetensors.torch
import torch

from fsim.errors import FsimError
from fsim_plugins.backbones.resnet import resnet18, resnet50
from fsim_plugins.backbones.vgg import vgg11, vgg16
from fsim_plugins.torchvision_import import import_torchvision


@pytest.mark.parametrize(
    ("backbone", "size"),
    [
        (lambda: resnet18(), 96),
        (lambda: resnet18(stem_stride=2), 28),
        (lambda: resnet18(stem_stride=1), 28),
        (lambda: resnet50(), 64),
        (lambda: vgg11(), 64),
        (lambda: vgg11(num_pools=3), 28),
    ],
)
def test_images_become_features(backbone: object, size: int) -> None:
    network = backbone().eval()  # type: ignore[operator]
    assert network(torch.zeros(2, 3, size, size)).shape == (2, network.out_features)


def test_the_stem_decides_how_much_is_seen_of_small_images() -> None:
    sizes = {}
    for stride in (1, 2, 4):
        network = resnet18(stem_stride=stride).network
        network.layer1.register_forward_hook(
            lambda module, given, out, stride=stride: sizes.update({stride: out.shape[-1]})
        )
        network.eval()(torch.zeros(1, 3, 32, 32))
    assert sizes == {1: 32, 2: 16, 4: 8}


def test_it_is_torchvisions_network() -> None:
    reference = import_torchvision("torchvision.models").resnet18()
    state = reference.state_dict()
    file = io.BytesIO()
    torch.save(state, file)
    ours = resnet18().network
    ours.load_state_dict({name: value for name, value in state.items() if not name.startswith("fc.")})
    reference.fc = torch.nn.Identity()
    images = torch.randn(2, 3, 64, 64)
    torch.testing.assert_close(ours.eval()(images), reference.eval()(images))


def test_vgg16_has_no_batch_norm_and_fc7() -> None:
    network = vgg16(layer="fc7")
    assert network.out_features == 4096
    assert not [module for module in network.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    assert network.eval()(torch.zeros(1, 3, 64, 64)).shape == (1, 4096)


def _of_run(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {f"backbone.network.{name}": value for name, value in weights.items()} | {"head.weight": torch.ones(2)}


def _write(file: Path, kind: str, weights: dict[str, torch.Tensor]) -> None:
    """Weights in a file of some kind; those of a run that has a moving average are other ones than it learned."""
    if kind == "state dict":
        torch.save(weights, file)
    elif kind == "safetensors of a run":
        safetensors.torch.save_file(_of_run(weights), file)
    elif kind == "checkpoint of a run":
        torch.save({"model": _of_run(weights), "average": None, "format": 1}, file)
    else:
        learned = {name: torch.zeros_like(value) for name, value in weights.items()}
        average = {f"module.{name}": value for name, value in _of_run(weights).items()}
        average["n_averaged"] = torch.tensor(3)
        torch.save({"model": _of_run(learned), "average": average, "format": 1}, file)


@pytest.mark.parametrize(
    "kind", ["state dict", "safetensors of a run", "checkpoint of a run", "checkpoint with a moving average"]
)
def test_weights_from_a_file(tmp_path: Path, kind: str) -> None:
    source = resnet18()
    file = tmp_path / ("w.safetensors" if kind.startswith("safetensors") else "w.pt")
    _write(file, kind, source.network.state_dict())
    loaded = resnet18(weights=str(file))
    images = torch.randn(2, 3, 64, 64)
    torch.testing.assert_close(loaded.eval()(images), source.eval()(images))
    small = resnet18(weights=str(file), stem_stride=2)  # all but the stem fits
    torch.testing.assert_close(small.network.layer4[0].conv1.weight, source.network.layer4[0].conv1.weight)


def test_weights_that_do_not_fit_are_told(tmp_path: Path) -> None:
    torch.save(vgg11().network.state_dict(), tmp_path / "vgg.pt")
    with pytest.raises(FsimError, match="do not fit resnet18"):
        resnet18(weights=str(tmp_path / "vgg.pt"))
    (tmp_path / "text.pt").write_text("no weights")
    with pytest.raises(FsimError, match="cannot read weights"):
        resnet18(weights=str(tmp_path / "text.pt"))
    torch.save([1, 2], tmp_path / "list.pt")
    with pytest.raises(FsimError, match="holds no state dict"):
        resnet18(weights=str(tmp_path / "list.pt"))
    with pytest.raises(FsimError, match="neither a file nor a name"):
        resnet18(weights="IMAGENET1K_V9")


def test_a_pickle_that_would_run_code_is_refused(tmp_path: Path) -> None:
    import os
    import pickle

    class Attack:
        def __reduce__(self) -> object:
            return os.mkdir, (str(tmp_path / "attacked"),)

    (tmp_path / "attack.pt").write_bytes(pickle.dumps(Attack(), protocol=2))
    with pytest.raises(FsimError, match="cannot read weights"):
        resnet18(weights=str(tmp_path / "attack.pt"))
    assert not (tmp_path / "attacked").exists()


def test_a_download_that_fails_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise urllib.error.URLError("no network")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr("torch.hub.download_url_to_file", refuse)
    with pytest.raises(FsimError, match=r"on a machine with a network get .*resnet18-.*checkpoints/resnet18-\w+\.pth"):
        resnet18(weights="DEFAULT")
    with caplog.at_level("WARNING"):
        resnet18(weights="DEFAULT or random")
    assert "RANDOM weights" in caplog.text and "on a machine with a network" in caplog.text
    with pytest.raises(FsimError, match="neither a file nor a name"):
        resnet18(weights="DEFOULT or random")


def test_weights_of_a_backbone_with_three_stages_fit_it_again(tmp_path: Path) -> None:
    source = resnet18(stem_stride=1, num_stages=3)
    torch.save(source.network.state_dict(), tmp_path / "w.pt")
    loaded = resnet18(weights=str(tmp_path / "w.pt"), stem_stride=1, num_stages=3)
    images = torch.randn(2, 3, 32, 32)
    torch.testing.assert_close(loaded.eval()(images), source.eval()(images))


def test_nothing_stays_random_in_silence(tmp_path: Path) -> None:
    torch.save(resnet18(stem_stride=1).network.state_dict(), tmp_path / "stem.pt")
    with pytest.raises(FsimError, match=r"first: conv1\.weight"):
        resnet18(weights=str(tmp_path / "stem.pt"))
    torch.save(vgg11().network.state_dict(), tmp_path / "pool.pt")
    with pytest.raises(FsimError, match=r"first: classifier\.0\.weight"):
        vgg11(weights=str(tmp_path / "pool.pt"), layer="fc7")


def test_a_home_folder_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    torch.save(resnet18().network.state_dict(), tmp_path / "w.pt")
    resnet18(weights="~/w.pt")

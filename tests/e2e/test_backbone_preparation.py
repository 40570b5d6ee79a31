"""A backbone states its own size, mean, interpolation and crop: training, index, search and export agree on them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from PIL import Image
from torch import Tensor, nn

import fsim
from fsim.cli import main
from fsim.export.onnx_network import OnnxNetwork
from fsim.functional.distances import unit
from fsim.images.preparation import Preparation
from fsim.interfaces import BackbonePreparation
from fsim.plugin.registry import register, unregister
from fsim.search.search_index import SearchIndex
from fsim_plugins.torchvision_import import import_torchvision

STATED = BackbonePreparation(48, "crop", 0.875, "bicubic", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
PREPARED = Preparation(48, "crop", 0.875, "bicubic", mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))


class TinyVit(nn.Module):
    """A vision transformer of one layer, whose positions are those of 48 px."""

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, width, 8, stride=8)
        self.positions = nn.Parameter(torch.randn(1, 36, width) * 0.1)
        self.layer = nn.TransformerEncoderLayer(width, 2, 2 * width, dropout=0.0, batch_first=True)
        self.out_features = width

    def forward(self, images: Tensor) -> Tensor:
        tokens = self.patches(images).flatten(2).transpose(1, 2) + self.positions  # [B, 36, F]
        return self.layer(tokens).mean(1)  # type: ignore[no-any-return]


class OfTheClass(TinyVit):
    preparation = STATED


class OfTheInstance(TinyVit):
    def __init__(self, width: int = 16) -> None:
        super().__init__(width)
        self.preparation = STATED


@pytest.fixture(params=[OfTheClass, OfTheInstance])
def vit(request: pytest.FixtureRequest) -> Iterator[type[TinyVit]]:
    register("backbone", "tiny_vit")(request.param)
    yield request.param
    unregister("backbone", "tiny_vit")


@pytest.fixture
def recipe(small_recipe_text: str, tmp_path: Path) -> Path:
    value = yaml.safe_load(small_recipe_text)
    del value["data"]["image_size"]
    value["model"]["backbone"] = {"name": "tiny_vit"}
    file = tmp_path / "vit.yaml"
    file.write_text(yaml.safe_dump(value | {"name": "vit", "trackers": []}), encoding="utf-8")
    return file


def command(*arguments: object) -> None:
    with pytest.raises(SystemExit) as ended:
        main([str(one) for one in arguments])
    assert ended.value.code == 0


def timm_evaluation(picture: Path) -> Tensor:
    """What timm's evaluation transform gives of a picture: float32 [3, 48, 48]."""
    v2 = import_torchvision("torchvision.transforms.v2")
    bicubic = v2.InterpolationMode.BICUBIC
    steps = [v2.Resize(54, bicubic), v2.CenterCrop(48), v2.PILToTensor(), v2.ToDtype(torch.float32, scale=True)]
    transform = v2.Compose([*steps, v2.Normalize([0.5] * 3, [0.5] * 3)])  # floor(48 / 0.875) = 54
    return transform(Image.open(picture).convert("RGB"))  # type: ignore[no-any-return]


def test_training_index_search_and_export_agree(
    vit: type[TinyVit], recipe: Path, pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command("run", recipe, "--out", tmp_path / "runs", "train.epochs=1")
    assert "the backbone tiny_vit states: image_size 48, resize crop, crop_share 0.875" in capsys.readouterr().out
    (folder,) = (tmp_path / "runs" / "vit").iterdir()
    text = (folder / "recipe.yaml").read_text(encoding="utf-8")
    assert "  image_size: 48  # from the backbone\n" in text and text.count("# from the backbone") == 6

    run = fsim.load(folder, device="cpu")
    assert run.preparation == PREPARED
    picture = pictures / "val" / "hat" / "1.jpg"
    square = run.prepare(picture.read_bytes())
    seen = (torch.from_numpy(square).permute(2, 0, 1) / 255 - 0.5) / 0.5
    assert (seen - timm_evaluation(picture)).abs().max() <= 2 / 255 + 1e-6  # a grey level

    command("index", folder, "--images", pictures, "--split", "val")
    index = SearchIndex.open(folder / "indexes" / "default")
    assert index.passport.embedded_by.preparation == PREPARED
    files = [str(one) for one in index.images.columns["image"]]
    np.testing.assert_allclose(run.embed(files), index.embedding, atol=1e-5)

    capsys.readouterr()
    command("search", folder, picture, "-k", "3", "--json")
    first = json.loads(capsys.readouterr().out)["results"][0]
    assert first["image"] == str(picture) and first["score"] == pytest.approx(0, abs=1e-3)

    pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    command("export", folder, "--to", "onnx")
    network = OnnxNetwork(folder / "exports" / "onnx")
    assert network.preparation == PREPARED
    assert (network.image(picture.read_bytes()) == square).all()
    exported = network.embed(network.image(picture.read_bytes())[None])
    found = [torch.from_numpy(one) for one in (exported, run.embed([picture]))]
    np.testing.assert_allclose(unit(found[0]), unit(found[1]), atol=1e-2 if run.machine.precision == "bf16" else 1e-4)
    model_card = (folder / "exports" / "onnx" / "README.md").read_text(encoding="utf-8")
    code = model_card.partition("```python\n")[2].partition("```")[0]
    names = run_code(code.replace("query.jpg", str(picture)), folder / "exports" / "onnx")
    assert (np.asarray(names["pixels"][0]) == square).all()


def run_code(code: str, folder: Path) -> dict[str, Any]:
    """Run the code of a model card in the export's folder."""
    names: dict[str, Any] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        exec(code, names)
    return names


def test_the_recipe_overrides_key_by_key_and_a_resumed_run_asks_no_backbone(
    vit: type[TinyVit], recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    overrides = ["data.interpolation=bilinear", "data.mean=auto", "train.epochs=1"]
    command("run", recipe, "--out", tmp_path / "runs", *overrides)
    (folder,) = (tmp_path / "runs" / "vit").iterdir()
    prepared = fsim.load(folder, device="cpu").preparation
    assert (prepared.size, prepared.interpolation, prepared.crop_share) == (48, "bilinear", 0.875)
    assert prepared.mean != (0.5, 0.5, 0.5) and prepared.std == (0.5, 0.5, 0.5)

    other = BackbonePreparation(48, interpolation="bicubic", resize="squash", mean=(0.1, 0.1, 0.1))
    if vit is OfTheClass:
        monkeypatch.setattr(vit, "preparation", other)
    text = (folder / "recipe.yaml").read_text(encoding="utf-8").replace("  epochs: 1", "  epochs: 2")
    (folder / "recipe.yaml").write_text(text, encoding="utf-8")
    command("resume", folder, "--allow", "train.epochs")
    assert (folder / "recipe.yaml").read_text(encoding="utf-8") == text
    assert fsim.load(folder, device="cpu").preparation == prepared


def test_a_class_says_before_anything_is_built(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    register("backbone", "tiny_vit")(OfTheClass)
    try:
        command("validate", recipe)
        assert "the backbone tiny_vit states: image_size 48," in capsys.readouterr().out
        command("describe", "backbone", "tiny_vit")
        assert "  stated preparation: size 48, resize crop, crop_share 0.875, " in capsys.readouterr().out
    finally:
        unregister("backbone", "tiny_vit")


def test_a_run_made_before_a_backbone_could_state_anything_goes_on_as_it_began(
    recipe: Path, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    register("backbone", "tiny_vit")(TinyVit)
    try:
        given = ["data.image_size=48", "data.mean=[0.4, 0.5, 0.6]", "data.std=[0.2, 0.2, 0.2]", "data.resize=crop"]
        command("run", recipe, "--out", tmp_path / "runs", "train.epochs=1", *given)
        (folder,) = (tmp_path / "runs" / "vit").iterdir()
        before = fsim.load(folder, device="cpu").preparation
        lines = (folder / "recipe.yaml").read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [line for line in lines if not line.startswith(("  interpolation:", "  crop_share:"))]
        assert len(kept) == len(lines) - 2  # keys that such a run lacks
        text = "".join(kept).replace("  epochs: 1", "  epochs: 2")
        (folder / "recipe.yaml").write_text(text, encoding="utf-8")
        caches = set((cache / "images").iterdir())
        monkeypatch.setattr(TinyVit, "preparation", STATED, raising=False)
        command("resume", folder, "--allow", "train.epochs")
        assert (folder / "recipe.yaml").read_text(encoding="utf-8") == text
        assert fsim.load(folder, device="cpu").preparation == before
        assert set((cache / "images").iterdir()) == caches, "it learns from the same pixels"
    finally:
        unregister("backbone", "tiny_vit")

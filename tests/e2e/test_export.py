"""fsim export, whole: what is written gives what the run gives, in a process that knows neither torch nor the run."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from fsim.evaluation.trained_run import TrainedRun
from fsim.functional.distances import unit
from fsim.images.preparation import Preparation
from fsim.search.query_embedder import RunEmbedder
from fsim.store.run_folder import RunFolder

Fsim = Callable[..., "subprocess.CompletedProcess[str]"]
TOLERANCE = 1e-4
SIZE = 32
MEAN, STD = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])

WITHOUT_TORCH = """
import sys
from pathlib import Path
import numpy as np
from fsim.export.onnx_network import OnnxNetwork

folder, out, *files = map(Path, sys.argv[1:])
network = OnnxNetwork(folder, threads=1)
images = np.stack([network.image(file.read_bytes()) for file in files])
np.savez(out, images=images, embedding=network.embed(images), none=network.embed(images[:0]))
assert network.category_names == ["hat", "shoes", "skirt"] and network.distance == "cosine", "told"
sys.exit("torch was imported" if "torch" in sys.modules else 0)
"""


@pytest.fixture(scope="module")
def run(fsim: Fsim, small_recipe_text: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose embeddings have length one, and are means of images and mirror images."""
    out = tmp_path_factory.mktemp("out")
    (out / "small.yaml").write_text(small_recipe_text, encoding="utf-8")
    changes = ("model.head.name=siam_cat_cos", "evaluation.flip=true", "data.resize=pad", "train.ema_decay=0.5")
    done = fsim("run", out / "small.yaml", *changes, "losses=[{name: cosine_contrastive}]", "--out", out / "runs")
    assert done.returncode == 0, done.stderr
    return next((out / "runs" / "small").iterdir())


def embeddings(run: Path, images: np.ndarray, flip: bool = True) -> np.ndarray:
    """uint8 [B, S, S, 3] -> [B, D] of the best network in fp32, by the slow way: image by image, all written out."""
    folder = RunFolder(run)
    network = TrainedRun.open(folder, "best", device="cpu", precision="fp32").network
    rows = []
    with torch.no_grad():
        for image in images:
            normalised = torch.from_numpy(((image / 255 - MEAN) / STD).transpose(2, 0, 1)[None]).float()
            one, mirrored = (unit(network(each)["embedding"]) for each in (normalised, normalised.flip(-1)))
            rows.append(((one + mirrored) / 2 if flip else one)[0])
    return torch.stack(rows).numpy()


def used_as_the_card_says(python: Path, folder: Path, picture: Path) -> np.ndarray:
    """What the code of the model card gives for a picture, run in the export's folder."""
    (folder / "query.jpg").write_bytes(picture.read_bytes())
    (code,) = re.findall(r"```python\n(.*?)```", (folder / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    script = f"{code}\nimport numpy\nnumpy.save('found.npy', embedding)"
    command = [python, "-W", "ignore", "-c", script]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return np.load(folder / "found.npy")


def test_onnx_gives_what_the_run_gives_without_torch(fsim: Fsim, run: Path, pictures: Path, tmp_path: Path) -> None:
    done = fsim("export", run, "--to", "onnx", "--json")
    assert done.returncode == 0, done.stderr
    about, folder = json.loads(done.stdout), run / "exports" / "onnx"
    assert about["folder"] == str(folder)
    assert {file.name for file in folder.iterdir()} == {"README.md", "model.onnx", "preprocessing.json", "recipe.yaml"}
    assert [entry.name for entry in (run / "exports").iterdir()] == ["onnx"], "nothing is left beside it"
    parity = about["parity"]
    assert parity["num_images"] == 12 and parity["batch_sizes"] == [1, 2, 17]
    assert 0 < parity["fp32"]["max_difference"]["embedding"] < TOLERANCE and parity["fp32"]["min_cosine"] > 1 - 1e-6
    assert about["input"]["shape"] == ["batch", SIZE, SIZE, 3]
    made = RunEmbedder(TrainedRun.open(RunFolder(run), "best")).source  # of an index of this run
    assert (about["run"]["id"], about["run"]["weights"]) == (made.run, made.weights)

    files = sorted((pictures / "val").rglob("*.jpg"))
    found = tmp_path / "found.npz"
    command = [sys.executable, "-c", WITHOUT_TORCH, str(folder), str(found), *map(str, files)]
    alone = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert alone.returncode == 0, alone.stderr
    values = np.load(found)
    assert values["none"].shape == (0, 8)
    assert np.abs(values["embedding"] - embeddings(run, values["images"])).max() < TOLERANCE
    of_run = fsim("evaluate", run, "train.precision=fp32", "--json")  # what fsim indexes, of the same files
    assert of_run.returncode == 0, of_run.stderr
    (kept,) = (run / "embeddings").iterdir()
    assert np.abs(values["embedding"] - np.load(kept / "embedding.npy")).max() < TOLERANCE


def test_model_and_card_of_torchscript(fsim: Fsim, python: Path, run: Path, pictures: Path, tmp_path: Path) -> None:
    out, picture = tmp_path / "new" / "export", pictures / "val" / "hat" / "0.jpg"
    done = fsim("export", run, "--to", "torchscript", "--out", out)
    assert done.returncode == 0, done.stderr
    assert (
        "held against the run on 12 images of val, in batches of 1, 2, 17: embedding differs by at most" in done.stdout
    )
    assert "exported the best network" in done.stdout
    found = used_as_the_card_says(python, out, picture)
    assert np.abs(found - embeddings(run, square(picture))).max() < 0.02, "Pillow's pixels differ by up to 2 of 255"

    card = (out / "README.md").read_text(encoding="utf-8")
    line = json.loads((run / "metrics.jsonl").read_text().splitlines()[-1])
    assert line["fingerprint"] in card and "not stated: ask who made the data set" in card
    assert "| train | 24 | 3 | 0 |" in card and "| val | 12 | 3 | 0 |" in card
    kept = pd.read_csv(run / "per_query" / "best" / "val.csv")
    assert f"| exact/recall@1 | {kept['exact/recall@1'].mean():.4f} |" in card
    weakest = kept.groupby("category")["exact/recall@1"].mean().sort_values(kind="stable")
    assert f"(queries): {weakest.index[0]} {weakest.iloc[0]:.3f} (4)" in card

    before = sorted(out.iterdir())
    refused = fsim("export", run, "--to", "torchscript", "--out", out, "--tolerance", "1e-12")
    assert refused.returncode == 2 and "differs from the run by more than 1e-12" in refused.stderr
    assert sorted(out.iterdir()) == before and list(out.parent.iterdir()) == [out], "all is as it was"
    again = fsim("export", run, "--to", "torchscript", "--out", out)
    assert again.returncode == 0 and not (out / "query.jpg").exists(), "it is replaced whole"


def test_weights_of_safetensors(fsim: Fsim, python: Path, run: Path, pictures: Path, tmp_path: Path) -> None:
    out, picture = tmp_path / "export", pictures / "val" / "hat" / "0.jpg"
    done = fsim("export", run, "--to", "safetensors", "--out", out)
    assert done.returncode == 0, done.stderr
    found = used_as_the_card_says(python, out, picture)
    assert np.abs(found - embeddings(run, square(picture), flip=False)).max() < TOLERANCE
    about = json.loads((out / "preprocessing.json").read_text())
    assert about["flip"] == {"mean_with_mirror_image": True, "within_model": False}
    assert about["input"]["type"] == "float32" and not about["normalisation"]["within_model"]


def square(picture: Path) -> np.ndarray:
    return Preparation(SIZE, "pad").apply(picture.read_bytes())[None]


def test_mistakes_are_told(fsim: Fsim, run: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("years of work")
    for arguments, told in (
        ([run], "the following arguments are required: --to"),
        ([run, "--to", "onx"], "invalid choice: 'onx'"),
        ([tmp_path, "--to", "onnx"], "is not the folder of a run"),
        ([run, "--to", "onnx", "--checkpoint", "nope"], "there is no checkpoint nope"),
        ([run, "--to", "onnx", "--out", mine], "is there already, and no export of fsim's"),
        ([run, "--to", "onnx", "--tolerance", "0"], "must be a number above 0"),
        ([run, "--to", "onnx", "evaluation.flip=false"], "an export is what the run learned"),
    ):
        done = fsim("export", *arguments)
        assert done.returncode == 2 and told in done.stderr and "Traceback" not in done.stderr, done.stderr
    assert (mine / "thesis.txt").read_text() == "years of work"

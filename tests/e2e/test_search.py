"""An index of a run's images: made, changed, killed, and searched as a user does."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from fsim.functional.retrieval.topk import topk
from fsim.search.search_index import SearchIndex

Fsim = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def run(fsim: Fsim, small_recipe_text: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("searched")
    recipe = folder / "small.yaml"
    recipe.write_text(small_recipe_text, encoding="utf-8")
    done = fsim("run", recipe, "--out", folder / "runs", "train.epochs=1", "trackers=[]")
    assert done.returncode == 0, done.stderr
    (made,) = (folder / "runs" / "small").iterdir()
    return made


def told(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_an_index_is_made_searched_and_changed(fsim: Fsim, run: Path, pictures: Path, tmp_path: Path) -> None:
    made = fsim("index", run, "--images", pictures, "--split", "val", "--json")
    passport = json.loads(made.stdout)
    assert made.returncode == 0 and passport["num_images"] == 12 and passport["recall"] == 1.0
    image = pictures / "val" / "hat" / "1.jpg"
    (found,) = told(fsim("search", run, image, "-k", "3", "--json"))
    assert found["query"] == str(image) and len(found["results"]) == 3
    first = found["results"][0]
    assert first["image"] == str(image) and first["category"] == "hat" and first["split"] == "val"
    assert first["score"] == pytest.approx(0, abs=1e-3)

    place = run / "indexes" / "default"
    index = SearchIndex.open(place)  # what it finds is what exact evaluation ranks
    exact = topk(torch.tensor(index.embedding), None, 3, index.passport.embedded_by.distance)
    row = index.row_of_id[first["id"]]
    (more,) = told(fsim("search", place, image, "-k", "4", "--json"))
    assert [index.row_of_id[one["id"]] for one in more["results"] if one["id"] != first["id"]] == exact.index[
        row
    ].tolist()

    assert fsim("index", run, "--images", pictures, "--split", "train", "--add").returncode == 0
    removed = fsim("index", run, "--remove", first["id"], pictures / "val" / "hat" / "0.jpg")
    assert removed.returncode == 0 and "34 images" in removed.stdout
    (after,) = told(fsim("search", run, image, "--filter", "category=hat", "--filter", "split=val", "--json"))
    assert {one["category"] for one in after["results"]} == {"hat"} and len(after["results"]) == 2
    assert first["id"] not in {one["id"] for one in after["results"]}
    again = fsim("index", run, "--images", pictures, "--split", "val", "--add")
    assert again.returncode == 0 and "36 images" in again.stdout
    rebuilt = fsim("index", run, "--rebuild", "--kind", "annoy", "trees=5", "--json")
    assert json.loads(rebuilt.stdout)["kind"] == "annoy" and json.loads(rebuilt.stdout)["num_images"] == 36
    listed = fsim("index", run, "--list")
    assert "annoy" in listed.stdout and "36" in listed.stdout

    page = tmp_path / "answers.html"
    shown = fsim("search", run, image, pictures / "val" / "skirt" / "0.jpg", "--mean", "--fold", "--html", page)
    assert shown.returncode == 0 and "between" in shown.stdout and page.read_text().count("data:image/jpeg") >= 10
    crops = told(fsim("search", run, image, "--crop", "0,0,15,15", "--diversity", "0.5", "--json", "-k", "2"))
    assert len(crops[0]["results"]) == 2


def test_loose_pictures_are_indexed(fsim: Fsim, run: Path, tmp_path: Path) -> None:
    for name in ("a.png", "b.jpg", "below/c.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        draw = np.random.default_rng(len(name)).integers(0, 255, (40, 30, 3), dtype=np.uint8)
        Image.fromarray(draw).save(tmp_path / name)
    (tmp_path / "d.jpg").write_bytes(b"no picture")
    made = fsim("index", run, "--images", tmp_path, "--name", "loose")
    assert made.returncode == 0, made.stderr
    assert "3 images" in made.stdout and "left out" in made.stdout and "d.jpg" in made.stdout
    (found,) = told(fsim("search", run / "indexes" / "loose", tmp_path / "a.png", "--json"))
    assert [one["category"] for one in found["results"]].count("below") == 1


def test_a_picture_of_the_index_finds_itself_by_its_box(fsim: Fsim, run: Path, pictures: Path, tmp_path: Path) -> None:
    table = tmp_path / "metadata.csv"
    rows = [f"{pictures}/val/hat/{number}.jpg,val,hat,3 {number} 20 25" for number in range(4)]
    table.write_text("\n".join(["image,split,category,box", *rows]), encoding="utf-8")
    assert fsim("index", run, "--images", table, "--name", "boxes").returncode == 0
    (found,) = told(fsim("search", run / "indexes" / "boxes", pictures / "val" / "hat" / "2.jpg", "--json"))
    assert found["results"][0]["image"].endswith("hat/2.jpg")
    assert found["results"][0]["score"] == pytest.approx(0, abs=1e-3)


MISTAKES = {
    "no index": (["search", "{run}/indexes/nothing", "{image}"], "there is no index"),
    "no picture": (["search", "{index}", "nope.jpg"], "nope.jpg can't be searched by: no such file"),
    "unknown category": (["search", "{index}", "{image}", "--filter", "category=hats"], "did you mean 'hat'"),
    "crop outside": (["search", "{index}", "{image}", "--crop", "500,500,600,600"], "box holds no pixel"),
    "made twice": (["index", "{run}", "--images", "{pictures}", "--name", "wrong"], "is there already"),
    "unknown image": (["index", "{run}", "--remove", "99", "--name", "wrong"], "has no image '99'"),
    "nothing new": (["index", "{run}", "--images", "{pictures}", "--add", "--name", "wrong"], "has all of these"),
    "unknown kind": (["index", "{run}", "--kind", "anoy", "--name", "x"], "did you mean 'annoy'"),
    "no such split": (["index", "{run}", "--split", "vall", "--name", "x"], "did you mean 'val'"),
    "nothing to look for": (["search", "{index}"], "a picture, or words by --text"),
    "words without reading": (["search", "{index}", "--text", "red"], "train one with model.text_encoder"),
    "path as name": (["index", "{run}", "--name", "../x"], "use letters, digits"),
}  # fmt: skip


@pytest.fixture(scope="module")
def wrong(fsim: Fsim, run: Path, pictures: Path) -> Path:
    assert fsim("index", run, "--images", pictures, "--name", "wrong").returncode == 0
    return run / "indexes" / "wrong"


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_with_the_next_action(
    fsim: Fsim, run: Path, wrong: Path, pictures: Path, mistake: str
) -> None:
    words, expected = MISTAKES[mistake]
    names = {"run": run, "index": wrong, "pictures": pictures, "image": pictures / "val" / "hat" / "0.jpg"}
    done = fsim(*(word.format(**names) for word in words))
    assert done.returncode == 2, done.stdout + done.stderr
    assert expected in done.stderr and "Traceback" not in done.stderr


def test_an_index_of_another_network_is_refused(
    fsim: Fsim, run: Path, wrong: Path, pictures: Path, tmp_path: Path
) -> None:
    other = tmp_path / "small" / "other"
    shutil.copytree(run, other, ignore=shutil.ignore_patterns("indexes"))
    recipe = other / "recipe.yaml"
    image = pictures / "val" / "hat" / "0.jpg"
    assert fsim("search", wrong, image, "--run", other).returncode == 0  # the same network, elsewhere
    recipe.write_text(recipe.read_text().replace("resize: squash", "resize: pad"))
    refused = fsim("search", wrong, image, "--run", other)
    assert refused.returncode == 2 and "can't be compared" in refused.stderr and "preparation" in refused.stderr


WITHOUT_TORCH = """
import sys
from fsim.cli import main
try:
    main(sys.argv[1:])
finally:
    assert "torch" not in sys.modules
"""


@pytest.mark.parametrize("kind", ["exact", "annoy"])
def test_an_exported_network_searches_without_torch(
    fsim: Fsim, run: Path, pictures: Path, tmp_path: Path, kind: str
) -> None:
    pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    network = run / "exports" / "onnx"
    if not network.is_dir():
        assert fsim("export", run, "--to", "onnx").returncode == 0
    made = fsim("index", run, "--images", pictures, "--name", f"onnx-{kind}", "--kind", kind)
    assert made.returncode == 0, made.stderr
    arguments = ["search", run / "indexes" / f"onnx-{kind}", pictures / "val" / "hat" / "1.jpg", "-k", "3", "--json"]
    command = [sys.executable, "-c", WITHOUT_TORCH, *map(str, arguments), "--network", str(network)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2])
    (found,), (expected,) = told(done), told(fsim(*arguments))
    assert found["results"][0]["id"] == expected["results"][0]["id"]
    assert found["results"][0]["score"] == pytest.approx(expected["results"][0]["score"], abs=0.2)  # of bf16, perhaps
    refused = fsim(*arguments, "--text", "red", "--network", network)
    assert refused.returncode == 2 and "embeds only pictures: to search by words use the run" in refused.stderr


def test_an_embedded_milvus_is_changed_filtered_and_opened_again(fsim: Fsim, run: Path, pictures: Path) -> None:
    pytest.importorskip("milvus_lite")
    place, image = run / "indexes" / "milvus", pictures / "val" / "hat" / "1.jpg"
    made = fsim("index", run, "--images", pictures, "--split", "val", "--kind", "milvus", "--name", "milvus", "--json")
    assert made.returncode == 0, made.stderr
    assert json.loads(made.stdout)["recall"] == 1.0 and json.loads(made.stdout)["kind"] == "milvus"
    exact = fsim("index", run, "--images", pictures, "--split", "val", "--name", "beside-milvus")
    assert exact.returncode == 0, exact.stderr

    def found(index: Path, *more: object) -> list[str]:
        (answers,) = told(fsim("search", index, image, "-k", "5", "--json", *more))
        return [one["image"] for one in answers["results"]]

    assert found(place) == found(run / "indexes" / "beside-milvus")  # each command opens it again
    assert set(map(Path, found(place, "--filter", "category=hat"))) == set((pictures / "val" / "hat").glob("*.jpg"))
    assert fsim("index", run, "--name", "milvus", "--images", pictures, "--split", "train", "--add").returncode == 0
    removed = fsim("index", run, "--name", "milvus", "--remove", image)
    assert removed.returncode == 0 and "35 images x 8 by milvus" in removed.stdout, removed.stderr
    assert str(image) not in found(place) and len(found(place, "--filter", "split=train")) == 5

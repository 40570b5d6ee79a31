"""Whole commands, as a user runs them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

Fsim = Callable[..., "subprocess.CompletedProcess[str]"]


def only_run(out: Path) -> Path:
    """The one run folder below `out`."""
    (run,) = out.glob("*/*")
    return run


def lines(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def numbers(run: Path) -> list[Any]:
    """All that must repeat: everything but timings."""
    return [{key: value for key, value in line.items() if key != "timings"} for line in lines(run)]


@pytest.fixture(scope="module")
def finished(fsim: Fsim, tmp_path_factory: pytest.TempPathFactory, pictures: Path) -> tuple[Path, str]:
    """A finished run and what it printed."""
    out = tmp_path_factory.mktemp("out")
    recipe = out / "small.yaml"
    recipe.write_text(SMALL.format(root=pictures))
    done = fsim("run", recipe, "--out", out / "runs", "train.epochs=3")
    assert done.returncode == 0, done.stderr
    return only_run(out / "runs"), done.stdout


@pytest.mark.parametrize(
    ("broken", "cause"),
    [
        ("train.optimizer={name: adamw, lr: 3.0}", "collapsed|stands at"),
        ("losses.0.margin=0.0", "keeps embeddings apart"),
    ],
)
def test_a_collapsed_run_raises_an_alarm(
    finished: tuple[Path, str], broken: str, cause: str, fsim: Fsim, tmp_path: Path, pictures: Path
) -> None:
    recipe = tmp_path / "small.yaml"
    recipe.write_text(SMALL.format(root=pictures))
    done = fsim("run", recipe, "--out", tmp_path, "train.epochs=5", "sampler.batches_per_epoch=10", broken)
    assert done.returncode == 0, done.stderr
    run = only_run(tmp_path)
    told = [alarm["cause"] for line in lines(run) for alarm in line.get("alarms", ())]
    assert any(re.search(cause, text) for text in told)
    assert "Remedy: " in done.stdout and told[0] in (run / "log.txt").read_text()
    assert not any(line.get("alarms") for line in lines(finished[0]))


SMALL = """
name: small
data:
  dataset: {{name: folder, root: {root}}}
  image_size: 32
model:
  backbone: {{name: resnet18, num_stages: 2}}
  head: {{name: siam_cat, embedding_dim: 8}}
sampler: {{name: balanced_pairs, batch_size: 8}}
losses:
  - {{name: contrastive, margin: 1.0}}
  - {{name: cross_entropy}}
train: {{epochs: 2}}
evaluation:
  evaluators: [{{name: exact, k: [1, 2]}}]
"""


def test_the_run_folder_is_whole(finished: tuple[Path, str]) -> None:
    run, printed = finished
    assert "evaluation by exact: under a second, 1 MB\n" in printed
    assert re.fullmatch(r"\d{8}T\d{6}Z(-\d+)?", run.name)
    assert run.parent.name == "small"
    assert str(run) in printed.replace("\n", "")
    assert yaml.safe_load((run / "recipe.yaml").read_text())["train"]["epochs"] == 3
    environment = json.loads((run / "environment.json").read_text())
    assert environment["packages"]["torch"] == torch.__version__
    assert environment["precision"] in ("fp32", "bf16")
    assert (run / "log.txt").read_text().count("epoch ") >= 3
    assert list((run / "tensorboard").glob("events.out.tfevents.*"))
    for name in ("last", "best"):
        content = torch.load(run / "checkpoints" / f"{name}.pt", weights_only=True)
        assert "head.embed.weight" in content["model"]
    assert not list(run.rglob(".*")), "temporary files were left"


def test_metrics_have_a_line_for_each_epoch_and_split(finished: tuple[Path, str]) -> None:
    run, _ = finished
    expected = [(epoch, split) for epoch in (1, 2, 3) for split in ("train", "val")]
    assert [(line["epoch"], line["split"]) for line in lines(run)] == expected
    train, val = lines(run)[-2:]
    assert {"loss", "contrastive", "cross_entropy", "learning_rate"} == set(train["metrics"])
    assert train["metrics"]["loss"] == pytest.approx(
        train["metrics"]["contrastive"] + train["metrics"]["cross_entropy"]
    )
    assert {"exact/recall@1", "exact/recall@2", "exact/precision@1", "exact/map@r"} <= set(val["metrics"])
    assert val["protocol"]["leave_one_out"]
    assert val["protocol"]["num_queries"] == 12
    assert len(val["fingerprint"]) == 16


def test_the_same_recipe_gives_the_same_numbers_whatever_the_number_of_workers(
    finished: tuple[Path, str], fsim: Fsim, tmp_path: Path
) -> None:
    run, _ = finished
    done = fsim("run", run / "recipe.yaml", "--out", tmp_path, "data.workers=2")
    assert done.returncode == 0, done.stderr
    assert numbers(only_run(tmp_path)) == numbers(run)


def test_another_seed_gives_other_numbers(finished: tuple[Path, str], fsim: Fsim, tmp_path: Path) -> None:
    run, _ = finished
    fsim("run", run / "recipe.yaml", "--out", tmp_path, "seed=99", "train.epochs=1")
    assert numbers(only_run(tmp_path))[0]["metrics"] != numbers(run)[0]["metrics"]


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_ctrl_c_saves_and_resume_ends_as_if_nothing_had_happened(
    finished: tuple[Path, str], fsim: Fsim, stopped: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    run, _ = finished
    code, told = stopped(["run", run / "recipe.yaml", "--out", tmp_path], signal.SIGINT)
    assert code == 130, told
    taken_up = only_run(tmp_path)
    assert f"fsim resume {taken_up}" in told
    assert "Traceback" not in told
    done = fsim("resume", taken_up)
    assert done.returncode == 0, done.stderr
    assert numbers(taken_up) == numbers(run)
    ours, theirs = (
        torch.load(folder / "checkpoints" / "last.pt", weights_only=True)["model"] for folder in (taken_up, run)
    )
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_overfit_says_whether_the_model_can_learn(finished: tuple[Path, str], fsim: Fsim, tmp_path: Path) -> None:
    run, _ = finished
    done = fsim("run", run / "recipe.yaml", "--out", tmp_path, "--overfit", 8)
    assert done.returncode == 0, done.stderr
    assert "on the 8 images that it was trained on" in done.stdout
    assert lines(only_run(tmp_path))[-1]["protocol"]["num_queries"] == 8


def test_a_loss_that_explodes_stops_the_run_and_names_the_batch(
    finished: tuple[Path, str], fsim: Fsim, tmp_path: Path
) -> None:
    run, _ = finished
    done = fsim("run", run / "recipe.yaml", "--out", tmp_path, "train.optimizer.lr=1e30")
    assert done.returncode == 2
    told = re.compile(r"the loss is (nan|inf) at epoch \d+, step \d+; .*train/\w+/\d\.jpg.*lr")
    assert told.search(done.stderr)
    assert "Traceback" not in done.stderr


def test_the_log_says_what_ended_the_run(finished: tuple[Path, str], fsim: Fsim, tmp_path: Path) -> None:
    run, _ = finished
    done = fsim("run", run / "recipe.yaml", "--out", tmp_path, "train.epochs=400", "train.optimizer.lr=1e5")
    assert done.returncode == 2
    assert f" ERROR {done.stderr.removeprefix('fsim: ').strip()}" in (only_run(tmp_path) / "log.txt").read_text()


MISTAKES = {
    "no recipe": (["run", "nowhere.yaml"], "cannot read the recipe nowhere.yaml"),
    "unknown command": (["rum"], "invalid choice"),
    "no override": (["run", "{recipe}", "epochs"], "write key.path=value"),
    "wrong key": (["run", "{recipe}", "train.epoch=3"], "did you mean 'epochs'"),
    "no data": (["run", "{recipe}", "data.dataset.root=/nowhere"], "there is no folder /nowhere"),
    "image size": (
        ["run", "{recipe}", "model.backbone={{name: vgg16}}", "data.image_size=16"],
        "cannot take images of 16 px",
    ),
    "weights": (["run", "{recipe}", "model.backbone.weights=RESNET"], "neither a file nor a name"),
    "no item": (["run", "{recipe}", "sampler.label=item"], "item"),
    "no split": (["run", "{recipe}", "evaluation.protocols=[{{query: tets}}]"], "has no split 'tets'"),
    "too few to overfit": (["run", "{recipe}", "--overfit", "2"], "at least 4 images"),
    "no run": (["resume", "nowhere"], "not the folder of a run"),
    "kind": (["describe", "losses", "x"], "did you mean 'loss'"),
    "name": (["describe", "loss", "tripplet"], "did you mean 'triplet'"),
    "many mistakes": (["validate", "{recipe}", "nowhere.yaml"], "cannot read the recipe nowhere.yaml"),
    "unwritable": (["run", "{recipe}", "--out", "/proc/x"], "choose another --out"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_with_the_next_action(
    name: str, finished: tuple[Path, str], fsim: Fsim, tmp_path: Path
) -> None:
    arguments, words = MISTAKES[name]
    recipe = finished[0] / "recipe.yaml"
    done = fsim(*[word.format(recipe=recipe) for word in arguments], cwd=tmp_path)
    assert done.returncode == 2, done.stdout + done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_commands_that_look(fsim: Fsim, finished: tuple[Path, str]) -> None:
    assert "is valid" in fsim("validate", finished[0] / "recipe.yaml").stdout
    rows = json.loads(fsim("list-plugins", "--json").stdout)
    assert {"kind", "name", "distribution", "version", "target"} <= set(rows[0])
    described = fsim("describe", "loss", "contrastive").stdout
    assert "margin: number >= 0 (default 1.0)" in described
    assert "needs: embedding, pairs" in described
    parts = json.loads(fsim("schema").stdout)["$defs"]["ModelSettings"]["properties"]
    assert parts["head"] == {"$ref": "#/$defs/component_head"}
    may_be_null = {"anyOf": [{"$ref": "#/$defs/component_head"}, {"type": "null"}], "default": None}
    assert parts["text_head"] == may_be_null
    checked = fsim("list-plugins", "--check")
    assert checked.returncode == 0, checked.stdout


def test_generated_pictures_are_written_in_a_layout_and_read_again(fsim: Fsim, tmp_path: Path) -> None:
    done = fsim("data", "garments", tmp_path / "made", "--layout", "folder", "--items", 42, "--views", 1)
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "made" / "train").glob("*/*.jpg"))) == 14  # one of each category
    assert "there is no layout 'foldr'" in fsim("data", "garments", tmp_path / "x", "--layout", "foldr").stderr
    told = fsim("data", "garments", tmp_path / "x", "--items", 3)
    assert told.returncode == 2
    assert "--items: Input should be greater than or equal to 42" in told.stderr
    told = fsim("data", "garments", tmp_path / "x", "--items", 42, "--held-out", 0.9)
    assert told.returncode == 2 and "held_out 0.9 leaves nothing to train on of" in told.stderr
    assert "--held-out: Input should be less than 1" in fsim("data", "garments", tmp_path / "x", "--held-out", 1).stderr


def test_validate_warns_of_data_that_is_not_there_yet(fsim: Fsim, tmp_path: Path) -> None:
    recipe = tmp_path / "small.yaml"
    recipe.write_text(SMALL.format(root="nope"))
    done = fsim("validate", recipe, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, f"{recipe} is valid\n")
    assert done.stderr == f"warning: {recipe}: data.dataset.root: there is no {tmp_path / 'nope'} yet\n"

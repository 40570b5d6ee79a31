"""Runs that are stopped in every way, and go on."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import resource
import shutil
import signal
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path

import pytest
import safetensors.torch
import torch
import yaml

from fsim.history.resume_proof import differences
from fsim.store.run_folder import RunFolder
from fsim.store.status import read_status

Fsim = Callable[..., "subprocess.CompletedProcess[str]"]
ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
CHECKPOINTS = "train.checkpoints={every_steps: 1, keep_last: 2, keep_best: 2}"


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory, pictures: Path) -> Path:
    file = tmp_path_factory.mktemp("recipe") / "small.yaml"
    file.write_text(RECIPE.format(root=pictures), encoding="utf-8")
    return file


RECIPE = """
name: small
data: {{dataset: {{name: folder, root: {root}}}, image_size: 32}}
model: {{backbone: {{name: resnet18, num_stages: 2}}, head: {{name: siam_cat, embedding_dim: 8}}}}
sampler: {{name: balanced_pairs, batch_size: 8}}
losses: [{{name: contrastive}}, {{name: cross_entropy}}]
train: {{epochs: 3, scheduler: {{name: cosine}}}}
evaluation: {{evaluators: [{{name: exact, k: [1, 2]}}]}}
trackers: []
"""


@pytest.fixture(scope="module")
def undisturbed(recipe: Path, fsim: Fsim) -> Path:
    done = fsim("run", recipe, CHECKPOINTS, "--out", recipe.parent / "undisturbed")
    assert done.returncode == 0, done.stderr
    return next((recipe.parent / "undisturbed" / "small").iterdir())


@pytest.fixture(scope="module")
def terminated(recipe: Path, undisturbed: Path, stopped: Callable[..., tuple[int, str]]) -> tuple[Path, str]:
    """A run that SIGTERM stopped after its first epoch, and what it said."""
    out = recipe.parent / "terminated"
    code, told = stopped(["run", recipe, CHECKPOINTS, "--out", out], signal.SIGTERM)
    assert code == 143, told
    return next((out / "small").iterdir()), told


def test_sigterm_saves_and_a_changed_recipe_is_told(
    terminated: tuple[Path, str], undisturbed: Path, fsim: Fsim, tmp_path: Path
) -> None:
    run, told = terminated
    assert "fsim resume" in told and "Traceback" not in told
    status = read_status(RunFolder(run))
    assert status is not None and (status.state, status.exit_code) == ("stopped", 143)
    assert status.step > 0 and status.message.startswith(f"stopped; all up to step {status.step} is saved")
    assert status.message in told
    (record,) = json.loads(fsim("runs", run.parent, "--json").stdout)["runs"]
    assert record["state"] == f"stopped at step {status.step}"
    changed = Path(shutil.copytree(run, tmp_path / "changed"))
    recipe = yaml.safe_load((changed / "recipe.yaml").read_text())
    recipe["train"]["epochs"], recipe["train"]["scheduler"] = 2, {"name": "constant"}
    (changed / "recipe.yaml").write_text(yaml.safe_dump(recipe))
    done = fsim("resume", changed)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert "train.epochs: 3 -> 2" in done.stderr and "train.scheduler.name: cosine -> constant" in done.stderr
    assert "--allow train.epochs" in done.stderr
    assert fsim("resume", changed, "--allow", "train.epochs").returncode == 2
    done = fsim("resume", changed, "--allow", "train.epochs", "--allow", "train.scheduler")
    assert done.returncode == 0, done.stderr
    noted = json.loads((changed / "environment.json").read_text())["resumed"][-1]["changed"]
    assert noted["train.epochs"] == ["3", "2"]
    assert "--allow seed: nothing there was changed" in fsim("resume", run, "--allow", "seed").stderr
    done = fsim("resume", run)
    assert done.returncode == 0, done.stderr
    status = read_status(RunFolder(run))
    assert status is not None and (status.state, status.epoch, status.exit_code) == ("finished", 3, 0)
    assert differences(RunFolder(undisturbed), RunFolder(run)) == []


def run_until_output_is_gone(recipe: Path, out: Path, output: tuple[int, int], prepare: Callable[[], object]) -> int:
    """Run the recipe, close what reads its output after the first epoch, and return the exit code.

    Args:
        output: (what reads, what the run writes to): a terminal or a pipe.
        prepare: called in the new process.
    """
    reads, writes = output
    process = subprocess.Popen(
        [sys.executable, "-m", "fsim", "run", str(recipe), CHECKPOINTS, "--out", str(out)],
        stdin=writes if os.isatty(writes) else subprocess.DEVNULL,
        stdout=writes,
        stderr=writes,
        start_new_session=True,
        preexec_fn=prepare,
    )
    os.close(writes)
    shown = b""
    while b"epoch 1/3" not in shown:
        shown += os.read(reads, 4096)
    os.close(reads)
    return process.wait(timeout=120)


def own_terminal() -> None:
    """Have SIGHUP sent to this process when the terminal is closed."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@pytest.mark.usefixtures("hangup_ends_processes")
def test_a_closed_terminal_saves_and_stops(recipe: Path, undisturbed: Path, fsim: Fsim) -> None:
    out = recipe.parent / "closed"
    assert run_until_output_is_gone(recipe, out, pty.openpty(), own_terminal) == 129
    run = next((out / "small").iterdir())
    status = read_status(RunFolder(run))
    assert status is not None and (status.state, status.exit_code) == ("stopped", 129) and status.step > 0
    assert "Traceback" not in (run / "log.txt").read_text(encoding="utf-8")
    done = fsim("resume", run)
    assert done.returncode == 0, done.stderr
    assert differences(RunFolder(undisturbed), RunFolder(run)) == []


def test_a_run_that_ended_goes_on_for_more_epochs_and_never_for_fewer(
    undisturbed: Path, fsim: Fsim, tmp_path: Path
) -> None:
    run = Path(shutil.copytree(undisturbed, tmp_path / "small"))
    recipe = yaml.safe_load((run / "recipe.yaml").read_text())
    for epochs, told in ((1, "3 epochs are done, and train.epochs is 1"), (4, "")):
        recipe["train"]["epochs"] = epochs
        (run / "recipe.yaml").write_text(yaml.safe_dump(recipe))
        done = fsim("resume", run, "--allow", "train.epochs")
        assert told in done.stderr and done.returncode == (2 if told else 0), done.stderr
    assert "last, epoch 4" in (run / "report.html").read_text(encoding="utf-8")
    recipe["model"]["head"]["embedding_dim"] = 4
    (run / "recipe.yaml").write_text(yaml.safe_dump(recipe))
    done = fsim("resume", run, "--allow", "model.head.embedding_dim")
    assert done.returncode == 2 and "does not fit that: change it back, or start anew" in done.stderr


def test_as_many_checkpoints_are_kept_as_asked_for(undisturbed: Path) -> None:
    names = {file.name for file in (undisturbed / "checkpoints").iterdir()}
    assert {"last.pt", "best.pt", "best.safetensors", "epoch-0002.pt", "epoch-0003.pt"} <= names
    assert len([name for name in names if name.startswith("best-")]) == 2 and "epoch-0001.pt" not in names
    lines = [line for line in RunFolder(undisturbed).evaluation_lines() if line.split == "val"]
    values = [(line.metrics["exact/recall@1"] or 0.0, -line.epoch) for line in lines]
    kept = {int(re.sub(r"\D", "", name)) for name in names if name.startswith("best-")}
    assert kept == {-epoch for _, epoch in sorted(values, reverse=True)[:2]}
    best = torch.load(undisturbed / "checkpoints" / "best.pt", weights_only=True)
    weights = safetensors.torch.load_file(undisturbed / "checkpoints" / "best.safetensors")
    assert weights.keys() == best["model"].keys()
    assert all(torch.equal(weights[name], values) for name, values in best["model"].items())


def test_a_full_disk_is_told_and_the_run_goes_on_once_there_is_room(
    recipe: Path, undisturbed: Path, fsim: Fsim, tmp_path: Path
) -> None:
    """No file may grow beyond half a checkpoint, as on a disk that is full then."""
    half = (undisturbed / "checkpoints" / "last.pt").stat().st_size // 2
    done = subprocess.run(
        [sys.executable, "-m", "fsim", "run", str(recipe), CHECKPOINTS, "--out", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (half, half)),
    )
    assert done.returncode == 2 and "Traceback" not in done.stderr, done.stderr
    run = next((tmp_path / "small").iterdir())
    assert "free space there" in done.stderr and f"then go on with: fsim resume {run}" in done.stderr
    done = fsim("resume", run)
    assert done.returncode == 0, done.stderr
    assert differences(RunFolder(undisturbed), RunFolder(run)) == []


def test_a_run_that_stops_early_comes_to_the_same_end_after_sigterm(
    recipe: Path, fsim: Fsim, stopped: Callable[..., tuple[int, str]]
) -> None:
    """No recall gains more than 1."""
    protocols = "evaluation.protocols=[{query: val, gallery: train, at_end: true}, {query: val}]"
    arguments = ["train.epochs=9", "train.early_stopping={patience: 2, min_delta: 1.0}", protocols]
    done = fsim("run", recipe, *arguments, "--out", recipe.parent / "early")
    assert done.returncode == 0, done.stderr
    assert "stopped early after epoch 3: val exact/recall@1 has not gained by more than 1 since epoch 1" in done.stdout
    (alone,) = (recipe.parent / "early" / "small").iterdir()
    code, _ = stopped(["run", recipe, *arguments, "--out", recipe.parent / "early_terminated"], signal.SIGTERM)
    assert code == 143
    (run,) = (recipe.parent / "early_terminated" / "small").iterdir()
    assert fsim("resume", run).returncode == 0
    assert differences(RunFolder(alone), RunFolder(run)) == []
    names = [{str(file.relative_to(of)) for file in of.rglob("*")} for of in (alone, run)]
    assert names[0] == names[1] and {"report.html", "per_query/last/val-in-train.csv"} <= names[0]
    (record,) = json.loads(fsim("runs", recipe.parent / "early", "--json").stdout)["runs"]
    assert (record["state"], record["epochs_done"], record["epochs"], record["split"]) == ("finished", 3, 9, "val")
    again = fsim("resume", run)
    assert again.returncode == 0 and "at its end after epoch 3" in again.stdout, again.stderr
    assert differences(RunFolder(alone), RunFolder(run)) == []


def test_two_processes_do_not_write_to_one_run(terminated: tuple[Path, str], fsim: Fsim) -> None:
    import fcntl

    run, _ = terminated
    held = os.open(run, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    done = fsim("resume", run)
    os.close(held)
    assert done.returncode == 2 and "another process is writing to" in done.stderr


def test_kills_at_25_random_points_change_no_bit(script: Fsim) -> None:
    done = script("kill_runs.py", "--points", 25)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "25 of 25 equal" in done.stdout


def test_verify_resume_proves_it(recipe: Path, fsim: Fsim) -> None:
    done = fsim("verify-resume", recipe, "train.epochs=2", "--kills", 1)
    assert done.returncode == 0, done.stderr
    assert "equal: the states, the best networks and the metrics, bit for bit" in done.stdout
    assert fsim("verify-resume", recipe, "--kills", 0).returncode == 2


def ignore_hangup() -> None:
    own_terminal()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


@pytest.mark.parametrize(("open_output", "prepare"), [(pty.openpty, ignore_hangup), (os.pipe, lambda: None)])
def test_a_run_outlives_what_reads_its_output(
    open_output: Callable[[], tuple[int, int]], prepare: Callable[[], object], recipe: Path, undisturbed: Path
) -> None:
    out = recipe.parent / "outlived" / open_output.__name__
    assert run_until_output_is_gone(recipe, out, open_output(), prepare) == 0
    run = RunFolder(next((out / "small").iterdir()))
    status = read_status(run)
    assert status is not None and status.state == "finished"
    assert "epoch 3/3" in run.log.read_text(encoding="utf-8")
    assert differences(RunFolder(undisturbed), run) == []

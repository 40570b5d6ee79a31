"""Training by several processes: those of torchrun, and some that are started as it does."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from fsim.history.resume_proof import differences
from fsim.store.checkpoint import load_checkpoint
from fsim.store.run_folder import RunFolder

from ..ready_process import Forked

Fsim = Callable[..., "subprocess.CompletedProcess[str]"]
Ranks = Callable[..., AbstractContextManager[list[Forked]]]
TORCHRUN = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "fsim"]


def torchrun(python: str | Path, *arguments: object) -> subprocess.Popen[str]:
    command = [python, *TORCHRUN, *map(str, arguments)]
    environment = {**os.environ, "PYTHONWARNINGS": "", "OMP_NUM_THREADS": "1"}
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=environment)


def only_run(out: Path) -> RunFolder:
    (file,) = out.glob("*/*/recipe.yaml")
    return RunFolder(file.parent)


def process_of_rank(rank: int, started: subprocess.Popen[str]) -> int:
    """The process that torchrun started for a rank."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            ours = parent == started.pid and f"RANK={rank}" in (folder / "environ").read_text().split("\0")
        except OSError:  # it ended
            continue
        if ours:
            return int(folder.name)
    raise AssertionError(f"no process of rank {rank}")


def test_two_processes_train_one_dies_and_the_run_goes_on_to_the_same_end(
    fsim: Fsim, ranks: Ranks, small_recipe: Path, tmp_path: Path
) -> None:
    recipe = (small_recipe, "train.checkpoints.every_steps=2", "train.ema_decay=0.9")
    with ranks(2, "-m", "fsim", "run", *recipe, "--out", tmp_path / "alone") as (alone, other):
        out, err = alone.communicate(timeout=120)
        assert (alone.returncode, other.wait(timeout=120)) == (0, 0), err
    assert "by 2 processes" in out and out.count("epoch 1/2") == 1
    whole = only_run(tmp_path / "alone")
    assert [(line.epoch, line.split) for line in whole.metric_lines()] == [
        (1, "train"), (1, "val"), (2, "train"), (2, "val")
    ]  # fmt: skip

    killed = torchrun(sys.executable, "run", *recipe, "train.epochs=2", "--out", tmp_path / "killed")
    assert killed.stdout is not None
    for line in killed.stdout:
        if line.startswith("epoch 1/"):
            os.kill(process_of_rank(1, killed), signal.SIGKILL)
            break
    _, err = killed.communicate(timeout=120)
    assert killed.returncode != 0
    # torchrun also sends SIGTERM to those that are left, which may come first
    assert "ended: it left no word" in err or "stopped; all up to step" in err, err
    assert "resume" in err

    run = only_run(tmp_path / "killed")
    refused = fsim("resume", run.path)
    assert refused.returncode == 2 and "torchrun --nproc-per-node 2" in refused.stderr
    with ranks(2, "-m", "fsim", "resume", run.path) as (again, other):
        out, err = again.communicate(timeout=120)
        assert (again.returncode, other.wait(timeout=120)) == (0, 0), err
    assert differences(whole, run) == []


def test_sigterm_stops_all_after_the_same_step_and_saves(python: Path, small_recipe: Path, tmp_path: Path) -> None:
    started = torchrun(python, "run", small_recipe, "train.epochs=50", "data.workers=1", "--out", tmp_path)
    assert started.stdout is not None
    for line in started.stdout:
        if line.startswith("epoch 1/"):
            started.send_signal(signal.SIGTERM)
            break
    _, err = started.communicate(timeout=120)
    steps = re.findall(r"stopped; all up to step (\d+) is saved", err)
    assert len(steps) == 2 and steps[0] == steps[1], err
    assert load_checkpoint(only_run(tmp_path).last).content["step"] == int(steps[0]) >= 2


def test_the_others_say_why_a_process_ended(ranks: Ranks, small_recipe: Path, tmp_path: Path) -> None:
    diverging = "train.optimizer={name: sgd, lr: 1.0e+30}"
    with ranks(2, "-m", "fsim", "run", small_recipe, "--out", tmp_path / "out", diverging) as processes:
        told = [process.communicate(timeout=120)[1] for process in processes]
        assert all(process.returncode == 2 for process in processes), told
    for err in told:
        assert "the loss is" in err and "Lower train.optimizer.lr" in err
    with ranks(2, "-m", "fsim", "validate", small_recipe) as processes:
        for process in processes:
            _, err = process.communicate(timeout=120)
            assert process.returncode == 2 and "works in one process only: start it without torchrun" in err

"""fsim run --check, whole, and what is told before anything is trained."""

from __future__ import annotations

import gc
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fsim.cli import main

Fsim = Callable[..., "subprocess.CompletedProcess[str]"]
SHORT = ("train.epochs=1", "trackers=[]")


@pytest.fixture(autouse=True)
def usual_collection() -> Iterator[None]:
    """As it was before `main`."""
    usual = gc.get_threshold()
    yield
    gc.set_threshold(*usual)


def test_a_run_outside_of_what_its_recipe_expects_is_told_and_kept(
    fsim: Fsim, small_recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with small_recipe.open("a", encoding="utf-8") as recipe:
        recipe.write("  expect: {exact/recall@1: '>= 0', exact/map@r: 3 +- 0.5}\n")
    done = fsim("run", small_recipe, "--check", "--out", tmp_path / "runs", *SHORT)
    assert done.returncode == 2, done.stderr
    (run,) = (tmp_path / "runs" / "small").iterdir()
    told = r"1 of 2 expectations not met:\n  exact/map@r is \S+, expected 3 \+- 0\.5\nall is kept: see (\S+);"
    (kept,) = re.findall(told, done.stderr)
    assert kept == str(run)
    assert "\nmet: exact/recall@1 is " in done.stdout and "\noutside: exact/map@r is " in done.stdout
    assert (run / "checkpoints" / "last.pt").is_file()
    assert "expectations not met" in (run / "log.txt").read_text()

    evaluators = "evaluation.evaluators=[{name: cluster_distance}]"  # without the metrics that the run expects
    with pytest.raises(SystemExit) as left:
        main(["evaluate", str(run), evaluators, "evaluation.monitor=null"])
    assert left.value.code == 0, capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("--check", "small.yaml states no expected results; add them"),
        ("--check --overfit 8", "leave --check and --seeds out"),
        ("--seeds 2 --overfit 8", "leave --check and --seeds out"),
        ("--seeds 1", "--seeds needs 2 runs or more"),
        ("--seeds 2 seed=9223372036854775807", "seed: must be less than 9223372036854775808"),
        ("--seeds 2 data.dataset.root=/nowhere", "seed 0: there is no folder /nowhere"),
    ],
)
def test_mistakes_are_told(
    arguments: str, told: str, small_recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(["run", str(small_recipe), "--out", str(tmp_path / "runs"), *arguments.split()])
    assert left.value.code == 2 and told in capsys.readouterr().err
    assert not list(tmp_path.glob("runs/*/*"))

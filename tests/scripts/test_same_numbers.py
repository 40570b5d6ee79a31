from __future__ import annotations

import importlib.util
import json
import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
import torch

Fsim = Callable[..., "subprocess.CompletedProcess[str]"]
ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "same_numbers.py"
SMALL = (
    "train.epochs=1",
    "data.dataset.items=42",
    "data.dataset.views=3",
    "sampler.batch_size=8",
    "sampler.batches_per_epoch=2",
    "data.image_size=32",
    "model.backbone={name: resnet18, num_stages: 2}",
    "model.head.embedding_dim=8",
    "evaluation.evaluators=[{name: exact, k: [1]}]",
    "trackers=[]",
)


@pytest.fixture(scope="module")
def module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("same_numbers", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where dataclasses look their types up
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def compare(script: Fsim, python: Path, tmp_path: Path) -> Fsim:
    """Compare this checkout with itself."""
    options = ("--recipes", "siam_cat", "--out", tmp_path, "--python", python)
    return lambda *more: script("same_numbers.py", ROOT, ROOT, *SMALL, *more, *options)


def test_a_checkout_computes_the_same_numbers_as_itself_until_one_bit_is_changed(compare: Fsim, tmp_path: Path) -> None:
    done = compare()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 of 2" in done.stdout and "none" in done.stdout

    (metrics,) = (tmp_path / "before" / "siam_cat" / "runs").glob("*/*/metrics.jsonl")
    lines = [json.loads(line) for line in metrics.read_text(encoding="utf-8").splitlines()]
    lines[0]["metrics"]["loss"] = math.nextafter(lines[0]["metrics"]["loss"], 0)
    metrics.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    changed = compare()
    assert (
        changed.returncode == 1
        and "as found in" in changed.stdout
        and "1 of 2" in changed.stdout
        and "1 metrics loss" in changed.stdout
    )


def test_a_run_that_fails_is_a_difference(compare: Fsim) -> None:
    done = compare("train.epochs=0")
    assert done.returncode == 1 and "exit code 2" in done.stdout and "Traceback" not in done.stderr


def test_every_bit_and_every_name_counts(module: ModuleType) -> None:
    state = {"model": {"a": torch.zeros(3), "b": torch.tensor([float("nan")])}, "step": 3}
    same = {"step": 3, "model": {"b": torch.tensor([float("nan")]), "a": torch.zeros(3)}}
    assert list(module.differences(state, same)) == []
    for changed, told in (
        ({**state, "step": 4}, "step: 3 before, 4 after"),
        ({"model": state["model"]}, "step: only before"),
        ({**state, "model": {**state["model"], "c": torch.zeros(1)}}, "model c: only after"),
        ({**state, "model": {**state["model"], "a": -torch.zeros(3)}}, "model a: up to 0 apart"),
        ({**state, "model": {**state["model"], "a": torch.zeros(1, 3)}}, "model a: torch.float32 of (3,) before"),
    ):
        (difference,) = module.differences(state, changed)
        assert difference.startswith(told)
    assert list(module.differences([1, 2], [1, 2, 3], "lines")) == ["lines: 2 values before, 3 after"]

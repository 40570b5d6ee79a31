"""Several processes learn as one does."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from fsim.processes import ALONE

SCRIPT = Path(__file__).parent / "one_step.py"


def test_two_processes_take_the_step_of_one(tmp_path: Path) -> None:
    out = tmp_path / "two.pt"
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", SCRIPT, out]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    two = torch.load(out, weights_only=True)
    one = runpy.run_path(str(SCRIPT))["steps"](ALONE)
    assert list(two) == list(one)
    for case, alone in one.items():
        for name, value in alone["moved"].items():
            torch.testing.assert_close(two[case]["moved"][name], value, rtol=1e-6, atol=1e-6, msg=f"{case}: {name}")
        assert max(value.abs().max() for value in alone["moved"].values()) > 1e-3, case
        assert two[case]["sums"] == pytest.approx(alone["sums"], abs=1e-5), case
        assert two[case]["signs"] == pytest.approx(alone["signs"], abs=1e-5), case

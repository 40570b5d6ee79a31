"""train.compile, whole, where there is no compiler."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

Fsim = Callable[..., "subprocess.CompletedProcess[str]"]


def test_a_missing_compiler_is_told_before_the_training(fsim: Fsim, small_recipe: Path, tmp_path: Path) -> None:
    without = {"CXX": "no-such-compiler", "TORCHINDUCTOR_CACHE_DIR": str(tmp_path / "programs")}
    done = fsim("run", small_recipe, "train.compile=true", "--out", tmp_path / "runs", env=without, fresh=True)
    assert done.returncode == 2 and "Traceback" not in done.stderr, done.stderr
    assert "No working C++ compiler found" in done.stderr and "or set train.compile=false" in done.stderr
    assert not list(tmp_path.glob("runs/*/*")), "no run folder is left"

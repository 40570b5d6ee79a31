"""Run folders that nothing was trained for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from fsim.store.run_folder import RunFolder

from .lines import MONITOR, evaluation_line, training_line


@pytest.fixture
def made_run(tmp_path: Path) -> Callable[..., RunFolder]:
    """A run folder below tmp_path as a run leaves it, evaluated once an epoch, with these values of exact/recall@1."""

    def make(
        path: str,
        values: Sequence[float | None],
        epochs: int,
        name: str = "made",
        lr: float = 1e-3,
        monitor: str | None = MONITOR,
        less_is_better: Sequence[str] = (),
        protocols: Sequence[dict[str, Any]] = (),
        fingerprint: str = "f",
        seed: int = 0,
    ) -> RunFolder:
        folder = RunFolder(tmp_path / path)
        (folder.path / "checkpoints").mkdir(parents=True)
        folder.write_recipe(
            {
                "name": name,
                "seed": seed,
                "losses": [{"name": "supcon"}],
                "train": {"epochs": epochs, "early_stopping": None, "optimizer": {"name": "adamw", "lr": lr}},
                "evaluation": {"monitor": monitor, "protocols": list(protocols)},
            }
        )
        for epoch, value in enumerate(values, start=1):
            metrics = {MONITOR: value, "exact/map@r": 0.3}
            about = {"fingerprint": fingerprint, "less_is_better": tuple(less_is_better), "monitor": monitor}
            folder.append_metric_lines([training_line(epoch), evaluation_line(epoch, metrics, **about)])
        return folder

    return make

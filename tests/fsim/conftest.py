"""Run folders that nothing was trained for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from fsim.store.run_folder import RunFolder


@pytest.fixture
def made_run(tmp_path: Path) -> Callable[..., RunFolder]:
    """A run folder below tmp_path as a run leaves it, evaluated once an epoch, with these values of exact/recall@1."""

    def make(
        path: str,
        values: Sequence[float | None],
        epochs: int,
        name: str = "made",
        lr: float = 1e-3,
        monitor: str | None = "exact/recall@1",
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
                "train": {"epochs": epochs, "optimizer": {"name": "adamw", "lr": lr}},
                "evaluation": {"monitor": monitor, "protocols": list(protocols)},
            }
        )
        for epoch, value in enumerate(values, start=1):
            folder.append_metrics(
                [
                    {"epoch": epoch, "split": "train", "metrics": {"loss": 1.0}, "timings": {"seconds": 10}},
                    {
                        "epoch": epoch,
                        "split": "val",
                        "protocol": {"query": "val"},
                        "fingerprint": fingerprint,
                        "metrics": {"exact/recall@1": value, "exact/map@r": 0.3},
                        "less_is_better": list(less_is_better),
                        "timings": {"seconds": 1},
                    },
                ]
            )
        return folder

    return make

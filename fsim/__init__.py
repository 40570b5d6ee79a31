"""fsim: one YAML recipe is one experiment on fashion image similarity."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from fsim.search.loaded_run import LoadedRun

__version__ = "0.1.0"


def load(run: str | Path, checkpoint: str | Path | None = None, device: str | None = None) -> LoadedRun:
    """Reopen a run: embed pictures and texts with its network, measure it again, make an index to search in.

    Args:
        run: the run folder, runs/<name>/<time>.
        checkpoint: `best`, `last`, `epoch-0007`, or a file; None for the best, or the last where none was chosen.
        device: `cpu`, `cuda`, ...; None for a GPU where there is one.

    Raises:
        FsimError: there is no such run, checkpoint or device, or they do not fit each other.
    """
    from pathlib import Path

    from fsim.search.loaded_run import LoadedRun
    from fsim.store.run_folder import RunFolder

    folder = RunFolder.open(Path(run).expanduser())
    return LoadedRun.open(folder, None if checkpoint is None else str(checkpoint), device=device)

"""A trial that a process works at."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import optuna

from fsim.errors import FsimError
from fsim.store.run_folder import RunFolder


class LostTrialError(FsimError):
    """Another process has taken the trial up in the meantime; what it gives there counts."""


@dataclass(frozen=True)
class Claim:
    """A trial that this process works at.

    values  path -> what was chosen, of the paths that are searched in this trial
    folder  of its run, held by `held` until that is closed
    """

    trial: optuna.Trial
    values: dict[str, Any]
    folder: RunFolder
    worker: str
    held: ExitStack

    @property
    def number(self) -> int:
        """From 0 on; 0 has the recipe's own values."""
        return self.trial.number

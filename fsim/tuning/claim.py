"""A trial that a process works at, and the values that are chosen for it."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np
import optuna

from fsim.errors import FsimError
from fsim.recipe.search_space import SearchedValue
from fsim.store.run_folder import RunFolder
from fsim.tuning.tunable_recipe import value_of_label

RANDOM_TRIALS = 10  # are drawn before TPE learns from them
GRACE = 300.0  # seconds without a sign of life, after which nobody works at a trial; clocks may differ by less


class LostTrialError(FsimError):
    """Another process has resumed the trial in the meantime, and its result counts."""


@dataclass(frozen=True)
class Claim:
    """A trial that this process works at.

    values  path -> what was chosen, of the paths that are searched in this trial
    folder  of its run, locked until `lock` is closed
    worker  an id of this process's work at the trial
    """

    trial: optuna.Trial
    values: dict[str, Any]
    folder: RunFolder
    worker: str
    lock: ExitStack

    @property
    def number(self) -> int:
        """From 0 on; 0 has the recipe's own values."""
        return self.trial.number


def sampler(seed: int, number: int) -> optuna.samplers.BaseSampler:
    """Return TPE, with draws that depend on the recipe's seed and the trial's number alone: a study that was killed
    goes on as it would have, and two processes never draw the same."""
    keyed = int(np.random.SeedSequence([seed, number]).generate_state(1)[0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return optuna.samplers.TPESampler(n_startup_trials=RANDOM_TRIALS, constant_liar=True, seed=keyed)


def suggest(trial: optuna.Trial, space: Mapping[str, SearchedValue]) -> dict[str, Any]:
    """Choose a value for each path of a search space; values that the trial has already are kept."""
    chosen: dict[str, Any] = {}
    for path, searched in space.items():
        if not searched.is_active(chosen):
            continue
        if searched.choices is not None:
            chosen[path] = trial.suggest_categorical(path, searched.labels)
            continue
        assert searched.low is not None and searched.high is not None
        if searched.is_integer:
            step = int(searched.step or 1)
            chosen[path] = trial.suggest_int(path, int(searched.low), int(searched.high), step=step, log=searched.log)
        else:
            chosen[path] = trial.suggest_float(path, searched.low, searched.high, step=searched.step, log=searched.log)
    return {path: value_of_label(space[path], label) for path, label in chosen.items()}

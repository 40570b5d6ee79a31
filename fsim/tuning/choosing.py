"""What a trial tries: the recipe's own values, or what Optuna's TPE chooses by the trials before it."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import optuna

from fsim.recipe.search_space import SearchedValue, label
from fsim.tuning.searched_recipe import SearchedRecipe, choice_of

RANDOM_TRIALS = 10  # so many are drawn before TPE learns from them


def own_values(recipe: SearchedRecipe) -> dict[str, Any]:
    """What the recipe itself has at the searched paths, as a study knows it."""
    found: dict[str, Any] = {}
    for path, searched in recipe.search.items():
        if searched.is_active(found):
            found[path] = label(recipe.own_value(path))
    return found


def sampler(seed: int, number: int) -> optuna.samplers.BaseSampler:
    """TPE, whose draws depend on the recipe's seed and the trial's number alone: a study that was killed goes on as it
    would have, and two processes never draw the same."""
    keyed = int(np.random.SeedSequence([seed, number]).generate_state(1)[0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return optuna.samplers.TPESampler(n_startup_trials=RANDOM_TRIALS, constant_liar=True, seed=keyed)


def suggest(trial: optuna.Trial, search: Mapping[str, SearchedValue]) -> dict[str, Any]:
    """Path -> value; what a trial has of before, or the study was told to try, is taken."""
    chosen: dict[str, Any] = {}
    for path, searched in search.items():
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
    return {path: choice_of(search[path], one) for path, one in chosen.items()}

"""Checks that a run goes on by the recipe that it began with, or by allowed changes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fsim.errors import FsimError
from fsim.recipe.checked_recipe import CheckedRecipe
from fsim.recipe.differences import ABSENT, differing
from fsim.recipe.document import Document
from fsim.recipe.stated_preparation import with_preparation
from fsim.recipe.validate import check_document
from fsim.store.checkpoint import load_checkpoint
from fsim.store.run_folder import RunFolder


def allowed_changes(checked: CheckedRecipe, folder: RunFolder, allow: Sequence[str]) -> dict[str, list[str]]:
    """Return what was changed in recipe.yaml since the last checkpoint: {key: [value then, value now]}.

    Args:
        allow: keys that may differ, with all below them.

    Raises:
        FsimError: another key differs, or one that is allowed does not.
    """
    before = load_checkpoint(folder.last).resolved if folder.last.is_file() else None
    changes = {} if before is None else differing([_with_defaults(before), with_preparation(checked, None).resolved()])
    unfit = {key: values for key, values in changes.items() if _is_another_run(key, values)}
    if unfit:
        raise FsimError(
            f"{folder.recipe} was changed since the run was stopped:\n{_shown(unfit)}what was learned does not fit "
            f"that: change it back, or start anew: fsim run {folder.recipe}"
        )
    not_allowed = {key: values for key, values in changes.items() if not any(_within(key, name) for name in allow)}
    if not_allowed:
        command = f"fsim resume {folder.path} {' '.join(f'--allow {key}' for key in not_allowed)}"
        raise FsimError(
            f"{folder.recipe} was changed since the run was stopped:\n{_shown(not_allowed)}change it back, or go on "
            f"with what it says now: {command}"
        )
    for name in allow:
        if not any(_within(key, name) for key in changes):
            raise FsimError(f"--allow {name}: nothing there was changed since the run was stopped; leave it out")
    return changes


def _is_another_run(key: str, values: Sequence[str]) -> bool:
    """Return whether a change makes another network, other losses or another optimizer, for which there is no state."""
    fixed = (
        "model",
        "train.optimizer.name",
        "train.learning_rates",
        "train.ema_decay",
        "train.precision",
        "train.channels_last",
    )
    return any(_within(key, name) for name in fixed) or (_within(key, "losses") and ABSENT in values)


def _with_defaults(recipe: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the recipe of a checkpoint with the defaults of keys that later versions brought."""
    try:
        return with_preparation(check_document(Document(dict(recipe))), None).resolved()
    except FsimError:  # of a component that is no longer there, for example: the comparison shows what differs
        return recipe


def _shown(changes: Mapping[str, Sequence[str]]) -> str:
    return "".join(f"  {key}: {before} -> {now}\n" for key, (before, now) in changes.items())


def _within(key: str, allowed: str) -> bool:
    return key == allowed or key.startswith(f"{allowed}.")

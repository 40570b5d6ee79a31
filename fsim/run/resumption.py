"""Whether a run goes on by the recipe that it began with."""

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
    """{key: value when the last checkpoint was written, value now} of what was changed in recipe.yaml since.

    Args:
        allow: keys that may differ, with all below them.

    Raises:
        FsimError: another key differs, or one that is allowed does not.
    """
    before = load_checkpoint(folder.last).resolved if folder.last.is_file() else None
    changes = {} if before is None else differing([_with_defaults(before), with_preparation(checked, None).resolved()])
    other = {key: values for key, values in changes.items() if _is_another_run(key, values)}
    if other:
        raise FsimError(
            f"{folder.recipe} was changed since the run was stopped:\n{_shown(other)}what was learned does not fit "
            f"that: change it back, or start anew: fsim run {folder.recipe}"
        )
    refused = {key: values for key, values in changes.items() if not any(_within(key, one) for one in allow)}
    if refused:
        going_on = f"fsim resume {folder.path} {' '.join(f'--allow {key}' for key in refused)}"
        raise FsimError(
            f"{folder.recipe} was changed since the run was stopped:\n{_shown(refused)}change it back, or go on with "
            f"what it says now: {going_on}"
        )
    for one in allow:
        if not any(_within(key, one) for key in changes):
            raise FsimError(f"--allow {one}: nothing there was changed since the run was stopped; leave it out")
    return changes


def _is_another_run(key: str, values: Sequence[str]) -> bool:
    """Whether a change makes another network, other losses or another optimizer, for which there is no state."""
    fixed = (
        "model",
        "train.optimizer.name",
        "train.learning_rates",
        "train.ema_decay",
        "train.precision",
        "train.channels_last",
    )
    return any(_within(key, one) for one in fixed) or (_within(key, "losses") and ABSENT in values)


def _with_defaults(recipe: Mapping[str, Any]) -> Mapping[str, Any]:
    """A recipe with the defaults of keys that it does not have, because a later version brought them."""
    try:
        return with_preparation(check_document(Document(dict(recipe))), None).resolved()
    except FsimError:  # a component that is no longer there, say: what differs is told by the comparison
        return recipe


def _shown(changes: Mapping[str, Sequence[str]]) -> str:
    return "".join(f"  {key}: {was} -> {now}\n" for key, (was, now) in changes.items())


def _within(key: str, allowed: str) -> bool:
    return key == allowed or key.startswith(f"{allowed}.")

"""Whether a run goes on by the recipe that it began with."""

from __future__ import annotations

from collections.abc import Sequence

from fsim.checked_recipe import CheckedRecipe
from fsim.checkpoint import load_checkpoint
from fsim.errors import FsimError
from fsim.recipe_differences import differing
from fsim.run_folder import RunFolder


def allowed_changes(checked: CheckedRecipe, folder: RunFolder, allow: Sequence[str]) -> dict[str, list[str]]:
    """{key: value when the last checkpoint was written, value now} of what was changed in recipe.yaml since.

    Args:
        allow: keys that may differ, with all below them.

    Raises:
        FsimError: another key differs, or one that is allowed does not.
    """
    before = load_checkpoint(folder.last).get("resolved") if folder.last.is_file() else None
    changes = {} if before is None else differing([before, checked.resolved()])
    refused = {key: values for key, values in changes.items() if not any(_within(key, one) for one in allow)}
    if refused:
        shown = "".join(f"  {key}: {was} -> {now}\n" for key, (was, now) in refused.items())
        raise FsimError(
            f"{folder.recipe} was changed since the run was stopped:\n{shown}change it back, or go on with what it "
            f"says now: fsim resume {folder.path} {' '.join(f'--allow {key}' for key in refused)}"
        )
    for one in allow:
        if not any(_within(key, one) for key in changes):
            raise FsimError(f"--allow {one}: nothing there was changed since the run was stopped; leave it out")
    return changes


def _within(key: str, allowed: str) -> bool:
    return key == allowed or key.startswith(f"{allowed}.")

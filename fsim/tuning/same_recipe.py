"""Whether a study is gone on with by the recipe that it began with."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fsim.errors import FsimError
from fsim.recipe.differences import differing
from fsim.tuning.searched_recipe import SearchedRecipe


def what_counts(recipe: SearchedRecipe) -> dict[str, Any]:
    """The recipe as it was written, without what may differ from machine to machine and changes no result."""
    value = copy.deepcopy(recipe.document.value)
    for name in ("backup", "trackers"):
        value.pop(name, None)
    value["data"].pop("workers", None)
    return value


def refuse_another_recipe(before: Mapping[str, Any], recipe: SearchedRecipe, folder: Path) -> None:
    """Tell what was changed since a study began.

    Raises:
        FsimError: something was.
    """
    changes = differing([before, what_counts(recipe)])
    if changes:
        shown = "".join(f"  {key}: {was} -> {now}\n" for key, (was, now) in changes.items())
        raise FsimError(
            f"the study {folder.name} of {folder.parent.name} began with another recipe:\n{shown}its trials cannot be "
            f"compared with those of this one: change it back, or begin another: --study NAME"
        )

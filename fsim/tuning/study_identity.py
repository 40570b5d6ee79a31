"""What makes the trials of a study comparable: the recipe and the data that it began with."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fsim.errors import FsimError
from fsim.recipe.differences import differing
from fsim.run.observer import MonitoredEvaluation
from fsim.tuning.tunable_recipe import TunableRecipe


class OtherDataError(FsimError):
    """The data is not that of the study, so that results on it can't be compared with its trials."""


def comparable_recipe(recipe: TunableRecipe) -> dict[str, Any]:
    """Return the recipe as it was written, without what may differ between machines and changes no result."""
    value = copy.deepcopy(recipe.document.value)
    for name in ("backup", "trackers"):
        value.pop(name, None)
    value["data"].pop("workers", None)
    return value


def check_same_recipe(before: Mapping[str, Any], recipe: TunableRecipe, folder: Path) -> None:
    """Reject a recipe other than the one that a study began with.

    Args:
        before: as `comparable_recipe` gave it when the study began.

    Raises:
        FsimError: it was changed; the message says in what.
    """
    changes = differing([before, comparable_recipe(recipe)])
    if changes:
        shown = "".join(f"  {key}: {was} -> {now}\n" for key, (was, now) in changes.items())
        raise FsimError(
            f"the study {folder.name} of {folder.parent.name} began with another recipe:\n{shown}its trials cannot be "
            f"compared with those of this one: change it back, or begin another: --study NAME"
        )


def data_fingerprints(evaluation: MonitoredEvaluation) -> dict[str, str]:
    """Return fingerprints of the data of an evaluation, as a study keeps them."""
    return {"what is evaluated": evaluation.fingerprint, "the training images": evaluation.training_images}


def check_same_data(before: Mapping[str, str], evaluation: MonitoredEvaluation, name: str) -> None:
    """Reject an evaluation on other data than the first evaluation of a study.

    Args:
        before: as `data_fingerprints` gave them for the first.

    Raises:
        OtherDataError: the data is another; the message says which.
    """
    now = data_fingerprints(evaluation)
    changes = "".join(f"  {what}: {before[what]} -> {now[what]}\n" for what in now if before[what] != now[what])
    if changes:
        raise OtherDataError(
            f"the data changed since the study {name} began, or is another on this machine (fingerprints of images and "
            f"labels):\n{changes}its trials cannot be compared: bring the data back, and go on with the same command, "
            f"or begin another: --study NAME"
        )

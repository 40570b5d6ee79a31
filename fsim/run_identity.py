"""What a checkpoint says of its run beside the state, and what must be the same when that is taken up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fsim.errors import FsimError
from fsim.prepared import Prepared

NOT_THERE_ONCE = {"num_attributes": 0, "processes": 1}  # what a checkpoint of before does not say, and what it means


class ChangedDataError(FsimError):
    """A run that is taken up would learn from other data than before."""


class RunIdentity:
    """Plain data, for the dict of a checkpoint.

    network       what the weights are of
    learned_from  the data, and by how many processes
    """

    def __init__(self, prepared: Prepared, processes: int) -> None:
        catalog = prepared.catalog
        self.network: dict[str, Any] = {
            "recipe": prepared.checked.recipe.name,
            "category_names": catalog.category_names,
            "num_attributes": prepared.num_attributes,
        }
        self.learned_from: dict[str, Any] = {
            "training_images": catalog.fingerprint(catalog.rows("train")),
            "steps_per_epoch": prepared.training.steps_per_epoch,
            "processes": processes,
        }

    def hold_against(self, state: Mapping[str, Any]) -> None:
        """Raises:
        FsimError: a checkpoint is of another number of processes.
        ChangedDataError: it is of another network or other data.
        """
        here, before = self.learned_from["processes"], state.get("processes", 1)
        if before != here:
            raise FsimError(
                f"this run was made by {before} process{'es' if before > 1 else ''}, and this is {here}: each learns "
                f"from its own batches. Go on with torchrun --nproc-per-node {before}, or start anew by fsim run"
            )
        for name, now in {**self.network, **self.learned_from}.items():
            was = state.get(name, NOT_THERE_ONCE.get(name))
            if was != now:
                raise ChangedDataError(
                    f"since this run was stopped its {name.replace('_', ' ')} changed, from {was} to {now}: going on "
                    f"would mix two experiments. Bring the old data back, or start anew by fsim run"
                )

"""What a checkpoint says of its run beside the state, and what must be the same when that is taken up."""

from __future__ import annotations

from typing import Any

from fsim.errors import FsimError
from fsim.model.network import Network
from fsim.store.checkpoint import Checkpoint
from fsim.training.build import Training


class ChangedDataError(FsimError):
    """A run that is taken up would learn from other data than before."""


class RunIdentity:
    """Plain data, for the dict of a checkpoint.

    network       what the weights are of
    learned_from  the data, and by how many processes
    """

    def __init__(self, training: Training, processes: int) -> None:
        catalog = training.catalog
        rows = catalog.rows("train")
        self.network: dict[str, Any] = {
            "recipe": training.checked.recipe.name,
            "category_names": catalog.category_names,
            "num_attributes": training.num_attributes,
            "vocabulary": vocabulary_of(training.state.network),
        }
        self.learned_from: dict[str, Any] = {
            "training_images": catalog.fingerprint(rows),
            "steps_per_epoch": training.batches.steps_per_epoch,
            "processes": processes,
            "captions": None if training.batches.images.captions is None else catalog.captions_fingerprint(rows),
        }

    def hold_against(self, checkpoint: Checkpoint) -> None:
        """Raises:
        FsimError: a checkpoint is of another number of processes.
        ChangedDataError: it is of another network or other data.
        """
        here, before = self.learned_from["processes"], checkpoint.content["processes"]
        if before != here:
            raise FsimError(
                f"this run was made by {before} process{'es' if before > 1 else ''}, and this is {here}: each learns "
                f"from its own batches. Go on with torchrun --nproc-per-node {before}, or start anew by fsim run"
            )
        for name, now in {**self.network, **self.learned_from}.items():
            was = checkpoint.content[name]
            if was != now:
                told = f"{name.replace('_', ' ')} changed, {_difference(was, now)}"
                raise ChangedDataError(
                    f"since this run was stopped its {told}: going on would mix two experiments. Bring the old data "
                    f"back, or start anew by fsim run"
                )


def vocabulary_of(network: Network) -> list[str] | None:
    """The words that a network learned; None where it learned none."""
    return None if network.text is None or network.text.vocabulary is None else list(network.text.vocabulary.words)


def _difference(was: Any, now: Any) -> str:
    if isinstance(was, list) and isinstance(now, list):
        differing = sorted(map(str, {*was} ^ {*now}))
        told = ", ".join(differing[:5]) or "their order"
        return f"{len(was)} before and {len(now)} now (they differ in {told}{', ...' if len(differing) > 5 else ''})"
    return f"from {was} to {now}"

"""What a checkpoint says of its run beside the state, and what must be the same when the run is resumed."""

from __future__ import annotations

from typing import Any

from fsim.errors import FsimError
from fsim.model.network import Network
from fsim.store.checkpoint import Checkpoint
from fsim.training.build import Training


class ChangedDataError(FsimError):
    """A run that is resumed would learn from other data than before."""


class RunIdentity:
    """Says which run a checkpoint belongs to, as plain data.

    network       what the weights are of
    learned_from  the data, and by how many processes
    """

    def __init__(self, training: Training) -> None:
        catalog = training.catalog
        rows = catalog.rows("train")
        reads_captions = training.batches.images.captions is not None
        self.network: dict[str, object] = {
            "recipe": training.checked.recipe.name,
            "category_names": catalog.category_names,
            "num_attributes": training.num_attributes,
            "vocabulary": vocabulary_of(training.state.network),
        }
        self.learned_from: dict[str, Any] = {
            "training_images": catalog.fingerprint(rows),
            "steps_per_epoch": training.batches.steps_per_epoch,
            "processes": training.processes.size,
            "captions": catalog.captions_fingerprint(rows) if reads_captions else None,
        }

    def reject_another_run(self, checkpoint: Checkpoint) -> None:
        """Reject a checkpoint from which this run cannot go on.

        Raises:
            FsimError: it was made by another number of processes.
            ChangedDataError: it belongs to another network or other data.
        """
        now, before = self.learned_from["processes"], checkpoint.content["processes"]
        if before != now:
            raise FsimError(
                f"this run was made by {before} process{'es' if before > 1 else ''}, and this is {now}: each learns "
                f"from its own batches. Go on with torchrun --nproc-per-node {before}, or start anew by fsim run"
            )
        for name, value in {**self.network, **self.learned_from}.items():
            former = checkpoint.content[name]
            if former != value:
                raise ChangedDataError(
                    f"since this run was stopped its {name.replace('_', ' ')} changed, {_difference(former, value)}: "
                    f"going on would mix two experiments. Bring the old data back, or start anew by fsim run"
                )


def vocabulary_of(network: Network) -> list[str] | None:
    """Return the words that a network learned; None where it learned none."""
    return None if network.text is None or network.text.vocabulary is None else list(network.text.vocabulary.words)


def _difference(former: Any, now: Any) -> str:
    if isinstance(former, list) and isinstance(now, list):
        differing = sorted(map(str, {*former} ^ {*now}))
        names = ", ".join(differing[:5]) or "their order"
        more = ", ..." if len(differing) > 5 else ""
        return f"{len(former)} before and {len(now)} now (they differ in {names}{more})"
    return f"from {former} to {now}"

"""What whoever watches a run is told of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Watched:
    """The last evaluation of a run, by the monitored protocol.

    epoch            after which it was, from 1 on
    value            of the monitored metric, NaN where that is none; None where no metric chooses the best epoch
    finished         whether the run is at its end, by its last epoch or by early stopping
    fingerprint      of the protocol
    training_images  the fingerprint of what it learns from
    """

    epoch: int
    value: float | None
    finished: bool
    fingerprint: str
    training_images: str

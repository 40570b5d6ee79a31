"""What is exported, and what was written of it: a network of a run, and a model file that was held against it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from fsim.catalog.encoded_catalog import EncodedCatalog
from fsim.evaluation.protocol import Protocol
from fsim.evaluation.trained_run import TrainedRun
from fsim.export.formats import Format
from fsim.export.parity import Parity
from fsim.history.run_evaluations import RunEvaluation, evaluations_of
from fsim.images.preparation import Preparation


@dataclass(frozen=True)
class ExportedRun:
    """A network of a run, with the data that it was made and measured by.

    monitored        the protocol that chose the best epoch
    attribute_names  what its attribute_logits are of
    """

    trained: TrainedRun
    catalog: EncodedCatalog
    monitored: Protocol
    attribute_names: list[str]

    @property
    def preparation(self) -> Preparation:
        """How its pictures are prepared."""
        return self.trained.preparation

    @cached_property
    def evaluations(self) -> list[RunEvaluation]:
        """What the training and `fsim evaluate` measured of this network, each fingerprint once."""
        return evaluations_of(self.trained.folder, self.trained.checkpoint_name, self.trained.epoch)


@dataclass(frozen=True)
class WrittenModel:
    """A model file that was read again and held against the run.

    num_images               so many images of `split` went through both
    widths                   how many numbers each of its outputs has for an image
    unit_length              whether all embeddings have length one
    parity                   against the run's network in fp32, in which the model computes
    evaluation_precision     the precision in which the run was evaluated
    parity_with_evaluation   against the run's network in that precision; None where it is fp32 too
    """

    name: str
    format: Format
    num_bytes: int
    num_images: int
    split: str
    widths: dict[str, int]
    unit_length: bool
    tolerance: float
    parity: Parity
    evaluation_precision: str
    parity_with_evaluation: Parity | None

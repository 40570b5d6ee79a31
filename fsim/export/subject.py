"""What is exported: one network of a run, with the data that it was made and measured by."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from fsim.catalog.encoded_catalog import EncodedCatalog
from fsim.evaluation.evaluation import Evaluation
from fsim.evaluation.trained_run import TrainedRun
from fsim.export.formats import Format
from fsim.export.parity import Parity
from fsim.history.run_evaluations import RunEvaluation, evaluations_of
from fsim.images.preparation import Preparation


@dataclass(frozen=True)
class Subject:
    """A network of a run, with the data that it was made and measured by.

    attribute_names  what its attribute_logits are of
    """

    trained: TrainedRun
    catalog: EncodedCatalog
    evaluation: Evaluation
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
class Written:
    """A model file that was read again and held against the run.

    num_images  that it was held on, of `split`
    widths      how many numbers each of its outputs has for an image
    fp32        against the run's network in fp32, in which the model computes
    evaluated   against the same in the precision that the run was evaluated in, where that is another
    """

    name: str
    format: Format
    num_bytes: int
    num_images: int
    split: str
    widths: dict[str, int]
    unit_length: bool
    tolerance: float
    fp32: Parity
    precision: str
    evaluated: Parity | None

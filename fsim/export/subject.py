"""What is exported: one network of a run, with the data that it was made and measured by."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from fsim.catalog.encoded_catalog import EncodedCatalog
from fsim.evaluation.evaluation import Evaluation
from fsim.evaluation.per_query import per_query_file
from fsim.evaluation.run_network import TrainedNetwork
from fsim.export.formats import Format
from fsim.export.parity import Parity
from fsim.history.run_evaluations import RunEvaluation
from fsim.recipe.checked_recipe import CheckedRecipe
from fsim.store.run_folder import RunFolder


@dataclass(frozen=True)
class Subject:
    """A network of a run.

    checkpoint       its name: last, best, ...
    attribute_names  what its attribute_logits are of
    """

    run: RunFolder
    checked: CheckedRecipe
    checkpoint: str
    trained: TrainedNetwork
    catalog: EncodedCatalog
    evaluation: Evaluation
    attribute_names: list[str]

    @cached_property
    def evaluations(self) -> list[RunEvaluation]:
        """What the training and `fsim evaluate` measured of this network, each fingerprint once."""
        folder, epoch = self.run, self.trained.epoch
        found: dict[str, RunEvaluation] = {}
        for line in folder.read_metrics():
            if "protocol" in line and line["epoch"] == epoch:
                table = per_query_file(folder.per_query(self.checkpoint), line["split"])
                found[line["fingerprint"]] = RunEvaluation(line["split"], line, table)
        for place, line in folder.read_evaluations():
            if (line["checkpoint"], line["epoch"]) == (self.checkpoint, epoch):
                kept, table = found.get(line["fingerprint"]), per_query_file(place, line["split"])
                if kept is None or not kept.per_query.is_file():
                    found[line["fingerprint"]] = RunEvaluation(line["split"], line, table)
        return list(found.values())


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

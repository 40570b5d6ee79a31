"""What a report shows: a run, and a protocol as one of its networks answers it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch

from fsim.catalog.encoded_catalog import EncodedCatalog
from fsim.errors import FsimError
from fsim.evaluation.evaluate_run import stored_evaluation
from fsim.evaluation.protocol_result import ProtocolResult
from fsim.evaluation.trained_run import TrainedRun
from fsim.history.run_evaluations import NetworkName, run_evaluations
from fsim.images.image_cache import CachedImages
from fsim.pages.page import thumbnail
from fsim.recipe.checked_recipe import CheckedRecipe
from fsim.recipe.schema import Recipe
from fsim.run.policy import monitored_protocol
from fsim.runtime.display import Display
from fsim.store.per_query import per_query_file, read_per_query
from fsim.store.run_folder import RunFolder

PIXELS = 128  # the side of a picture


@dataclass(frozen=True)
class EvaluatedRun:
    """A run, and what its last or its best network gave for a protocol."""

    folder: RunFolder
    recipe: Recipe
    catalog: EncodedCatalog
    images: CachedImages
    result: ProtocolResult
    which: NetworkName

    @cached_property
    def _pictures(self) -> dict[int, str]:
        return {}

    def picture(self, row: int) -> str:
        """Return an image of the catalog as a data URI; each is read once."""
        if row not in self._pictures:
            self._pictures[row] = thumbnail(self.catalog.catalog, row, PIXELS)
        return self._pictures[row]

    def label(self, row: int) -> str:
        """Return an image's category, or its item where that is what makes an answer right."""
        return str(self.catalog.catalog.frame[self.result.task.relevant].iloc[row]) or "unknown"

    def nearness(self, score: float) -> str:
        """Write a score as a cosine, or as the Euclidean distance that it is minus half the square of."""
        return f"{score:.2f}" if self.result.task.distance == "cosine" else f"{(-2 * min(score, 0)) ** 0.5:.2f}"


def reopen_evaluated_run(
    checked: CheckedRecipe, folder: RunFolder, which: NetworkName | None, display: Display
) -> EvaluatedRun:
    """Let the last or the best network of a run answer the monitored protocol again; its metrics are those that the run
    kept.

    Args:
        which: None is the last network where the run came to its end, else the best so far.

    Raises:
        FsimError: the run was not evaluated yet, or its images are not those that it was evaluated on.
    """
    lines = folder.evaluation_lines()
    if not lines:
        raise FsimError(f"{folder.path} has no evaluation yet; finish it first: fsim resume {folder.path}")
    if which is None:
        ended = per_query_file(folder.per_query("last"), lines[0].split).is_file()
        which = "last" if ended else "best"
    trained = TrainedRun.open(folder, which, checked)
    catalog, images = trained.open_data(display)
    embedder = trained.embedder(images, progress=lambda done, total: display.bar("embed", done, total))
    measured = stored_evaluation(trained, catalog, images, embedder)
    protocol = monitored_protocol(measured.protocols)
    evaluations = run_evaluations(folder, which)
    kept = next((evaluation for evaluation in evaluations if evaluation.split == protocol.split), None)
    if kept is None or kept.line.epoch != trained.epoch:
        raise FsimError(
            f"{folder.path} has no evaluation of its {which} network by the protocol {protocol.split}; finish it "
            f"first: fsim resume {folder.path}"
        )
    table = read_per_query(kept.per_query)
    task = measured.task(protocol, trained.network, {})
    display.close_bars()
    if list(table["image"]) != list(task.query.names):
        raise FsimError(
            f"the images of {protocol.query} are not those that the run was evaluated on; say where these are now: "
            f"fsim report {folder.path} data.dataset.root=FOLDER"
        )
    per_query = {name: torch.from_numpy(table[name].to_numpy(float)) for name in table.columns if "/" in name}
    result = ProtocolResult(protocol, task, kept.line, per_query)
    return EvaluatedRun(folder, checked.recipe, catalog, images, result, which)

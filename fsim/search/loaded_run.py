"""What `fsim.load` gives: a trained run that does in a line what the commands do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from fsim.evaluation.evaluate_run import evaluate_run, recipe_to_evaluate
from fsim.evaluation.trained_run import TrainedRun
from fsim.runtime.display import Display
from fsim.runtime.processes import ALONE
from fsim.search.index_changes import Action, IndexRequest, write_index
from fsim.search.index_folder import DEFAULT_NAME
from fsim.search.query_embedder import RunEmbedder
from fsim.search.searcher import Searcher
from fsim.store.metric_lines import EvaluationLine


@final
@dataclass(frozen=True, repr=False, eq=False)
class LoadedRun(TrainedRun):
    """A `TrainedRun` for notebooks: it can also be measured again, and make an index.

    It stands in search, because evaluation, which knows `TrainedRun`, knows nothing of indexes.
    """

    def evaluate(self, *overrides: str, split: str | None = None) -> list[EvaluationLine]:
        """Measure the network as `fsim evaluate` does, and keep the results in the run folder.

        Args:
            overrides: `evaluation.flip=true`, `data.dataset.root=DIR`.
            split: leave-one-out over this one, in place of the recipe's protocols.

        Returns:
            The line of each protocol, with `metrics`, `protocol`, `fingerprint`, ...

        Raises:
            FsimError: an override would change the network, or the catalog does not fit.
        """
        checked = recipe_to_evaluate(self.folder, overrides, split)
        trained = LoadedRun.open(self.folder, str(self.checkpoint), checked, self.device)
        with Display() as display:
            return [result.line for result in evaluate_run(trained, display, ALONE, display.log.info)]

    def index(
        self,
        images: str | Path | None = None,
        *,
        name: str = DEFAULT_NAME,
        action: Action = "make",
        split: str | None = None,
        kind: str | None = None,
        parameters: Mapping[str, Any] | None = None,
        recall: float | None = None,
    ) -> Searcher:
        """Embed images into an index of the run, RUN/indexes/NAME, as `fsim index` does, and open it for searches.

        Args:
            images: a folder, a table, a recipe or the name of a dataset; None for the run's own dataset, or, to
                rebuild, for the images of the index.
            action: `make` an index that is not there yet, `add` the images that it lacks, or `rebuild` it.
            split: only images of this split: `val`, or `val+test`.
            kind: the component that finds neighbours; None for the kind that the index has, or `exact`.
            parameters: of that component; None to tune them to `recall`.
            recall: 0 to 1; None for 0.95.

        Raises:
            FsimError: the index is there already, or is not, or another network made it; no image can be used.
        """
        request = IndexRequest(
            action=action,
            name=name,
            images=None if images is None else str(images),
            split=split,
            kind=kind,
            parameters=parameters or {},
            recall=recall,
        )
        with Display() as display:
            index = write_index(self.folder, request, display, trained=self)
        assert index is not None, "no other process takes part"
        return Searcher(index, RunEmbedder(self))

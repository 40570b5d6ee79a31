"""Evaluate a run again: another split, catalog, checkpoint or evaluators."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fsim.evaluation.evaluation import Evaluated
from fsim.evaluation.evaluation_cost import say_cost
from fsim.evaluation.per_query import write_per_query
from fsim.evaluation.reopened_run import reopen
from fsim.recipe.checked_recipe import CheckedRecipe
from fsim.report.subject import Subject
from fsim.report.tables import write_tables
from fsim.runtime.display import Display
from fsim.runtime.processes import Processes
from fsim.store.run_folder import RunFolder


def evaluate_run(
    checked: CheckedRecipe,
    folder: RunFolder,
    checkpoint: Path,
    display: Display,
    processes: Processes,
    say: Callable[[str], None],
) -> list[Evaluated]:
    """Embed what the recipe's protocols ask for, by all processes, and measure it; all results are in the run folder.

    Only rank 0 measures and writes; the others return nothing. `say` is called with what the measuring will cost.

    Raises:
        FsimError: the checkpoint or the catalog does not fit.
    """
    reopened = reopen(checked, folder, checkpoint, display, processes)
    trained, evaluation = reopened.trained, reopened.evaluation
    if not processes.first:
        reopened.shared.follow(trained.network)
        return []
    say_cost(evaluation.protocols, evaluation.evaluators, trained.network.embedding_dim, say)
    evaluated = evaluation(trained.network, trained.epoch, at_end=True)
    about = {"checkpoint": folder.checkpoint_name(checkpoint), "epoch": trained.epoch}
    for one in evaluated:
        place = folder.evaluation(str(about["checkpoint"]), one.line["fingerprint"])
        write_per_query(place, reopened.catalog, [one])
        write_tables(place, Subject(folder, checked, reopened.catalog, reopened.images, one))
        folder.write_evaluation({**about, **one.line})
    reopened.shared.release()
    return evaluated

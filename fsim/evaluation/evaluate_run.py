"""Evaluate a run again: another split, catalog, checkpoint or evaluators."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from fsim.catalog.encoded_catalog import EncodedCatalog
from fsim.errors import FsimError
from fsim.evaluation.evaluation import Evaluation
from fsim.evaluation.evaluation_cost import say_cost
from fsim.evaluation.parallel_embedder import ParallelEmbedder
from fsim.evaluation.protocol_result import ProtocolResult
from fsim.evaluation.result_tables import write_per_query, write_tables
from fsim.evaluation.storing_embedder import StoringEmbedder
from fsim.evaluation.trained_run import TrainedRun
from fsim.images.image_cache import CachedImages
from fsim.recipe.checked_recipe import CheckedRecipe
from fsim.recipe.recipe_file import WITHOUT_MONITOR, reject_other_keys
from fsim.recipe.validate import check_recipe
from fsim.runtime.display import Display
from fsim.runtime.processes import Processes
from fsim.store.run_folder import RunFolder

CHANGEABLE = ("data", "evaluation", "train.precision")


def recipe_to_evaluate(folder: RunFolder, overrides: Iterable[str] = (), split: str | None = None) -> CheckedRecipe:
    """Check the recipe of a run with what is to be measured otherwise.

    Args:
        overrides: `evaluation.flip=true`, `data.dataset.root=DIR`.
        split: leave-one-out over this split, in place of the recipe's protocols.

    Raises:
        FsimError: an override would change the network, or the recipe has mistakes with them.
    """
    given = list(overrides)
    reject_other_keys(given, CHANGEABLE, "the network is the run's")
    protocols = [] if split is None else [f"evaluation.protocols=[{{query: '{split}'}}]"]
    return check_recipe(folder.recipe, [*WITHOUT_MONITOR, *given, *protocols])


def evaluate_run(
    trained: TrainedRun, display: Display, processes: Processes, say: Callable[[str], None]
) -> list[ProtocolResult]:
    """Embed the splits of the recipe's protocols by all processes, measure them, and write the results into the run
    folder. Rank 0 measures and writes; the others return nothing.

    Args:
        say: called with what the measuring will cost.

    Raises:
        FsimError: the checkpoint or the catalog does not fit.
    """
    folder = trained.folder
    catalog, images = trained.open_data(display, processes)
    embedder = trained.embedder(images, processes, lambda done, total: display.bar("embed", done, total))
    evaluation = stored_evaluation(trained, catalog, images, embedder)
    if not processes.is_rank0:
        embedder.follow(trained.network)
        return []
    say_cost(evaluation.protocols, evaluation.evaluators, trained.dimensions, say)
    results = evaluation(trained.network, trained.epoch, at_end=True)
    for result in results:
        tables = folder.evaluation(trained.checkpoint_name, result.line.fingerprint)
        write_per_query(tables, catalog, [result])
        write_tables(tables, catalog, result)
        folder.write_evaluation(trained.checkpoint_name, result.line)
    embedder.release()
    return results


def stored_evaluation(
    trained: TrainedRun, catalog: EncodedCatalog, images: CachedImages, embedder: ParallelEmbedder
) -> Evaluation:
    """Build the recipe's protocols and evaluators over embeddings that are kept in `RUN/embeddings`, and read from
    there while network, images and settings are the same.

    Raises:
        FsimError: an evaluator measures guesses of categories, and the network learned other ones.
    """
    store = StoringEmbedder(trained.folder.path / "embeddings", catalog, images, trained.forward, embedder)
    evaluation = Evaluation(trained.checked, catalog, store)
    if "logits" in evaluation.needs and trained.category_names != catalog.category_names:
        raise FsimError(
            "the network knows other categories than this catalog has, so that its guesses can't be measured: leave "
            "the evaluator that needs logits out of evaluation.evaluators"
        )
    return evaluation

"""One run, from top to bottom: catalog, images, network, training, evaluation, checkpoints."""

from __future__ import annotations

import signal
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ignite.engine import Engine

from fsim.backup.background import Backup
from fsim.backup.place import BackupPlace
from fsim.batches import TrainingBatches
from fsim.catalog import EncodedCatalog
from fsim.checked_recipe import CheckedRecipe
from fsim.display import Display
from fsim.embedding import Embed
from fsim.ending import stopped_at
from fsim.engine import NotFiniteError, Training, build_engine
from fsim.errors import FsimError, WriteError
from fsim.evaluation import Evaluation
from fsim.evaluation_cost import say_cost
from fsim.handlers import attach
from fsim.interruption import Interruption
from fsim.keeper import Keeper, Watch
from fsim.machine import describe_environment, prepare_machine
from fsim.prepared import prepare
from fsim.quick_start import take_up_garbage_collection
from fsim.report.page import report_page
from fsim.report.subject import Subject
from fsim.run_folder import RunFolder


class InterruptedRunError(FsimError):
    """A signal stopped the run; everything up to there is saved."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class StopRunError(FsimError):
    """Whoever watches the run wants no more of it. All is saved, and it can be resumed."""


@dataclass(frozen=True)
class Result:
    """What a finished run found: the last evaluation, that of the monitored protocol among it, and the best one by the
    monitored metric."""

    last: list[dict[str, Any]]
    monitored: dict[str, Any]
    best: dict[str, Any] | None


def execute(
    checked: CheckedRecipe,
    folder: RunFolder,
    display: Display,
    *,
    resume: bool = False,
    changes: Mapping[str, Sequence[str]] | None = None,
    watch: Watch | None = None,
) -> Result:
    """Train and evaluate as the recipe says; the run folder has everything afterwards.

    Args:
        resume: whether to go on from the last checkpoint.
        changes: what was changed in the recipe since then, to be recorded.
        watch: told of each evaluation; it may raise StopRunError.

    Raises:
        FsimError: the data does not fit the recipe, or the loss is no longer finite.
        WriteError: a full disk; the run can be resumed once there is room.
        InterruptedRunError: Ctrl-C or SIGTERM; the run can be resumed.
        StopRunError: `watch` wanted that.
    """
    machine = prepare_machine(checked.recipe.train.precision)
    if not resume:
        folder.write_recipe(checked.resolved())
    environment = describe_environment(machine)
    _note_environment({**environment, "changed": dict(changes)} if changes else environment, folder, display)

    prepared = prepare(checked, machine, display)
    catalog, images, batches, training = prepared.catalog, prepared.images, prepared.batches, prepared.training
    if prepared.checked is not checked:  # measured channels
        checked = prepared.checked
        folder.write_recipe(checked.resolved())
    recipe = checked.recipe
    embed = Embed(
        images,
        prepared.normalise,
        machine,
        recipe.evaluation.flip,
        lambda done, total: display.bar("evaluate", done, total),
    )
    evaluation = Evaluation(checked, catalog, embed)
    display.say(
        f"{recipe.name}: {len(batches.rows)} training images, {len(catalog.category_names)} categories, "
        f"{recipe.train.epochs} epochs of {batches.steps_per_epoch} steps on {machine.device} in {machine.precision}"
    )
    say_cost(evaluation.protocols, evaluation.evaluators, training.network.embedding_dim, display.say)
    engine = build_engine(training, machine, recipe.seed)
    backup = None
    if recipe.backup is not None:
        where = recipe.backup
        BackupPlace(where.url)  # a kind of URL that nobody knows is told now
        backup = Backup(folder, where.url, where.every_minutes, where.parts, display.warn)
    keeper = Keeper(checked, folder, training, evaluation, catalog, images, prepared.num_attributes, display, watch)
    if resume:
        keeper.take_up()
    take_up_garbage_collection()
    with Interruption() as interruption:
        attach(engine, training, keeper, display, interruption, recipe.train.epochs, backup)
        try:
            _train(engine, training, batches, recipe.train.epochs, recipe.data.workers, catalog, interruption)
        except WriteError as error:
            saved = f"all up to step {keeper.saved_step} is saved; then go on with: fsim resume {folder.path}"
            raise WriteError(f"{error}; {saved}") from error
        except StopRunError as stop:
            display.close_bars()
            keeper.close()
            if backup is not None:
                backup.close()
            raise StopRunError(f"{stopped_at(keeper.saved_step)}: {stop}") from stop
    display.close_bars()
    if not keeper.finished:
        if backup is not None and interruption.signal == signal.SIGINT:  # SIGTERM leaves little time
            backup.close()
        told = f"{stopped_at(keeper.saved_step)}. Go on with: fsim resume {folder.path}"
        raise InterruptedRunError(told, interruption.exit_code)
    keeper.close()
    if keeper.last_monitored is not None:
        _report(Subject(folder, checked, catalog, images, keeper.last_monitored, "last"), display)
    elif not folder.report.is_file():
        display.say(f"there is no report yet: fsim report {folder.path}")
    if backup is not None:
        backup.close()
    monitored = next((line for line in keeper.last_lines if line["split"] == evaluation.monitored.split), None)
    if monitored is None:
        raise FsimError(
            f"the run is at its end, and was not evaluated by what its recipe says now; measure it: "
            f"fsim evaluate {folder.path}"
        )
    return Result(keeper.last_lines, monitored, keeper.best)


def _note_environment(environment: dict[str, Any], folder: RunFolder, display: Display) -> None:
    """environment.json; when a run is taken up, its new environment stands in the first one's list `resumed`."""
    first = folder.read_environment()
    if first is None:
        folder.write_environment({"run": uuid.uuid4().hex, **environment})
        return
    for name in ("device", "precision"):
        if first[name] != environment[name]:
            display.warn(f"the run began with {name} {first[name]} and goes on with {environment[name]}")
    folder.write_environment({**first, "resumed": [*first.get("resumed", ()), environment]})


def _report(subject: Subject, display: Display) -> None:
    """Write report.html; what was learned is kept whatever happens to it."""
    try:
        report_page(subject).write(subject.folder.report)
    except Exception as error:  # a fault of a plugin's metrics, a full disk
        display.warn(f"no report: {error}; then: fsim report {subject.folder.path}")
        display.log.info("the report failed", exc_info=not isinstance(error, FsimError))


def _train(
    engine: Engine,
    training: Training,
    batches: TrainingBatches,
    epochs: int,
    workers: int,
    catalog: EncodedCatalog,
    interruption: Interruption,
) -> None:
    """Run the engine from the step that the training stands at to its end."""
    if training.step >= training.total_steps:
        return
    steps = training.steps_per_epoch
    engine.load_state_dict({"iteration": training.step, "max_epochs": epochs, "epoch_length": steps})
    loader = batches.loader(training.step, training.total_steps, workers)
    try:
        engine.run(loader, max_epochs=epochs, epoch_length=steps)
    except KeyboardInterrupt:
        return
    except RuntimeError:
        if not (interruption.requested and workers):  # a signal to the group of processes ends those that load images
            raise
    except NotFiniteError as error:
        names = catalog.names(error.rows)
        raise FsimError(
            f"{error}; the images of this batch: {', '.join(names)}. Lower train.optimizer.lr, or set "
            f"train.precision=fp32, and look at these images"
        ) from error

"""One run, from top to bottom: catalog, images, network, training, evaluation, checkpoints."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from ignite.engine import Engine

from fsim.backup.background import Backup
from fsim.backup.place import BackupPlace
from fsim.errors import FsimError, WriteError
from fsim.evaluation.embedding import Forward, LocalEmbedder
from fsim.evaluation.evaluation import Evaluation
from fsim.evaluation.evaluation_cost import say_cost
from fsim.evaluation.parallel_embedder import ParallelEmbedder
from fsim.recipe.checked_recipe import CheckedRecipe
from fsim.recipe.schema import Recipe
from fsim.recipe.stated_preparation import with_preparation
from fsim.report.evaluated_run import EvaluatedRun
from fsim.report.page import report_page
from fsim.run.follower import Follower
from fsim.run.handlers import attach
from fsim.run.interruption import Interruption
from fsim.run.keeper import Keeper, Watch
from fsim.run.policy import BestEpoch
from fsim.runtime.display import Display
from fsim.runtime.garbage_collection import resume_garbage_collection
from fsim.runtime.machine import Machine, describe_environment, prepare_machine
from fsim.runtime.processes import ALONE, LostProcessError, Processes
from fsim.store.environment import Environment
from fsim.store.metric_lines import EvaluationLine
from fsim.store.run_folder import RunFolder
from fsim.store.status import StatusRecorder, recorded_status
from fsim.training.build import Training, build_training
from fsim.training.step import NotFiniteError, build_engine


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

    last: list[EvaluationLine]
    monitored: EvaluationLine
    best: BestEpoch | None


def execute(
    checked: CheckedRecipe,
    folder: RunFolder,
    display: Display,
    *,
    resume: bool = False,
    changes: Mapping[str, Sequence[str]] | None = None,
    processes: Processes = ALONE,
    watch: Watch | None = None,
) -> Result | None:
    """Train and evaluate as the recipe says; the run folder has everything afterwards.

    Args:
        resume: whether to go on from the last checkpoint.
        changes: what was changed in the recipe since then, to be recorded.
        processes: those that train together. Only rank 0 writes, and gets the result.
        watch: told of each evaluation; it may raise StopRunError.

    Raises:
        FsimError: the data does not fit the recipe, or the loss is no longer finite.
        WriteError: a full disk; the run can be resumed once there is room.
        InterruptedRunError: Ctrl-C or SIGTERM; the run can be resumed.
        StopRunError: `watch` wanted that.
    """
    with recorded_status(folder, is_writer=processes.is_rank0) as status:
        return _execute(checked, folder, display, resume, changes, processes, watch, status)


def _execute(
    checked: CheckedRecipe,
    folder: RunFolder,
    display: Display,
    resume: bool,
    changes: Mapping[str, Sequence[str]] | None,
    processes: Processes,
    watch: Watch | None,
    status: StatusRecorder,
) -> Result | None:
    """As `execute`, whose end is recorded."""
    machine = prepare_machine(checked.recipe.train.precision)
    if processes.is_rank0:
        if not resume:
            folder.write_recipe(checked.resolved())
        session = {
            **describe_environment(machine),
            "processes": processes.size,
            **({"changed": dict(changes)} if changes else {}),
        }
        for difference in folder.note_environment(Environment(session)):
            display.warn(f"the run began with {difference}")

    if resume and folder.last.is_file():  # it has learned from pictures of this preparation, whatever a backbone states
        checked = with_preparation(checked, None)
    training = build_training(checked, machine, display, processes)
    state = training.state
    if training.checked is not checked:  # channels were measured, or the backbone asked
        checked = training.checked
        if processes.is_rank0:
            folder.write_recipe(checked.resolved(), checked.from_backbone)
    recipe = checked.recipe
    embed = LocalEmbedder(
        training.images,
        Forward.from_preparation(training.preparation, machine, recipe.train.channels_last),
        lambda done, total: display.bar("evaluate", done, total),
    )
    embedder = ParallelEmbedder(embed, processes)
    evaluation = Evaluation(checked, training.catalog, embedder)
    display.say(_plan(checked, training, machine, processes))
    say_cost(evaluation.protocols, evaluation.evaluators, state.network.embedding_dim, display.say)
    engine = build_engine(training.step)
    keeper = (
        Keeper(training, folder, evaluation, embedder, display, watch)
        if processes.is_rank0
        else Follower(folder, state, embedder)
    )
    status.progress = lambda: (keeper.saved_step, keeper.saved_step // state.steps_per_epoch)
    resume_command = f"{processes.command} resume {folder.path}"
    with _backup(recipe, folder, display, processes) as backup, Interruption() as interruption:
        try:
            if resume:
                with interruption.immediate():
                    keeper.take_up()
            resume_garbage_collection()
            attach(engine, state, keeper, display, interruption, recipe.train.epochs, processes, backup)
            if not keeper.finished:
                _train(engine, training, interruption)
        except KeyboardInterrupt:
            pass
        except WriteError as error:
            saved = f"all up to step {keeper.saved_step} is saved; then go on with: {resume_command}"
            raise WriteError(f"{error}; {saved}") from error
        except StopRunError as stop:
            display.close_bars()
            keeper.close()
            stopped = StopRunError(f"{_stopped_at(keeper.saved_step)}: {stop}")
            status.end("stopped", str(stopped), stopped.exit_code)  # before the last copy, which has it then
            if backup is not None:
                backup.close()
            raise stopped from stop
        except LostProcessError as error:
            if not interruption.requested:
                raise
            display.warn(str(error))  # torchrun then asks those that are left to stop
        display.close_bars()
        if not keeper.finished:
            interrupted = InterruptedRunError(
                f"{_stopped_at(keeper.saved_step)}. Go on with: {resume_command}", interruption.exit_code
            )
            status.end("stopped", str(interrupted), interrupted.exit_code)
            if backup is not None and interruption.signal == signal.SIGINT:  # SIGTERM leaves little time
                backup.close()
            raise interrupted
        keeper.close()
        if not isinstance(keeper, Keeper):
            return None
        _report_end(keeper, training, folder, display)
        status.end("finished", "finished", 0)
        if backup is not None:
            backup.close()
        return _result(keeper, folder)


def _stopped_at(step: int) -> str:
    return f"stopped; all up to step {step} is saved"


def _report_end(keeper: Keeper, training: Training, folder: RunFolder, display: Display) -> None:
    """Write the report of a finished run."""
    if keeper.last_monitored is not None:
        recipe, result = training.checked.recipe, keeper.last_monitored
        _report(EvaluatedRun(folder, recipe, training.catalog, training.images, result, "last"), display)
    elif not folder.report.is_file():
        display.say(f"there is no report yet: fsim report {folder.path}")


def _result(keeper: Keeper, folder: RunFolder) -> Result:
    """Return what a finished run found.

    Raises:
        FsimError: it was not evaluated by what its recipe says now.
    """
    monitored = next((line for line in keeper.last_lines if line.split == keeper.choice.split), None)
    if monitored is None:
        raise FsimError(
            f"the run is at its end, and was not evaluated by what its recipe says now; measure it: "
            f"fsim evaluate {folder.path}"
        )
    return Result(keeper.last_lines, monitored, keeper.best)


def _plan(checked: CheckedRecipe, training: Training, machine: Machine, processes: Processes) -> str:
    """What is going to be done, in a line."""
    recipe, steps = checked.recipe, training.batches.steps_per_epoch
    together = "" if processes.size == 1 else f" by {processes.size} processes"
    return (
        f"{recipe.name}: {len(training.batches.images.rows)} training images, "
        f"{len(training.catalog.category_names)} categories, {recipe.train.epochs} epochs of {steps} steps"
        f"{together} on {machine.device} in {machine.precision}"
    )


@contextmanager
def _backup(recipe: Recipe, folder: RunFolder, display: Display, processes: Processes) -> Iterator[Backup | None]:
    """The copies that the recipe asks for, made by rank 0; none any more where the run fails."""
    where = recipe.backup
    if where is None or not processes.is_rank0:
        yield None
        return
    BackupPlace(where.url)  # a kind of URL that nobody knows is told now
    backup = Backup(folder, where.url, where.every_minutes, where.parts, display.warn)
    try:
        yield backup
    finally:
        backup.stop()


def _report(run: EvaluatedRun, display: Display) -> None:
    """Write report.html; what was learned is kept whatever happens to it."""
    try:
        report_page(run).write(run.folder.report)
    except Exception as error:  # a fault of a plugin's metrics, a full disk
        display.warn(f"no report: {error}; then: fsim report {run.folder.path}")
        display.log.info("the report failed", exc_info=not isinstance(error, FsimError))


def _train(engine: Engine, training: Training, interruption: Interruption) -> None:
    """Run the engine from the step that the training stands at to its end."""
    state, train, workers = training.state, training.checked.recipe.train, training.checked.recipe.data.workers
    if state.step >= training.total_steps:
        return
    steps = state.steps_per_epoch
    engine.load_state_dict({"iteration": state.step, "max_epochs": train.epochs, "epoch_length": steps})
    loader = training.batches.loader(state.step, training.total_steps, workers, torch.cuda.is_available())
    try:
        engine.run(loader, max_epochs=train.epochs, epoch_length=steps)
    except RuntimeError:
        if not (interruption.requested and workers):  # a signal to the group of processes ends those that load images
            raise
    except NotFiniteError as error:
        names = training.catalog.names(error.rows)
        raise FsimError(
            f"{error}; the images of this batch: {', '.join(names)}. Lower train.optimizer.lr, or set "
            f"train.precision=fp32, and look at these images"
        ) from error

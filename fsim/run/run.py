"""One run, from top to bottom: data and network, training, evaluation, checkpoints, and how it ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fsim.errors import FsimError, WriteError
from fsim.evaluation.embedding import Forward, LocalEmbedder
from fsim.evaluation.evaluation import Evaluation
from fsim.evaluation.parallel_embedder import ParallelEmbedder
from fsim.recipe.checked_recipe import CheckedRecipe
from fsim.run.epoch_evaluation import EpochEvaluation
from fsim.run.interruption import Interruption
from fsim.run.keeper import FollowingKeeper, RunKeeper, RunResult
from fsim.run.loop import run_epochs
from fsim.run.observer import Observers, RunObserver, RunStop, StopRunError
from fsim.run.recording_keeper import RecordingKeeper
from fsim.run.session import RunSession
from fsim.runtime.garbage_collection import resume_garbage_collection
from fsim.runtime.machine import describe_environment, prepare_machine
from fsim.runtime.processes import LostProcessError
from fsim.store.environment import Environment
from fsim.store.status import StatusRecorder, recorded_status
from fsim.training.build import Training, build_training

Changes = Mapping[str, Sequence[str]]  # key of the recipe -> its values before and now


class InterruptedRunError(FsimError):
    """A signal stopped the run; everything up to there is saved."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def run_recipe(
    checked: CheckedRecipe,
    session: RunSession,
    observers: Sequence[RunObserver] = (),
    *,
    resume: bool = False,
    changes: Changes | None = None,
) -> RunResult | None:
    """Train and evaluate as the recipe says; the run folder has everything afterwards.

    Args:
        observers: follow each event, in rank 0; `fsim.report.run_observers` has the usual ones.
        resume: whether to go on from the last checkpoint.
        changes: what was changed in the recipe since then, to be recorded.

    Returns:
        What the run found; None in processes other than rank 0, which alone writes.

    Raises:
        FsimError: the data does not fit the recipe, or the loss is no longer finite.
        WriteError: a full disk; the run can be resumed once there is room.
        InterruptedRunError: a signal stopped the run, which can be resumed.
        StopRunError: an observer stopped the run, which can be resumed.
    """
    with recorded_status(session.folder, is_writer=session.processes.is_rank0) as status:
        training = _build_training(checked, session, resume, changes)
        keeper = _build_keeper(training, session, observers)
        status.progress = lambda: (keeper.saved_step, keeper.saved_step // training.state.steps_per_epoch)
        with Interruption() as interruption:
            try:
                _train(training, keeper, session, interruption, status, resume)
                keeper.observer.finished()
                status.end("finished", "finished", 0)
            finally:
                keeper.observer.close()  # the last backup among it, which has the status then
        return keeper.result()


def _build_training(checked: CheckedRecipe, session: RunSession, resume: bool, changes: Changes | None) -> Training:
    """Build data, network and step, and write down by which recipe and on which machine the run is made."""
    folder, display, processes = session.folder, session.display, session.processes
    machine = prepare_machine(checked.recipe.train.precision)
    if processes.is_rank0:
        if not resume:
            folder.write_recipe(checked.resolved())
        environment = {
            **describe_environment(machine),
            "processes": processes.size,
            **({"changed": dict(changes)} if changes else {}),
        }
        for difference in folder.note_environment(Environment(environment)):
            display.warn(f"the run began with {difference}")
    is_resumed = resume and folder.last.is_file()
    training = build_training(checked, machine, display, processes, is_resumed)
    if training.checked is not checked and processes.is_rank0 and not is_resumed:
        # channels were measured, or the backbone stated how its pictures are prepared
        folder.write_recipe(training.checked.resolved(), training.checked.from_backbone)
    return training


def _build_keeper(training: Training, session: RunSession, observers: Sequence[RunObserver]) -> RunKeeper:
    checked, display = training.checked, session.display
    forward = Forward.from_preparation(training.preparation, training.machine, checked.recipe.train.channels_last)
    local = LocalEmbedder(training.images, forward, lambda done, total: display.bar("evaluate", done, total))
    embedder = ParallelEmbedder(local, session.processes)
    if not session.processes.is_rank0:
        return FollowingKeeper(session.folder, training.state, embedder)
    evaluation = EpochEvaluation(checked, Evaluation(checked, training.catalog, embedder))
    return RecordingKeeper(training, session.folder, evaluation, embedder, Observers(observers))


def _train(
    training: Training,
    keeper: RunKeeper,
    session: RunSession,
    interruption: Interruption,
    status: StatusRecorder,
    resume: bool,
) -> None:
    """Train to the end of the run.

    Raises:
        FsimError: the run stops before it, and what is to be done then.
    """
    try:
        keeper.start()
        if resume:
            with interruption.immediate():
                keeper.resume()
        resume_garbage_collection()
        run_epochs(training, keeper, interruption)
    except KeyboardInterrupt:
        pass
    except LostProcessError as error:
        if not interruption.requested:
            raise
        session.display.warn(str(error))  # torchrun then asks those that are left to stop
    except WriteError as error:
        raise WriteError(
            f"{error}; all up to step {keeper.saved_step} is saved; then go on with: {session.resume_command}"
        ) from error
    except StopRunError as error:
        stopped = StopRunError(f"stopped; all up to step {keeper.saved_step} is saved: {error}")
        _record_stop(stopped, keeper, status, hurried=False)
        raise stopped from error
    if not keeper.finished:
        interrupted = InterruptedRunError(
            f"stopped; all up to step {keeper.saved_step} is saved. Go on with: {session.resume_command}",
            interruption.exit_code,
        )
        _record_stop(interrupted, keeper, status, interruption.leaves_little_time)
        raise interrupted


def _record_stop(error: FsimError, keeper: RunKeeper, status: StatusRecorder, hurried: bool) -> None:
    keeper.observer.stopped(RunStop(keeper.saved_step, hurried))
    status.end("stopped", str(error), error.exit_code)

"""One trial: an ordinary run whose evaluations are reported to the study."""

from __future__ import annotations

import gc
import math
import threading
from collections.abc import Callable
from types import TracebackType

from optuna.trial import TrialState

from fsim.errors import FsimError, WriteError
from fsim.recipe.validate import check_document, check_recipe
from fsim.report.run_observers import usual_observers
from fsim.run.keeper import RunResult
from fsim.run.observer import EpochSummary, MonitoredEvaluation, RunObserver, RunResumption, StopRunError
from fsim.run.run import InterruptedRunError, run_recipe
from fsim.run.run_identity import ChangedDataError
from fsim.run.session import RunSession
from fsim.runtime.display import Display, number
from fsim.tuning.claim import GRACE, Claim, LostTrialError
from fsim.tuning.results import shown_values
from fsim.tuning.storage import StorageError
from fsim.tuning.study import Study
from fsim.tuning.study_identity import OtherDataError

MAX_REASON = 300  # letters of a reason that are kept: some name a whole batch of images
HEARTBEAT_SECONDS = 30.0


class _NoMonitorError(FsimError):
    """There is no number to compare trials by, and no other trial would have one."""


class TrialObserver(RunObserver):
    """Reports each evaluation of a trial to its study, and stops a trial that is worse than the others."""

    def __init__(self, study: Study, claim: Claim, epochs: int) -> None:
        self.study, self.claim, self.epochs = study, claim, epochs

    def resumed(self, resumption: RunResumption) -> None:
        self._report(resumption.monitored)

    def epoch_ended(self, summary: EpochSummary) -> None:
        self._report(summary.monitored)

    def _report(self, evaluation: MonitoredEvaluation | None) -> None:
        if evaluation is None:
            return
        if evaluation.value is None:
            raise _NoMonitorError(
                "the trials have nothing to be compared by: there is no split val, and by another no choice is made; "
                "name one in evaluation.protocols, such as [{query: train}]"
            )
        if self.study.report(self.claim, evaluation, self.epochs):
            raise StopRunError(f"pruned, {number(evaluation.value)} is worse than the median of the other trials")


def run_trial(study: Study, claim: Claim, num_trials: int) -> None:
    """Run a trial to its end, or until it is pruned, and report the result to the study. An error within the trial, of
    a plugin for example, is reported to the study and ends only this trial.

    Args:
        num_trials: how many trials there will be.

    Raises:
        InterruptedRunError: Ctrl-C or SIGTERM; the trial can be resumed.
        FsimError: a full disk, no database, or nothing to compare trials by; the trial can be resumed.
        OtherDataError: the trial can't be compared with those before, and was given back.
        ChangedDataError: the data is not that which the trial began with; with that it can be resumed.
    """
    with claim.lock:
        try:
            result = _run(study, claim, num_trials)
        except (InterruptedRunError, WriteError, StorageError, _NoMonitorError):
            raise
        except OtherDataError:
            study.give_back(claim)
            _say(f"trial {claim.number}: {claim.folder.path} stays, and is no longer its run")
            raise
        except ChangedDataError as error:
            raise ChangedDataError(f"trial {claim.number}: {error}; a study: by --study NAME") from error
        except LostTrialError as error:
            _say(str(error))
        except StopRunError:
            study.finish(claim, TrialState.PRUNED, None)
            _say(f"trial {claim.number}: pruned")
        except Exception as error:
            reason = str(error) if isinstance(error, FsimError) else f"{type(error).__name__}: {error}"
            _fail(study, claim, reason)
        else:
            _finish(study, claim, result)
            del result
    gc.unfreeze()  # what was frozen at the start is garbage now, and holds the network of this run
    gc.collect()


def _run(study: Study, claim: Claim, num_trials: int) -> RunResult:
    folder, resume = claim.folder, claim.folder.recipe.is_file()
    checked = check_recipe(folder.recipe) if resume else check_document(study.recipe.with_values(claim.values))
    with Display(folder.log) as display, Heartbeat(lambda: study.beat(claim), display.warn):
        own = ", the recipe's own values" if claim.number == 0 else ""
        display.say(f"trial {claim.number}, of {num_trials} from 0 on{own}: {shown_values(claim.values)}")
        observers = [*usual_observers(display), TrialObserver(study, claim, checked.recipe.train.epochs)]
        result = run_recipe(checked, RunSession(folder, display), observers, resume=resume)
    assert result is not None, "there is one process"
    return result


def _finish(study: Study, claim: Claim, result: RunResult) -> None:
    assert result.best is not None, "a watched run has a monitored metric"
    value = result.best.value
    if value is None or not math.isfinite(value):
        _fail(study, claim, f"{result.best.monitor} is no number")
        return
    study.finish(claim, TrialState.COMPLETE, value, epoch=result.best.epoch)
    _say(f"trial {claim.number}: {result.best.monitor} {number(value)} at epoch {result.best.epoch}")


def _fail(study: Study, claim: Claim, reason: str) -> None:
    reason = reason if len(reason) <= MAX_REASON else f"{reason[:MAX_REASON]}..."
    claim.folder.discard_if_unused()
    study.finish(claim, TrialState.FAIL, None, reason=reason)
    _say(f"trial {claim.number} failed: {reason}")


def _say(text: str) -> None:
    with Display() as display:
        display.say(text)


class Heartbeat:
    """A thread that calls `beat` every few seconds within this context, so that other machines know that the trial goes
    on. A failure is a warning, once: the trial continues, and fails at its end if the study still can't be reached.

    Args:
        beat: writes the time into the study.
        warn: called with what went wrong.
        seconds: between two beats.
    """

    def __init__(
        self, beat: Callable[[], None], warn: Callable[[str], None], seconds: float = HEARTBEAT_SECONDS
    ) -> None:
        self.beat, self.warn, self.seconds = beat, warn, seconds
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def __enter__(self) -> Heartbeat:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        warned = False
        while not self._ended.wait(self.seconds):
            try:
                self.beat()
            except FsimError as error:
                if not warned:
                    self.warn(f"{error}; other machines may take this trial for dead after {GRACE:.0f} seconds")
                warned = True

"""One trial: an ordinary run, whose evaluations the study is told of."""

from __future__ import annotations

import gc
import math

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
from fsim.tuning.claim import Claim, LostTrialError
from fsim.tuning.heartbeat import Heartbeat
from fsim.tuning.outcome import shown_values
from fsim.tuning.same_data import OtherDataError
from fsim.tuning.storage import StorageError
from fsim.tuning.study import Study

REASON = 300  # letters of a reason that are kept: some name a whole batch of images


class _NoMonitorError(FsimError):
    """There is no number to compare the trials by; no other trial would have one."""


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


def run_trial(study: Study, claim: Claim, num: int) -> None:
    """Run a trial to its end, or until it is worse than the others, and tell the study. What a trial dies of, a fault
    of a plugin say, is told to the study, and ends the trial alone.

    Args:
        num: how many trials there will be.

    Raises:
        InterruptedRunError: Ctrl-C or SIGTERM; the trial can be taken up.
        FsimError: a full disk, no database, or nothing to compare trials by; likewise.
        OtherDataError: the trial, which was given back, cannot be compared with those of before.
        ChangedDataError: the data is not that which the trial was begun with; with that it can be taken up.
    """
    with claim.held:
        try:
            result = _run(study, claim, num)
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
    gc.unfreeze()  # what the start froze is garbage now, and holds the network of this run
    gc.collect()


def _run(study: Study, claim: Claim, num: int) -> RunResult:
    folder, resume = claim.folder, claim.folder.recipe.is_file()
    checked = check_recipe(folder.recipe) if resume else check_document(study.recipe.with_values(claim.values))
    with Display(folder.log) as display, Heartbeat(lambda: study.beat(claim), display.warn):
        own = ", the recipe's own values" if claim.number == 0 else ""
        display.say(f"trial {claim.number}, of {num} from 0 on{own}: {shown_values(claim.values)}")
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
    reason = reason if len(reason) <= REASON else f"{reason[:REASON]}..."
    claim.folder.discard_if_unused()
    study.finish(claim, TrialState.FAIL, None, reason=reason)
    _say(f"trial {claim.number} failed: {reason}")


def _say(text: str) -> None:
    with Display() as display:
        display.say(text)

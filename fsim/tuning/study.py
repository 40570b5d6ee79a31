"""A study: the trials of one recipe, in a database that several processes and machines may share.

A trial is started, resumed and finished under the lock `Storage.exclusive`. So there are never more trials than were
asked for, and a trial without a worker is one whose process ended while it started it.
"""

from __future__ import annotations

import math
import os
import socket
import time
import uuid
import warnings
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import optuna
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from fsim.interfaces import Direction
from fsim.run.observer import MonitoredEvaluation
from fsim.store.run_folder import RunFolder, TrialRecord
from fsim.store.run_lock import HeldError, locked
from fsim.tuning.claim import GRACE, Claim, LostTrialError, sampler, suggest
from fsim.tuning.storage import Storage
from fsim.tuning.study_identity import check_same_data, check_same_recipe, comparable_recipe, data_fingerprints
from fsim.tuning.tunable_recipe import TunableRecipe

DIRECTIONS = {"max": StudyDirection.MAXIMIZE, "min": StudyDirection.MINIMIZE}
WHOLE_TRIALS = 5  # come to their end before one is pruned


class Study:
    """The study of a recipe, which is started where it is not there yet.

    Args:
        storage: where it is kept, under the name `<recipe name>/<name>`.
        folder: `<out>/<recipe name>/<name>`, beside the folders of the runs.
        recipe: with its search space.
        direction: of the monitored metric.

    Raises:
        FsimError: it is there, and of another recipe.
        StorageError: the database can't be used.
    """

    def __init__(self, storage: Storage, folder: Path, recipe: TunableRecipe, direction: Direction) -> None:
        self.storage, self.folder, self.recipe, self.direction = storage, folder, recipe, direction
        self.name = f"{folder.parent.name}/{folder.name}"
        with storage.plain_errors(), storage.exclusive():
            self.optuna = optuna.create_study(
                storage=storage.rdb, study_name=self.name, direction=DIRECTIONS[direction], load_if_exists=True
            )
            attributes = self.optuna.user_attrs
            if "id" not in attributes:
                self.optuna.set_user_attr("recipe", comparable_recipe(recipe))
                self.optuna.set_user_attr("id", uuid.uuid4().hex)
            else:
                check_same_recipe(attributes["recipe"], recipe, folder)
            self.id = str(self.optuna.user_attrs["id"])

    def trials(self) -> list[FrozenTrial]:
        """Return all trials that were started, in order."""
        with self.storage.plain_errors():
            return [one for one in self.optuna.get_trials(deepcopy=False) if one.state != TrialState.WAITING]

    def num_finished(self) -> int:
        """Return how many trials are complete, pruned or failed."""
        return sum(trial.state.is_finished() for trial in self.trials())

    def claim(self, num_trials: int) -> Claim | None:
        """Claim the next trial to work at: one whose process ended before it, or a new one where fewer than
        `num_trials` were started; None where there is none.

        Raises:
            FsimError: the run folder cannot be made.
            StorageError: the database can't be used.
        """
        with self.storage.plain_errors(), self.storage.exclusive():
            started = self.trials()
            for trial in started:
                if trial.state == TrialState.RUNNING and (claim := self._resume(trial)):
                    return claim
            if len(started) >= num_trials:
                return None
            if not self.optuna.get_trials(deepcopy=False):
                self.optuna.enqueue_trial(self.recipe.own_values())
            self._seed(len(started))
            return self._start(self.optuna.ask(), *self._new_folder())

    def _resume(self, trial: FrozenTrial) -> Claim | None:
        """Claim a trial that is running as the database says; None where its process lives, or may live."""
        folder, worker, lock = self.folder_of(trial), trial.user_attrs.get("worker"), ExitStack()
        may_live = worker is not None and time.time() - trial.user_attrs["seen"] < GRACE
        here = worker is not None and worker["host"] == socket.gethostname()
        if may_live and (folder is None or not here):
            return None
        if folder is None:
            folder, lock = self._new_folder()
        else:
            try:
                lock_is_reliable = lock.enter_context(locked(folder))
            except HeldError:
                return None
            if may_live and not lock_is_reliable:
                lock.close()
                return None
        self._seed(trial.number)  # where the process was killed at the start, some values are still to be drawn
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            resumed = optuna.Trial(self.optuna, trial._trial_id)
        return self._start(resumed, folder, lock)

    def _seed(self, number: int) -> None:
        self.optuna.sampler = sampler(self.recipe.checked.recipe.seed, number)

    def _start(self, trial: optuna.Trial, folder: RunFolder, lock: ExitStack) -> Claim:
        """Write into the run folder and the study what the trial is; the worker last, by which it counts as started."""
        values = suggest(trial, self.recipe.search_space)
        folder.write_trial(TrialRecord(self.name, self.id, trial.number, values))
        worker = uuid.uuid4().hex
        trial.set_user_attr("run", folder.path.name)
        trial.set_user_attr("seen", time.time())
        trial.set_user_attr("worker", {"id": worker, "host": socket.gethostname(), "process": os.getpid()})
        return Claim(trial, values, folder, worker, lock)

    def _new_folder(self) -> tuple[RunFolder, ExitStack]:
        folder, lock = RunFolder.create(self.folder.parent.parent, self.folder.parent.name), ExitStack()
        lock.enter_context(locked(folder))
        return folder, lock

    def folder_of(self, trial: FrozenTrial) -> RunFolder | None:
        """Return the run folder of a trial; None where it is not on this machine's disk."""
        folder = RunFolder(self.folder.parent / str(trial.user_attrs.get("run", "")))
        record = folder.read_trial()
        return folder if record is not None and (record.id, record.trial) == (self.id, trial.number) else None

    def beat(self, claim: Claim) -> None:
        """Write into the study that a trial goes on.

        Raises:
            LostTrialError: another process has finished the trial.
            StorageError: the database can't be used.
        """
        with self.storage.plain_errors():
            try:
                claim.trial.set_user_attr("seen", time.time())
            except optuna.exceptions.UpdateFinishedTrialError as error:
                raise LostTrialError(_lost(claim)) from error

    def report(self, claim: Claim, evaluation: MonitoredEvaluation, epochs: int) -> bool:
        """Write the result of an evaluation into the study, and return whether the trial is to be pruned: whether it is
        worse than the median of the others at this epoch. In the first quarter of its epochs none is pruned.

        Raises:
            LostTrialError: another process works at the trial.
            OtherDataError: the evaluation is of other data than the first of the study.
            StorageError: the database can't be used.
        """
        assert evaluation.value is not None, "trials are compared by it"
        with self.storage.plain_errors():
            trial = self._running_trial(claim)
            self._check_data(evaluation)
            if evaluation.epoch not in trial.intermediate_values:  # it may have been reported before a kill
                claim.trial.report(evaluation.value, evaluation.epoch)
            self.optuna.pruner = optuna.pruners.MedianPruner(WHOLE_TRIALS, n_warmup_steps=math.ceil(epochs / 4))
            return claim.number > 0 and not evaluation.finished and claim.trial.should_prune()

    def _check_data(self, evaluation: MonitoredEvaluation) -> None:
        with self.storage.exclusive():  # of two first evaluations one is the first
            before = self.optuna.user_attrs.get("data")
            if before is None:
                self.optuna.set_user_attr("data", data_fingerprints(evaluation))
            else:
                check_same_data(before, evaluation, self.name)

    def give_back(self, claim: Claim) -> None:
        """Leave a trial to whatever process comes next, which starts it again. Its run stays, and is no longer the
        trial's.

        Raises:
            StorageError: the database can't be used.
        """
        claim.folder.trial.unlink(missing_ok=True)
        with self.storage.plain_errors():
            claim.trial.set_user_attr("seen", 0.0)

    def finish(self, claim: Claim, state: TrialState, value: float | None, **attributes: Any) -> None:
        """Write into the study how a trial ended.

        Args:
            value: of the monitored metric, of a complete trial.
            attributes: what else the study keeps about it.

        Raises:
            LostTrialError: another process works at the trial, or has finished it.
            StorageError: the database can't be used.
        """
        with self.storage.plain_errors(), self.storage.exclusive():
            self._running_trial(claim)
            for name, attribute in attributes.items():
                claim.trial.set_user_attr(name, attribute)
            self.optuna.tell(claim.number, value, state)

    def _running_trial(self, claim: Claim) -> FrozenTrial:
        """The trial as the database has it.

        Raises:
            LostTrialError: another process works at it, or has finished it.
        """
        trial = next(one for one in self.optuna.get_trials(deepcopy=False) if one.number == claim.number)
        if trial.state != TrialState.RUNNING or trial.user_attrs["worker"]["id"] != claim.worker:
            raise LostTrialError(_lost(claim))
        return trial


def _lost(claim: Claim) -> str:
    return f"trial {claim.number} was taken up by another process; its result there counts"

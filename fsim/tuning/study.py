"""A study: the trials of one recipe, in a database that several processes and machines may share.

A trial is begun, taken up and finished while no other process decides (`Storage.exclusive`). So there are never more
trials than were asked for, and one without a worker is one whose process ended while it began it.
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
from fsim.tuning.choosing import own_values, sampler, suggest
from fsim.tuning.claim import Claim, LostTrialError
from fsim.tuning.heartbeat import GRACE
from fsim.tuning.same_data import refuse_other_data, which_data
from fsim.tuning.same_recipe import refuse_another_recipe, what_counts
from fsim.tuning.searched_recipe import SearchedRecipe
from fsim.tuning.storage import Storage

DIRECTIONS = {"max": StudyDirection.MAXIMIZE, "min": StudyDirection.MINIMIZE}
WHOLE_TRIALS = 5  # so many come to their end before one is pruned


class Study:
    """The study of a recipe; it is begun where it is not there yet.

    Args:
        storage: where it is kept, under the name `<recipe name>/<name>`.
        folder: `<out>/<recipe name>/<name>`, beside the folders of the runs.
        recipe: what is searched.
        direction: of the monitored metric.

    Raises:
        FsimError: it is there, and of another recipe.
        StorageError: the database cannot be used.
    """

    def __init__(self, storage: Storage, folder: Path, recipe: SearchedRecipe, direction: Direction) -> None:
        self.storage, self.folder, self.recipe, self.direction = storage, folder, recipe, direction
        self.name = f"{folder.parent.name}/{folder.name}"
        with storage.told(), storage.exclusive():
            self.optuna = optuna.create_study(
                storage=storage.rdb, study_name=self.name, direction=DIRECTIONS[direction], load_if_exists=True
            )
            attributes = self.optuna.user_attrs
            if "id" not in attributes:
                self.optuna.set_user_attr("recipe", what_counts(recipe))
                self.optuna.set_user_attr("id", uuid.uuid4().hex)
            else:
                refuse_another_recipe(attributes["recipe"], recipe, folder)
            self.id = str(self.optuna.user_attrs["id"])

    def trials(self) -> list[FrozenTrial]:
        """All that were begun, in order."""
        with self.storage.told():
            return [one for one in self.optuna.get_trials(deepcopy=False) if one.state != TrialState.WAITING]

    def claim(self, num: int) -> Claim | None:
        """The next trial to work at: one whose process ended before it, or a new one where fewer than `num` were begun.

        Raises:
            FsimError: the run folder cannot be made.
            StorageError: the database cannot be used.
        """
        with self.storage.told(), self.storage.exclusive():
            begun = self.trials()
            for one in begun:
                if one.state == TrialState.RUNNING and (claim := self._take_up(one)):
                    return claim
            if len(begun) >= num:
                return None
            if not self.optuna.get_trials(deepcopy=False):
                self.optuna.enqueue_trial(own_values(self.recipe))
            self._seed(len(begun))
            return self._begin(self.optuna.ask(), *self._new_folder())

    def _take_up(self, trial: FrozenTrial) -> Claim | None:
        """A trial that is running by what the database says, unless its process lives, or may live."""
        folder, worker, held = self.folder_of(trial), trial.user_attrs.get("worker"), ExitStack()
        may_live = worker is not None and time.time() - trial.user_attrs["seen"] < GRACE
        here = worker is not None and worker["host"] == socket.gethostname()
        if may_live and (folder is None or not here):
            return None
        if folder is None:
            folder, held = self._new_folder()
        else:
            try:
                sure = held.enter_context(locked(folder))
            except HeldError:
                return None
            if may_live and not sure:
                held.close()
                return None
        self._seed(trial.number)  # of one that was killed as it began some values are still to be drawn
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            asked = optuna.Trial(self.optuna, trial._trial_id)
        return self._begin(asked, folder, held)

    def _seed(self, number: int) -> None:
        self.optuna.sampler = sampler(self.recipe.checked.recipe.seed, number)

    def _begin(self, trial: optuna.Trial, folder: RunFolder, held: ExitStack) -> Claim:
        """Note of what the trial is, in its run folder and in the study; the worker last, by which it is begun."""
        values = suggest(trial, self.recipe.search)
        folder.write_trial(TrialRecord(self.name, self.id, trial.number, values))
        worker = uuid.uuid4().hex
        trial.set_user_attr("run", folder.path.name)
        trial.set_user_attr("seen", time.time())
        trial.set_user_attr("worker", {"id": worker, "host": socket.gethostname(), "process": os.getpid()})
        return Claim(trial, values, folder, worker, held)

    def _new_folder(self) -> tuple[RunFolder, ExitStack]:
        folder, held = RunFolder.create(self.folder.parent.parent, self.folder.parent.name), ExitStack()
        held.enter_context(locked(folder))
        return folder, held

    def folder_of(self, trial: FrozenTrial) -> RunFolder | None:
        """The run folder of a trial, where it is on this machine's disk."""
        folder = RunFolder(self.folder.parent / str(trial.user_attrs.get("run", "")))
        noted = folder.read_trial()
        return folder if noted is not None and (noted.id, noted.trial) == (self.id, trial.number) else None

    def beat(self, claim: Claim) -> None:
        """Say that a trial goes on.

        Raises:
            LostTrialError: another process has finished the trial.
            StorageError: the database cannot be used.
        """
        with self.storage.told():
            try:
                claim.trial.set_user_attr("seen", time.time())
            except optuna.exceptions.UpdateFinishedTrialError as error:
                raise LostTrialError(_lost(claim)) from error

    def report(self, claim: Claim, told: MonitoredEvaluation, epochs: int) -> bool:
        """Note what an evaluation gave; whether the trial is to end there, because it is worse than the median of the
        others at this epoch. In the first quarter of its epochs none is called so.

        Raises:
            LostTrialError: another process works at the trial.
            OtherDataError: the evaluation is of other data than the first of the study.
            StorageError: the database cannot be used.
        """
        assert told.value is not None, "trials are compared by it"
        with self.storage.told():
            found = self._refuse_lost(claim)
            self._hold_data_against(told)
            if told.epoch not in found.intermediate_values:  # it may have been noted before a kill
                claim.trial.report(told.value, told.epoch)
            self.optuna.pruner = optuna.pruners.MedianPruner(WHOLE_TRIALS, n_warmup_steps=math.ceil(epochs / 4))
            return claim.number > 0 and not told.finished and claim.trial.should_prune()

    def _hold_data_against(self, told: MonitoredEvaluation) -> None:
        with self.storage.exclusive():  # of two first evaluations one is
            before = self.optuna.user_attrs.get("data")
            if before is None:
                self.optuna.set_user_attr("data", which_data(told))
            else:
                refuse_other_data(before, told, self.name)

    def give_back(self, claim: Claim) -> None:
        """Have a trial begun anew by whoever is next; its run stays, and is no longer the trial's.

        Raises:
            StorageError: the database cannot be used.
        """
        claim.folder.trial.unlink(missing_ok=True)
        with self.storage.told():
            claim.trial.set_user_attr("seen", 0.0)

    def finish(self, claim: Claim, state: TrialState, value: float | None, **told: Any) -> None:
        """Note how a trial ended.

        Args:
            value: of the monitored metric, of a complete trial.
            told: what else is to be known of it.

        Raises:
            LostTrialError: another process works at the trial, or has finished it.
            StorageError: the database cannot be used.
        """
        with self.storage.told(), self.storage.exclusive():
            self._refuse_lost(claim)
            for name, one in told.items():
                claim.trial.set_user_attr(name, one)
            self.optuna.tell(claim.number, value, state)

    def _refuse_lost(self, claim: Claim) -> FrozenTrial:
        found = next(one for one in self.optuna.get_trials(deepcopy=False) if one.number == claim.number)
        if found.state != TrialState.RUNNING or found.user_attrs["worker"]["id"] != claim.worker:
            raise LostTrialError(_lost(claim))
        return found


def _lost(claim: Claim) -> str:
    return f"trial {claim.number} was taken up by another process; its result there counts"

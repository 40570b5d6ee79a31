"""Who works at which trial: none is lost, none is begun twice, and there are never too many."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from optuna.trial import TrialState

from fsim.errors import FsimError
from fsim.run.observer import MonitoredEvaluation
from fsim.tuning.claim import GRACE, Claim, LostTrialError
from fsim.tuning.study import Study
from fsim.tuning.study_identity import OtherDataError
from fsim.tuning.tune import open_study as start_study

Open = Callable[..., Study]


@pytest.fixture
def open_study(small_recipe: Path, tmp_path: Path) -> Open:
    """The study as each process opens it for itself."""
    with small_recipe.open("a", encoding="utf-8") as file:
        file.write("search:\n  losses.0.margin: {low: 0.5, high: 2.0}\n  sampler.batch_size: {choices: [8, 16]}\n")

    def open_one(*overrides: str, **more: str) -> Study:
        return start_study(small_recipe, overrides, tmp_path / "runs", "study", more.get("url"))

    return open_one


def claim(study: Study, num: int = 9) -> Claim:
    claimed = study.claim(num)
    assert claimed is not None
    return claimed


def told(
    epoch: int, value: float, finished: bool = False, measured: str = "a", learned: str = "b"
) -> MonitoredEvaluation:
    return MonitoredEvaluation(epoch, value, finished, measured, learned)


def end(claimed: Claim) -> None:
    """What the end of a process does, however it came: its locks are gone."""
    claimed.lock.close()


def finish(study: Study, claimed: Claim, value: float = 0.5) -> None:
    study.finish(claimed, TrialState.COMPLETE, value)
    end(claimed)


def test_the_first_trial_has_the_recipes_own_values(open_study: Open) -> None:
    first, second = claim(open_study()), claim(open_study())
    assert (first.number, first.values) == (0, {"losses.0.margin": 1.0, "sampler.batch_size": 8})
    assert second.number == 1 and second.values["losses.0.margin"] != 1.0
    assert first.folder.path != second.folder.path


def test_no_more_trials_than_asked_for_by_any_number_of_processes(open_study: Open) -> None:
    studies = [open_study() for _ in range(3)]
    taken: list[int] = []

    def work(study: Study) -> None:
        while (claimed := study.claim(7)) is not None:
            taken.append(claimed.number)
            finish(study, claimed)

    threads = [threading.Thread(target=work, args=[study]) for study in studies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == list(range(7))
    assert [one.state for one in open_study().trials()] == [TrialState.COMPLETE] * 7
    finish(studies[0], claim(studies[0], 8))  # a total, that may be raised
    assert studies[1].claim(8) is None


def test_a_trial_whose_process_ended_is_taken_up_as_it_was(open_study: Open) -> None:
    study = open_study()
    killed, alive = claim(study), claim(study)
    end(killed)
    again = claim(open_study())
    assert (again.number, again.values, again.folder.path) == (killed.number, killed.values, killed.folder.path)
    assert claim(open_study()).number == 2, "the other one lives"
    with pytest.raises(LostTrialError, match="trial 0 was taken up by another process"):
        study.finish(killed, TrialState.COMPLETE, 0.9)
    finish(study, again, 0.1)
    with pytest.raises(LostTrialError):
        study.report(killed, told(1, 0.5), 2)
    with pytest.raises(LostTrialError):
        study.beat(killed)
    assert [one.value for one in study.trials()] == [0.1, None, None]
    end(alive)


def test_the_last_trial_is_taken_up_too(open_study: Open) -> None:
    study = open_study()
    killed = claim(study, 1)
    assert study.claim(1) is None
    end(killed)
    assert claim(study, 1).number == 0


def test_a_trial_of_another_machine_is_taken_up_when_it_gives_no_sign_of_life(open_study: Open) -> None:
    study = open_study()
    there = claim(study, 1)
    there.trial.set_user_attr("worker", {"id": there.worker, "host": "elsewhere", "process": 1})
    end(there)  # a lock that cannot be seen from here
    assert study.claim(1) is None
    there.trial.set_user_attr("seen", there.trial.user_attrs["seen"] - GRACE)
    again = claim(study, 1)
    assert again.folder.path == there.folder.path, "the disk is shared"

    again.trial.set_user_attr("worker", {"id": again.worker, "host": "elsewhere", "process": 1})
    again.trial.set_user_attr("seen", again.trial.user_attrs["seen"] - GRACE)
    end(again)
    again.folder.discard_if_unused()  # the disk is not shared
    anew = claim(study, 1)
    assert (anew.number, anew.values) == (0, there.values) and anew.folder.path.is_dir()


def test_a_sign_of_life_keeps_a_trial(open_study: Open) -> None:
    study = open_study()
    there = claim(study, 1)
    there.trial.set_user_attr("worker", {"id": there.worker, "host": "elsewhere", "process": 1})
    there.trial.set_user_attr("seen", 0.0)
    study.beat(there)
    end(there)
    assert study.claim(1) is None


def test_a_trial_whose_process_ended_while_it_began_is_taken_up(open_study: Open) -> None:
    study = open_study()
    study.optuna.ask()  # and then the process was killed
    again = claim(open_study(), 1)
    assert again.number == 0
    assert study.claim(1) is None


def test_a_run_folder_of_another_study_is_not_taken_for_the_trials(open_study: Open, tmp_path: Path) -> None:
    study = open_study()
    there = claim(study, 1)
    end(there)
    other = start_study(tmp_path / "small.yaml", [], tmp_path / "runs", "other", None)
    ours = claim(other, 1)
    ours.trial.set_user_attr("run", there.folder.path.name)
    end(ours)
    ours.trial.set_user_attr("seen", 0.0)
    assert claim(other, 1).folder.path != there.folder.path


def test_draws_depend_on_seed_and_number_alone(open_study: Open, tmp_path: Path) -> None:
    def drawn(name: str, reopened: bool) -> list[dict[str, object]]:
        found = []
        for number in range(4):
            if number == 0 or reopened:
                study = start_study(tmp_path / "small.yaml", [], tmp_path / "runs", name, None)
            found.append(claim(study))
            finish(study, found[-1], number)
        return [one.values for one in found]

    open_study()
    assert drawn("a", reopened=False) == drawn("b", reopened=True)


def test_a_trial_that_was_killed_as_it_began_has_the_draws_that_it_would_have_had(
    open_study: Open, tmp_path: Path
) -> None:
    def second(name: str, killed: bool) -> dict[str, object]:
        study = start_study(tmp_path / "small.yaml", [], tmp_path / "runs", name, None)
        finish(study, claim(study))
        if killed:
            study.optuna.ask()
            study = start_study(tmp_path / "small.yaml", [], tmp_path / "runs", name, None)
        return claim(study, 2).values

    open_study()
    assert second("a", killed=False) == second("b", killed=True)


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"measured": "z"}, "(fingerprints of images and labels):\n  what is evaluated: a -> z\nits trials"),
        ({"learned": "z"}, "(fingerprints of images and labels):\n  the training images: b -> z\nits trials"),
    ],
)
def test_workers_with_other_data_are_refused(open_study: Open, other: dict[str, str], words: str) -> None:
    here, there = open_study(), open_study()
    first, second = claim(here), claim(there)
    here.report(first, told(1, 0.5), 4)
    with pytest.raises(OtherDataError) as error:
        there.report(second, told(1, 0.9, **other), 4)  # type: ignore[arg-type]
    assert words in str(error.value) and "--study NAME" in str(error.value)
    there.give_back(second)
    end(second)
    again = claim(here)
    assert (again.number, again.values) == (1, second.values), "at once, and anew"
    assert again.folder.path != second.folder.path
    here.report(again, told(1, 0.4), 4)
    assert [one.intermediate_values for one in here.trials()] == [{1: 0.5}, {1: 0.4}]


def test_a_trial_is_pruned_where_it_is_worse_than_the_median(open_study: Open) -> None:
    study = open_study()
    for number in range(6):
        claimed = claim(study)
        assert not study.report(claimed, told(1, number / 10), 4), "too few to compare with"
        finish(study, claimed, number / 10)
    poor = claim(study)
    assert study.report(poor, told(1, 0.1), 4)
    assert study.report(poor, told(1, 0.9), 4), (
        "the first value of an epoch counts, a run that is taken up gives it again"
    )
    good = claim(study)
    assert not study.report(good, told(1, 0.4), 4)
    late = claim(study)
    assert not study.report(late, told(1, 0.1), 8), "a quarter of the epochs is not over"
    assert not study.report(late, told(1, 0.1, finished=True), 4), "it is over anyway, by early stopping"
    assert study.report(late, told(1, 0.1), 4)


def test_another_recipe_is_told(open_study: Open) -> None:
    open_study()
    open_study("trackers=[]", "data.workers=1")  # which change no result
    with pytest.raises(FsimError, match=r"(?s)train.epochs: 2 -> 3.*--study NAME"):
        open_study("train.epochs=3")


def test_what_cannot_be_searched_is_told(small_recipe: Path, tmp_path: Path) -> None:
    def told_of(*overrides: str, name: str = "study", url: str | None = None) -> str:
        with pytest.raises(FsimError) as error:
            start_study(small_recipe, overrides, tmp_path / "runs", name, url)
        return str(error.value)

    search = "search={train.epochs: {low: 1, high: 4}}"
    assert "says nothing to search" in told_of()
    assert "no evaluation.monitor" in told_of(search, "evaluation.monitor=null")
    assert "the recipe's own value 7 is not among 1 to 4" in told_of(search, "train.epochs=7")
    assert "there is no" in told_of(search, f"data.dataset.root={tmp_path / 'nowhere'}")
    assert "--study ../x" in told_of(search, name="../x")
    assert "is no URL of a database" in told_of(search, url="study.db")
    assert "its driver is missing" in told_of(search, url="postgresql+pg8000://someone@host/database")
    assert "nodriver" in told_of(search, url="mysql+nodriver://someone@host/database")
    assert "there is no folder" in told_of(search, url=f"sqlite:///{tmp_path}/nowhere/study.db")
    assert "ends with the command" in told_of(search, url="sqlite://")
    assert "oracle is not known" in told_of(search, url="oracle://someone:secret@host/database")
    assert not list((tmp_path / "runs").rglob("*Z")), "no run was begun"


def test_passwords_are_not_shown(small_recipe: Path, tmp_path: Path) -> None:
    with pytest.raises(FsimError) as error:
        start_study(
            small_recipe,
            ["search={train.epochs: {low: 1, high: 4}}"],
            tmp_path,
            "study",
            "postgresql+psycopg://someone:secret@127.0.0.1:1/none",
        )
    assert "someone:***@127.0.0.1" in str(error.value) and "secret" not in str(error.value)

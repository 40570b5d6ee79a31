"""A trial as a run: what ends the trial alone, and what ends the work at the study."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest
from optuna.trial import TrialState

from fsim.errors import FsimError
from fsim.recipe.validate import check_document
from fsim.run.observer import EpochSummary, RunObserver, StopRunError
from fsim.run.run import run_recipe
from fsim.run.run_identity import ChangedDataError
from fsim.run.session import RunSession
from fsim.runtime.display import Display
from fsim.tuning.claim import Claim
from fsim.tuning.study import Study
from fsim.tuning.study_identity import OtherDataError
from fsim.tuning.trial import Heartbeat, run_trial
from fsim.tuning.tune import open_study


@pytest.fixture
def study(small_recipe: Path, pictures: Path, tmp_path: Path) -> Study:
    """Over pictures of its own, in `tmp_path / "pictures"`."""
    shutil.copytree(pictures, tmp_path / "pictures")
    text = small_recipe.read_text(encoding="utf-8").replace(str(pictures), str(tmp_path / "pictures"))
    small_recipe.write_text(f"{text}search:\n  losses.0.margin: {{low: 0.5, high: 2.0}}\n", encoding="utf-8")
    return open_study(small_recipe, ["trackers=[]"], tmp_path / "runs", "study", None)


def claimed(study: Study, num: int = 1) -> Claim:
    claim = study.claim(num)
    assert claim is not None
    return claim


def test_a_trial_waits_for_the_data_that_it_was_begun_with(study: Study, tmp_path: Path) -> None:
    class Kill(RunObserver):
        def epoch_ended(self, summary: EpochSummary) -> None:
            raise StopRunError("killed")

    first = claimed(study)
    with first.lock, pytest.raises(StopRunError), Display() as display:
        checked = check_document(study.recipe.with_values(first.values))
        run_recipe(checked, RunSession(first.folder, display), [Kill()])
    picture = tmp_path / "pictures" / "train" / "hat" / "0.jpg"
    picture.rename(tmp_path / "0.jpg")
    with pytest.raises(ChangedDataError, match=r"^trial 0: .* its training images changed.*--study NAME$"):
        run_trial(study, claimed(study), 1)
    assert [one.state for one in study.trials()] == [TrialState.RUNNING], "it may be gone on with"
    (tmp_path / "0.jpg").rename(picture)
    again = claimed(study)
    assert again.folder.path == first.folder.path
    run_trial(study, again, 1)
    (trial,) = study.trials()
    assert trial.state == TrialState.COMPLETE
    assert sorted(trial.intermediate_values) == [1, 2], "the first was told when it was taken up"


def test_a_trial_of_other_data_is_given_back(study: Study, tmp_path: Path) -> None:
    run_trial(study, claimed(study), 1)
    category = tmp_path / "pictures" / "val" / "hat"
    category.rename(tmp_path / "hat")
    other = claimed(study, 2)
    with pytest.raises(OtherDataError, match="what is evaluated: "):
        run_trial(study, other, 2)
    (tmp_path / "hat").rename(category)
    again = claimed(study, 2)
    assert (again.number, again.values) == (1, other.values)
    assert again.folder.path != other.folder.path and other.folder.metrics.is_file()
    run_trial(study, again, 2)
    assert [one.state for one in study.trials()] == [TrialState.COMPLETE] * 2


def test_a_heartbeat_lasts_until_the_trial_ends_and_warns_once() -> None:
    beats, warned, often = [0], [], threading.Event()

    def beat() -> None:
        beats[0] += 1
        if beats[0] == 3:
            often.set()
        raise FsimError("no database")

    heart = Heartbeat(beat, warned.append, seconds=1e-3)
    with heart:
        assert often.wait(60)
    counted = beats[0]
    assert counted >= 3
    assert warned == ["no database; other machines may take this trial for dead after 300 seconds"]
    assert not heart._thread.is_alive()

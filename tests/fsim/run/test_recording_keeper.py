from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fsim.errors import FsimError
from fsim.evaluation.embedding import Forward, LocalEmbedder
from fsim.evaluation.evaluation import Evaluation
from fsim.evaluation.parallel_embedder import ParallelEmbedder
from fsim.evaluation.protocol_result import ProtocolResult
from fsim.recipe.checked_recipe import CheckedRecipe
from fsim.recipe.validate import check_recipe
from fsim.run.checkpoint_writer import CheckpointWriter
from fsim.run.epoch_evaluation import EpochEvaluation
from fsim.run.observer import EpochSummary, Observers, RunObserver
from fsim.run.policy import BestEpoch
from fsim.run.projections import ProjectionObserver
from fsim.run.recording_keeper import RecordingKeeper
from fsim.run.run_identity import RunIdentity
from fsim.run.terminal import TerminalObserver
from fsim.runtime.display import Display
from fsim.runtime.machine import prepare_machine
from fsim.runtime.processes import ALONE
from fsim.store.run_folder import RunFolder
from fsim.training.build import build_training


@pytest.fixture(autouse=True)
def log() -> Iterator[None]:
    """Each Bench opens a Display, which nobody closes."""
    handlers = logging.getLogger("fsim").handlers
    before = list(handlers)
    yield
    handlers[:] = before


class Bench:
    """A run without its loop: epochs are counted, and nothing is learned."""

    def __init__(
        self,
        recipe: Path,
        folder: Path,
        *observers: RunObserver,
        writer: type[CheckpointWriter] = CheckpointWriter,
        **evaluation: Any,
    ) -> None:
        overrides = [f"evaluation.{name}={value}" for name, value in evaluation.items()]
        self.checked: CheckedRecipe = check_recipe(recipe, ["train.epochs=3", "trackers=[]", *overrides])
        machine, display = prepare_machine("fp32"), Display()
        self.training = training = build_training(self.checked, machine, display)
        self.state = training.state
        self.state.steps_per_epoch = 2
        embedder = ParallelEmbedder(LocalEmbedder(training.images, Forward(training.normalise, machine)), ALONE)
        after_epochs = EpochEvaluation(self.checked, Evaluation(self.checked, training.catalog, embedder))
        self.folder = RunFolder(folder)
        (folder / "checkpoints").mkdir(parents=True, exist_ok=True)
        all_observers = Observers([TerminalObserver(display), ProjectionObserver(display), *observers])
        self.keeper = RecordingKeeper(training, self.folder, after_epochs, embedder, all_observers)
        self.keeper.checkpoints = writer(
            self.folder,
            self.state,
            self.keeper.identity,
            self.checked.resolved(),
            self.checked.recipe.train.checkpoints,
        )
        self.keeper.start()

    def epoch(self) -> None:
        self.state.step += 2
        self.keeper.end_epoch(images_per_second=1.0, seconds=2.0)
        self.keeper.evaluate()

    def lines(self) -> list[tuple[float, str]]:
        return [(line.epoch, line.split) for line in self.folder.metric_lines()]


class KilledBeforeBest(CheckpointWriter):
    def save_best(self, best: BestEpoch | None) -> None:
        raise KeyboardInterrupt


class KilledBeforeLast(CheckpointWriter):
    def save_last(self) -> None:
        raise KeyboardInterrupt


def test_a_kill_before_the_best_network_is_written_loses_nothing(small_recipe: Path, tmp_path: Path) -> None:
    killed = Bench(small_recipe, tmp_path / "run", writer=KilledBeforeBest)
    with pytest.raises(KeyboardInterrupt):
        killed.epoch()
    again = Bench(small_recipe, tmp_path / "run")
    again.keeper.resume()
    assert again.lines() == [(1, "train"), (1, "val")]
    assert again.folder.best.is_file()
    assert again.keeper.best is not None
    assert again.keeper.best.epoch == 1
    assert again.keeper.epochs_done == 1


def test_a_collapse_is_told_with_its_remedy_and_survives_a_kill(
    small_recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    killed = Bench(small_recipe, tmp_path / "run", writer=KilledBeforeBest)
    signs = {"contrastive/loss": 0.3, "contrastive/collapsed": 0.0, "contrastive/active_negatives": 0.0}
    killed.state.signs = {name: 2 * value for name, value in signs.items()}  # sums of two steps
    with pytest.raises(KeyboardInterrupt):
        killed.epoch()
    again = Bench(small_recipe, tmp_path / "run")
    capsys.readouterr()
    again.keeper.resume()
    (train,), (val,) = again.folder.training_lines(), again.folder.evaluation_lines()
    assert train.health == pytest.approx(signs)
    assert val.alarms is not None
    (alarm,) = val.alarms
    assert "contrastive keeps embeddings apart" in alarm.cause
    assert f"warning: epoch 1: {alarm.cause}. Remedy: {alarm.remedy}" in capsys.readouterr().out
    assert val.health["spread"] is not None and val.health["spread"] > 0


def test_a_kill_before_the_first_checkpoint_leaves_no_line_twice(small_recipe: Path, tmp_path: Path) -> None:
    killed = Bench(small_recipe, tmp_path / "run", writer=KilledBeforeLast)
    with pytest.raises(KeyboardInterrupt):
        killed.epoch()
    again = Bench(small_recipe, tmp_path / "run")
    again.keeper.resume()
    assert again.keeper.saved_step == 0
    again.epoch()
    assert again.lines() == [(1, "train"), (1, "val")]


def test_going_on_with_other_data_is_refused(small_recipe: Path, tmp_path: Path) -> None:
    first = Bench(small_recipe, tmp_path / "run")
    first.epoch()
    again = Bench(small_recipe, tmp_path / "run")
    catalog = again.keeper.catalog
    train = np.flatnonzero(catalog.catalog.frame["split"] == "train")
    usable = catalog.usable.copy()
    usable[train[0]] = False
    other = replace(again.training, catalog=replace(catalog, usable=usable))
    again.keeper.identity = RunIdentity(other)
    with pytest.raises(FsimError, match="its training images changed"):
        again.keeper.resume()


def test_the_best_epoch_is_chosen_by_one_protocol(small_recipe: Path, tmp_path: Path) -> None:
    protocols = "[{query: val, gallery: train, at_end: true}, {query: val}]"
    bench = Bench(small_recipe, tmp_path / "run", protocols=protocols)
    for _ in range(3):
        bench.epoch()
    assert bench.lines()[-2:] == [(3, "val:train"), (3, "val")]
    assert bench.keeper.best is not None
    assert bench.keeper.best.split == "val"


def test_a_test_split_chooses_only_where_it_is_told_to(
    small_recipe: Path, tmp_path: Path, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "pictures"
    root.mkdir()
    (root / "train").symlink_to(pictures / "train")
    (root / "test").symlink_to(pictures / "val")
    small_recipe.write_text(small_recipe.read_text().replace(str(pictures), str(root)))
    suggested = Bench(small_recipe, tmp_path / "run")
    assert suggested.keeper.choice.metric is None
    assert "the last one counts" in capsys.readouterr().out
    for _ in range(2):
        suggested.epoch()
    assert suggested.keeper.best is not None
    assert suggested.keeper.best.epoch == 2
    told = Bench(small_recipe, tmp_path / "told", protocols="[{query: test}]")
    assert told.keeper.choice.metric == "exact/recall@1"
    assert "chosen by its result on test" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("protocols", "leave_one_out"),
    [("[{query: val, gallery: val}]", True), ("[{query: val, gallery: train}]", False)],
)
def test_a_split_against_itself_is_leave_one_out(
    small_recipe: Path, tmp_path: Path, protocols: str, leave_one_out: bool
) -> None:
    (protocol,) = Bench(small_recipe, tmp_path / "run", protocols=protocols).keeper.evaluation.evaluation.protocols
    assert protocol.description["leave_one_out"] == leave_one_out
    assert (protocol.gallery is None) == leave_one_out


def test_queries_that_are_in_the_gallery_too_are_refused(small_recipe: Path, tmp_path: Path) -> None:
    with pytest.raises(FsimError, match="would find itself"):
        Bench(small_recipe, tmp_path / "run", protocols="[{query: val, gallery: train+val}]")


STOPPED_EARLY = [(1, "train"), (1, "val"), (2, "train"), (2, "val:train"), (2, "val")]


def stopping(recipe: Path, folder: Path, *observers: RunObserver, patience: int = 1) -> Bench:
    """A run of at most 3 epochs whose network never changes, and so gains nothing after the first."""
    train = f"train: {{early_stopping: {{patience: {patience}}}}}"
    recipe.write_text(re.sub("^train: .*", train, recipe.read_text(), flags=re.MULTILINE))
    protocols = "[{query: val, gallery: train, at_end: true}, {query: val}]"
    return Bench(recipe, folder, *observers, protocols=protocols, projections="[{name: pca}]")


class KilledBeforeTheLastBestNetworks(RunObserver):
    def measured(self, results: Sequence[ProtocolResult], at_end: bool) -> None:
        if at_end:
            raise KeyboardInterrupt


class KilledAfterTheLastMetrics(RunObserver):
    def epoch_ended(self, summary: EpochSummary) -> None:
        if summary.early_stop is not None:
            raise KeyboardInterrupt


class Kept(RunObserver):
    """What was measured at the end."""

    def measured(self, results: Sequence[ProtocolResult], at_end: bool) -> None:
        self.at_end = [result.line.split for result in results] if at_end else []


def files(folder: RunFolder) -> set[str]:
    return {str(file.relative_to(folder.path)) for file in folder.path.rglob("*") if file.is_file()}


def test_a_run_that_no_longer_gains_ends_as_at_its_last_epoch(
    small_recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = Kept()
    bench = stopping(small_recipe, tmp_path / "run", kept)
    bench.epoch()
    assert not bench.keeper.finished
    bench.epoch()
    assert bench.keeper.finished and bench.keeper.stopped_early
    assert bench.lines() == STOPPED_EARLY
    told = "stopped early after epoch 2: val exact/recall@1 has not gained since epoch 1"
    assert told in capsys.readouterr().out
    assert {"per_query/last/val.csv", "per_query/last/val-in-train.csv", "projections/val-pca.png"} <= files(
        bench.folder
    )
    assert [line.split for line in bench.keeper.last_lines] == ["val:train", "val"]
    assert kept.at_end == ["val:train", "val"]
    again = stopping(small_recipe, tmp_path / "run")
    again.keeper.resume()
    assert again.keeper.finished and again.lines() == STOPPED_EARLY
    assert again.keeper.last_lines == [line for line in again.folder.evaluation_lines() if line.epoch == 2]
    said = capsys.readouterr().out
    assert "at its end after epoch 2" in said and told in said


@pytest.mark.parametrize("killed", [KilledBeforeTheLastBestNetworks, KilledAfterTheLastMetrics])
def test_a_kill_at_the_early_end_changes_nothing(small_recipe: Path, tmp_path: Path, killed: type[RunObserver]) -> None:
    alone = stopping(small_recipe, tmp_path / "alone")
    alone.epoch(), alone.epoch()
    bench = stopping(small_recipe, tmp_path / "killed", killed())
    bench.epoch()
    with pytest.raises(KeyboardInterrupt):
        bench.epoch()
    again = stopping(small_recipe, tmp_path / "killed")
    again.keeper.resume()
    assert again.keeper.stopped_early and again.lines() == STOPPED_EARLY
    assert files(again.folder) == files(alone.folder)


def test_more_patience_takes_a_run_up_that_had_ended(small_recipe: Path, tmp_path: Path) -> None:
    first = stopping(small_recipe, tmp_path / "run")
    first.epoch(), first.epoch()
    again = stopping(small_recipe, tmp_path / "run", patience=2)
    again.keeper.resume()
    assert not again.keeper.finished and not again.folder.per_query("last").exists()
    again.epoch()
    assert again.keeper.finished and not again.keeper.stopped_early


def test_a_split_that_chooses_no_epoch_stops_no_run(small_recipe: Path, tmp_path: Path, pictures: Path) -> None:
    (tmp_path / "pictures").mkdir()
    for split, of in (("train", "train"), ("test", "val")):
        (tmp_path / "pictures" / split).symlink_to(pictures / of)
    text = small_recipe.read_text().replace(str(pictures), str(tmp_path / "pictures"))
    small_recipe.write_text(text.replace("epochs: 2}", "early_stopping: {}}"))
    with pytest.raises(FsimError, match="test must not choose the epoch at which the run stops; give the data a split"):
        Bench(small_recipe, tmp_path / "run")

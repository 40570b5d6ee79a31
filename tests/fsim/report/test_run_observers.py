"""The usual observers of a run: what was learned survives a report that fails, and the backup is the last."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from fsim.backup.place import BackupPlace
from fsim.evaluation.protocol_result import ProtocolResult
from fsim.recipe.validate import check_recipe
from fsim.report.run_observers import ReportObserver, usual_observers
from fsim.run.observer import EpochSummary, RunObserver, StopRunError
from fsim.run.run import run_recipe
from fsim.run.session import open_session
from fsim.store.run_folder import RunFolder


def test_the_backup_has_what_the_other_observers_write(small_recipe: Path, tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "runs", "small")
    checked = check_recipe(small_recipe, ["train.epochs=1", f"backup={{url: {tmp_path / 'backups'}}}"])
    with open_session(folder) as session:
        run_recipe(checked, session, usual_observers(session.display))
    manifest = BackupPlace(f"{tmp_path / 'backups'}/{folder.name}").read_manifest()
    assert manifest is not None
    assert {"report.html", "metrics.jsonl", "checkpoints/last.pt", "per_query/last/val.csv"} <= set(manifest.files)
    assert any(path.startswith("tensorboard/") for path in manifest.files)
    stored = manifest.files["status.json"]
    assert folder.status.stat().st_size == stored.size, "the last copy is made after status.json says how it ended"


def test_a_run_that_an_observer_stops_is_copied(small_recipe: Path, tmp_path: Path) -> None:
    class Stop(RunObserver):
        def epoch_ended(self, summary: EpochSummary) -> None:
            raise StopRunError("enough")

    folder = RunFolder.create(tmp_path / "runs", "small")
    checked = check_recipe(small_recipe, ["trackers=[]", f"backup={{url: {tmp_path / 'backups'}}}"])
    with pytest.raises(StopRunError), open_session(folder) as session:
        run_recipe(checked, session, [*usual_observers(session.display), Stop()])
    manifest = BackupPlace(f"{tmp_path / 'backups'}/{folder.name}").read_manifest()
    assert manifest is not None and manifest.files["status.json"].size == folder.status.stat().st_size
    assert "report.html" not in manifest.files


def test_a_report_that_fails_costs_the_report_alone(
    small_recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    class Spoiled(ReportObserver):
        def measured(self, results: Sequence[ProtocolResult], at_end: bool) -> None:
            super().measured(results, at_end)
            if self.last is not None:
                self.start.folder.recipe.unlink()  # which the report shows

    folder = RunFolder.create(tmp_path / "runs", "small")
    checked = check_recipe(small_recipe, ["train.epochs=1", "trackers=[]"])
    with open_session(folder) as session:
        result = run_recipe(checked, session, [Spoiled(session.display)])
    assert result is not None and result.monitored.split == "val"
    assert not folder.report.exists()
    assert f"then: fsim report {folder.path}" in capsys.readouterr().out

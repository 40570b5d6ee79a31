from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fsim.errors import FsimError
from fsim.history.seed_means import seed_means, write_means
from fsim.history.seed_series import SeedSeries


def series(made_run: Any, file: Path, values: list[float | None], **others: Any) -> SeedSeries:
    """Finished runs of the seeds 0, 1, ..., each with the last of its evaluations as given."""
    runs = {
        seed: made_run(f"made/{seed}", values=[0.1, value], epochs=2, seed=seed, **others)
        for seed, value in enumerate(values)
    }
    made = SeedSeries(file, {}, list(runs), runs)
    made.write()
    return made


def test_the_means_are_of_the_last_evaluations(made_run: Any, tmp_path: Path) -> None:
    file = tmp_path / "made" / "0-seeds.json"
    made = series(made_run, file, [0.5, 0.7, 0.6])
    assert all(map(made.is_finished, made.seeds))
    (val,) = seed_means(made)
    recall = val.metrics["exact/recall@1"]
    assert (recall.mean, recall.values) == (pytest.approx(0.6), [0.5, 0.7, 0.6])
    assert recall.low == pytest.approx(0.6 - 4.302653 * 0.1 / 3**0.5)
    write_means(made, [val])
    assert SeedSeries.open(file).runs.keys() == made.runs.keys()
    rows = file.with_suffix(".csv").read_text().splitlines()
    assert rows[0] == "split,metric,mean,low,high,seed 0,seed 1,seed 2"
    assert rows[2].startswith("val,exact/map@r,0.3")


def test_a_metric_that_is_no_number_in_one_run_has_no_mean(made_run: Any, tmp_path: Path) -> None:
    (val,) = seed_means(series(made_run, tmp_path / "made" / "0-seeds.json", [0.5, None]))
    recall = val.metrics["exact/recall@1"]
    assert (recall.mean, recall.low, recall.high, recall.values) == (None, None, None, [0.5, None])


def test_runs_that_were_asked_different_things_have_no_mean(made_run: Any, tmp_path: Path) -> None:
    made = series(made_run, tmp_path / "made" / "0-seeds.json", [0.5, 0.6])
    made.runs[1] = made_run("made/other", values=[0.1, 0.6], epochs=2, fingerprint="g")
    with pytest.raises(FsimError, match="val: the runs were asked different things"):
        seed_means(made)


def test_a_run_that_was_removed_or_never_began_is_not_finished(made_run: Any, tmp_path: Path) -> None:
    file = tmp_path / "made" / "0-seeds.json"
    made = series(made_run, file, [0.5, 0.6])
    made.runs[1].path.rename(tmp_path / "elsewhere")
    made.runs[0].recipe.unlink()  # killed before it was written
    again = SeedSeries.open(file)
    assert list(again.runs) == [0] and not any(map(again.is_finished, again.seeds))
    file.write_text("[]")
    with pytest.raises(FsimError, match="is not of several seeds"):
        SeedSeries.open(file)

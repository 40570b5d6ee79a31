from __future__ import annotations

from typing import Any

import pytest

from fsim.errors import FsimError
from fsim.history.run_record import RunRecord, read_record
from fsim.history.run_selection import select, sort


@pytest.fixture
def records(made_run: Any) -> list[RunRecord]:
    folders = [
        made_run("x/20250101T000000Z", values=[0.5], epochs=1, name="b", lr=1e-3),
        made_run("x/20250101T000000Z-2", values=[0.9], epochs=2, name="a", lr=1e-2),
        made_run("x/20250103T000000Z", values=[None], epochs=1, name="a", lr=1e-3),
        made_run("x/20250102T000000Z", values=[], epochs=1, name="c", lr=1),
    ]
    return [read_record(folder) for folder in folders]


def times(records: list[RunRecord]) -> list[str]:
    return [record.path.name[6:8] + record.path.name[16:] for record in records]


@pytest.mark.parametrize(
    ("conditions", "chosen"),
    [
        ([], ["01", "01-2", "03", "02"]),
        (["name=a"], ["01-2", "03"]),
        (["name == a"], ["01-2", "03"]),
        (["train.optimizer.lr=0.001"], ["01", "03"]),
        (["train.optimizer.lr=1e-3", "name=a"], ["03"]),
        (["losses.0.name=supcon"], ["01", "01-2", "03", "02"]),
        (["train.epochs>=2"], ["01-2"]),
        (["exact/recall@1>0.5"], ["01-2"]),
        (["exact/recall@1 <= 0.5"], ["01"]),
        (["train.optimizer.lr>0.001"], ["01-2", "02"]),
        (["name=z"], []),
    ],
)
def test_a_filter_leaves_the_runs_of_which_it_holds(
    records: list[RunRecord], conditions: list[str], chosen: list[str]
) -> None:
    assert times(select(records, conditions)) == chosen


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ("name", "write key=value"),
        ("train.optimizer.lrr=1", "did you mean 'train.optimizer.lr'"),
        ("exact/recal@1>0.5", "did you mean 'exact/recall@1'"),
        ("train.epochs>many", "write a number after >"),
    ],
)
def test_a_filter_that_asks_for_nothing_there_is_told(records: list[RunRecord], condition: str, told: str) -> None:
    with pytest.raises(FsimError, match="--filter") as raised:
        select(records, [condition])
    assert told in str(raised.value)


def test_they_are_sorted_by_time_name_or_the_best_value(records: list[RunRecord], made_run: Any) -> None:
    assert times(sort(records, "time")) == ["03", "02", "01-2", "01"]
    assert times(sort(records, "name")) == ["03", "01-2", "01", "02"]
    assert times(sort(records, "exact/recall@1"))[:2] == ["01-2", "01"]
    with pytest.raises(FsimError, match="did you mean 'exact/recall@1'"):
        sort(records, "exact/recall@10")
    less = [
        read_record(made_run(f"less/{value}", values=[value], epochs=1, less_is_better=["exact/recall@1"]))
        for value in (3, 1, 2)
    ]
    assert [record.path.name for record in sort(less, "exact/recall@1")] == ["1", "2", "3"]
    with pytest.raises(FsimError, match="do not agree, or do not say"):
        sort([*less, *records], "exact/recall@1")

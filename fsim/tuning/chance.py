"""Whether one trial is better than another by more than chance."""

from __future__ import annotations

import math

from fsim.history.comparison import compare_runs
from fsim.history.run_record import read_record
from fsim.store.run_folder import RunFolder


def interval(first: RunFolder, second: RunFolder, metric: str) -> tuple[float, float] | None:
    """The 95 % interval of what the second run's best network has more of a metric of the monitored protocol, over the
    queries (`fsim.history.comparison`); None where the runs did not keep what each query found, or were asked different
    things.

    Raises:
        FsimError: a run is damaged.
    """
    last = read_record(second).last
    for one in compare_runs([first, second], "best"):
        row = one.table[(one.table["metric"] == metric) & (one.table["run"] == str(second.path))]
        if last is not None and one.split == last.split and len(row) and math.isfinite(row["low"].iloc[0]):
            return float(row["low"].iloc[0]), float(row["high"].iloc[0])
    return None

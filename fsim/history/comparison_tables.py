"""A comparison of runs as tables for people, in the terminal and on a page."""

from __future__ import annotations

import os
from collections.abc import Sequence

import pandas as pd

from fsim.history.comparison import ProtocolComparison
from fsim.pages.page import Page, Section, Table
from fsim.runtime.display import main_metrics, number
from fsim.store.run_folder import RunFolder


def difference_table(differences: pd.DataFrame) -> Table:
    """Show the keys in which recipes differ, a column for each run."""
    names = short_names(list(differences.columns))
    return Table(
        ["key", *names],
        [[str(key), *map(str, row)] for key, row in zip(differences.index, differences.to_numpy(), strict=True)],
    )


def metric_table(comparison: ProtocolComparison, folders: Sequence[RunFolder]) -> Table:
    """Show a row for each metric, without macro means, and a column for each run.

    A cell has the value, a star where it is the best, and the difference to the first run with its interval and p:
    `0.812* (+0.031, +0.012 to +0.050, p 0.002)`.
    """
    runs = [str(folder.path) for folder in folders]
    cells = {(row.metric, row.run): _cell(row) for row in comparison.table.itertuples()}
    metrics = main_metrics(dict.fromkeys(comparison.table["metric"]))
    return Table(["metric", *short_names(runs)], [[name, *(cells[name, run] for run in runs)] for name in metrics])


def comparison_page(
    folders: Sequence[RunFolder], differences: pd.DataFrame, comparisons: Sequence[ProtocolComparison]
) -> Page:
    """Show a comparison as a page."""
    sections = [
        Section("Recipes", "The keys whose values differ.", [difference_table(differences)]),
        *(
            Section(
                comparison.title,
                " ".join(comparison.warnings)
                or "* is best. In brackets: the difference to the first run, its 95% interval and p, by a paired "
                "bootstrap over the queries, stratified by category.",
                [metric_table(comparison, folders)],
            )
            for comparison in comparisons
        ),
    ]
    return Page("Comparison of runs", "; ".join(str(folder.path) for folder in folders), {}, sections)


def short_names(paths: Sequence[str]) -> list[str]:
    """Return the paths of runs without what all of them begin with."""
    common = os.path.commonpath([os.path.abspath(path) for path in paths])  # noqa: PTH100
    return [os.path.relpath(path, common) for path in paths]


def _cell(row: object) -> str:
    value, best, difference = row.value, row.best, row.difference  # type: ignore[attr-defined]
    text = number(value) + ("*" if best else "")
    if pd.isna(difference):
        return text
    low, high, p = row.low, row.high, row.p  # type: ignore[attr-defined]
    return f"{text} ({difference:+.3f}, {low:+.3f} to {high:+.3f}, p {p:.2g})"

"""The sections of a report on categories and attributes: the results of each, and categories taken for others."""

from __future__ import annotations

import numpy as np
import pandas as pd

from fsim.evaluation.result_tables import FEWEST_QUERIES, by_attribute, by_category, confusion
from fsim.functional.statistics.intervals import mean_intervals
from fsim.pages.page import Bar, Section, Table
from fsim.report.evaluated_run import EvaluatedRun

MOST_BARS = 50
MOST_IN_MATRIX = 15
MOST_CONFUSIONS = 12
FIRST = 15  # attributes that are not folded away


def category_section(run: EvaluatedRun) -> Section:
    """Show bars of each category, and confusions among the answers."""
    table = by_category(run.result, run.catalog)
    metric = next((name for name in table.columns if "/recall@" in name), run.result.ranked_by)
    bars, text = [], ""
    if metric is not None:
        shown = table.sort_values(metric, kind="stable")
        text = f"{metric} of each category, weakest first; the line is its 95% interval. "
        if len(shown) > MOST_BARS:
            text += f"The weakest {MOST_BARS} of {len(shown)}. "
        bars = [(metric, _bars(run, shown.index[:MOST_BARS], metric))]
    confusions = confusion(run.result, run.catalog)
    k = run.result.answers.index.shape[1]
    text += f"Then: of the first {k} answers to queries of a category (row), the share that shows another (column)."
    tables = [_matrix(confusions)] if max(confusions.shape) <= MOST_IN_MATRIX else []
    return Section("Categories", text, [*tables, _worst(confusions)], bars=bars)


def attribute_section(run: EvaluatedRun) -> Section | None:
    """Show the results of each attribute that queries are known to have; None where there is none."""
    table = by_attribute(run.result, run.catalog)
    if table is None or table.empty or len(table.columns) == 1:
        return None
    metric = next((name for name in table.columns if "/recall@" in name), table.columns[1])
    shown = table.sort_values(metric, kind="stable")
    rows = [[str(name), f"{row['queries']:.0f}", f"{row[metric]:.3f}"] for name, row in shown.iterrows()]
    text = (
        f"{metric} over the queries that have an attribute, weakest first; those of fewer than {FEWEST_QUERIES} "
        f"queries are left out."
    )
    first, more = (Table(["attribute", "queries", metric], part) for part in (rows[:FIRST], rows[FIRST:]))
    return Section("Attributes", text, [first], more=[more] if more.rows else [])


def _bars(run: EvaluatedRun, names: pd.Index, metric: str) -> list[Bar]:
    categories = run.result.task.query.categories.numpy()
    bars = []
    for name in names:
        values = run.result.query_values[metric][categories == run.catalog.category_names.index(name)]
        interval = mean_intervals({metric: values}, np.zeros(len(values)), run.recipe.seed).get(metric)
        if interval is not None:
            bars.append(Bar(str(name), *interval, int(np.isfinite(values).sum())))
    return bars


def _matrix(confusions: pd.DataFrame) -> Table:
    rows = [[str(name), *(f"{share:.0%}" for share in row)] for name, row in confusions.iterrows()]
    return Table(["query", *map(str, confusions.columns)], rows, confusions.to_numpy().tolist())


def _worst(confusions: pd.DataFrame) -> Table:
    pairs = [
        (float(share), str(query), str(answer))
        for query, row in confusions.iterrows()
        for answer, share in row.items()
        if query != answer and share > 0
    ]
    rows = [[query, answer, f"{share:.1%}"] for share, query, answer in sorted(pairs, reverse=True)[:MOST_CONFUSIONS]]
    return Table(["query", "taken for", "of its answers"], rows)

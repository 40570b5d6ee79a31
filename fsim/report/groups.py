"""Results of each category and attribute, and which categories are taken for which."""

from __future__ import annotations

import numpy as np
import pandas as pd

from fsim.functional.labels.attribute_labels import HAS
from fsim.functional.retrieval.answer_counts import category_confusion
from fsim.pages.page import Bar, Section, Table
from fsim.report.results import intervals
from fsim.report.subject import Numbers, Subject

MOST_BARS = 50
MOST_IN_MATRIX = 15
MOST_CONFUSIONS = 12
FIRST = 15  # attributes that are not folded away
FEWEST_QUERIES = 5  # of an attribute, for its results to tell anything


def category_section(subject: Subject) -> Section:
    """Bars of each category, and confusions among the answers."""
    table = by_category(subject)
    metric = next((name for name in table.columns if "/recall@" in name), subject.ranked_by)
    bars, text = [], ""
    if metric is not None:
        shown = table.sort_values(metric, kind="stable")
        text = f"{metric} of each category, weakest first; the line is its 95% interval. "
        if len(shown) > MOST_BARS:
            text += f"The weakest {MOST_BARS} of {len(shown)}. "
        bars = [(metric, _bars(subject, shown.index[:MOST_BARS], metric))]
    confusions = confusion(subject)
    k = subject.answers.index.shape[1]
    text += f"Then: of the first {k} answers to queries of a category (row), the share that shows another (column)."
    tables = [_matrix(confusions)] if max(confusions.shape) <= MOST_IN_MATRIX else []
    return Section("Categories", text, [*tables, _worst(confusions)], bars=bars)


def attribute_section(subject: Subject) -> Section | None:
    """Results of each attribute of which queries are known to have it; None where there is none."""
    table = by_attribute(subject)
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


def by_category(subject: Subject) -> pd.DataFrame:
    """A row for each category of queries that count: their number (`queries`), and the mean of each metric."""
    names = subject.catalog.category_names
    categories = subject.evaluated.task.query.categories.numpy()
    groups = {name: categories == number for number, name in enumerate(names)}
    return _means(subject.per_query, groups, "category", fewest=1)


def by_attribute(subject: Subject) -> pd.DataFrame | None:
    """The same for each attribute, of the queries known to have it; None where the catalog has none."""
    labels = subject.catalog.attributes
    has = labels.values[subject.query_rows] == HAS  # [Q, A]
    if not has.any():
        return None
    names = [f"{kind}: {name}" for kind, name in zip(labels.types, labels.names, strict=True)]
    groups = {name: has[:, column] for column, name in enumerate(names) if has[:, column].any()}
    return _means(subject.per_query, groups, "attribute", FEWEST_QUERIES)


def _means(
    per_query: dict[str, Numbers], groups: dict[str, np.ndarray[tuple[int], np.dtype[np.bool_]]], of: str, fewest: int
) -> pd.DataFrame:
    counted = next((np.isfinite(values) for values in per_query.values()), None)
    rows = {}
    for name, inside in groups.items():
        number = int((inside & counted).sum()) if counted is not None else int(inside.sum())
        if number >= fewest:
            means = {metric: float(np.nanmean(values[inside])) for metric, values in per_query.items()}
            rows[name] = {"queries": number, **means}
    return pd.DataFrame.from_dict(rows, orient="index", columns=["queries", *per_query]).rename_axis(of)


def confusion(subject: Subject) -> pd.DataFrame:
    """Of the answers to queries of a category (row), the share of each category (column); categories that are neither
    asked for nor answered are left out."""
    names, task = subject.catalog.category_names, subject.evaluated.task
    shares = category_confusion(
        subject.answers.index, task.query.categories.numpy(), task.gallery.categories.numpy(), len(names)
    )
    table = pd.DataFrame(shares, index=names, columns=names)
    there = [
        name for number, name in enumerate(names) if np.isfinite(shares[number]).all() or (shares[:, number] > 0).any()
    ]
    return table.loc[there, there].dropna(how="all")


def _bars(subject: Subject, names: pd.Index, metric: str) -> list[Bar]:
    categories = subject.evaluated.task.query.categories.numpy()
    bars = []
    for name in names:
        values = subject.per_query[metric][categories == subject.catalog.category_names.index(name)]
        found = intervals({metric: values}, np.zeros(len(values)), subject.checked.recipe.seed)
        bars += [Bar(str(name), *of, int(np.isfinite(values).sum())) for of in found.values()]
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

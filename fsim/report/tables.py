"""What stands behind the means of an evaluation, as tables in files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from fsim.kit.files import write_text
from fsim.report.groups import by_attribute, by_category, confusion
from fsim.report.subject import Subject


def write_tables(place: Path, subject: Subject) -> None:
    """by_category.csv, by_attribute.csv (where the catalog has attributes), confusion.csv, hubs.csv and hardest.csv."""
    tables = {
        "by_category": by_category(subject),
        "by_attribute": by_attribute(subject),
        "confusion": confusion(subject).rename_axis("query"),
        "hubs": hubs(subject),
        "hardest": hardest(subject),
    }
    for name, table in tables.items():
        if table is not None:
            write_text(place / f"{name}.csv", table.to_csv())


def hubs(subject: Subject) -> pd.DataFrame:
    """The gallery images that are answers to a query, the most frequent first: among the first answers of how many
    queries each is (`queries`), and of how many of them rightly (`right`)."""
    names, (counts, right) = subject.catalog.names(subject.gallery_rows), subject.returned
    order = [row for row in np.argsort(-counts, kind="stable") if counts[row]]
    labels = subject.catalog.catalog.frame["category"].to_numpy()[subject.gallery_rows[order]]
    columns = {"category": labels, "queries": counts[order], "right": right[order]}
    return pd.DataFrame(columns, index=pd.Index([names[row] for row in order], name="image"))


def hardest(subject: Subject) -> pd.DataFrame:
    """The queries that count, by the metric that tells most (`Subject.ranked_by`), worst first, with their first
    answer, its score and whether it is right."""
    metric, answers = subject.ranked_by, subject.answers
    values = np.zeros(len(subject.query_rows)) if metric is None else subject.per_query[metric]
    order = [row for row in np.argsort(values, kind="stable") if np.isfinite(values[row])]
    names, gallery = subject.catalog.names(subject.query_rows), subject.catalog.names(subject.gallery_rows)
    columns = {
        "category": subject.catalog.catalog.frame["category"].to_numpy()[subject.query_rows[order]],
        **({} if metric is None else {metric: values[order]}),
        "first_answer": [gallery[answers.index[row, 0]] if answers.index[row, 0] >= 0 else "" for row in order],
        "score": answers.score[order, 0],
        "right": answers.right[order, 0],
    }
    return pd.DataFrame(columns, index=pd.Index([names[row] for row in order], name="image"))

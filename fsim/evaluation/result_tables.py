"""Tables of what stands behind the means of an evaluation: queries, categories, attributes, confusions and hubs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from fsim.catalog.encoded_catalog import EncodedCatalog
from fsim.evaluation.protocol_result import ProtocolResult
from fsim.functional.labels.attribute_labels import HAS
from fsim.functional.retrieval.retrieval_metrics import category_confusion
from fsim.interfaces import FloatArray
from fsim.kit.files import write_text
from fsim.store.per_query import per_query_file

FEWEST_QUERIES = 5  # of an attribute, for its results to mean anything


def write_per_query(folder: Path, catalog: EncodedCatalog, results: Iterable[ProtocolResult]) -> None:
    """Write one csv a protocol: image, category and item (empty where unknown), and a column for each evaluator/metric,
    empty where a query does not count."""
    folder.mkdir(parents=True, exist_ok=True)
    for result in results:
        rows = result.query_rows
        labels = {"category": catalog.label_names("category", rows), "item": catalog.label_names("item", rows)}
        metrics = {name: values.numpy() for name, values in result.per_query.items()}
        table = pd.DataFrame({"image": catalog.names(rows), **labels, **metrics})
        write_text(per_query_file(folder, result.protocol.split), table.to_csv(index=False))


def write_tables(folder: Path, catalog: EncodedCatalog, result: ProtocolResult) -> None:
    """Write by_category.csv, by_attribute.csv (where the catalog has attributes), confusion.csv, hubs.csv and
    hardest.csv."""
    tables = {
        "by_category": by_category(result, catalog),
        "by_attribute": by_attribute(result, catalog),
        "confusion": confusion(result, catalog).rename_axis("query"),
        "hubs": hubs(result, catalog),
        "hardest": hardest(result, catalog),
    }
    for name, table in tables.items():
        if table is not None:
            write_text(folder / f"{name}.csv", table.to_csv())


def by_category(result: ProtocolResult, catalog: EncodedCatalog) -> pd.DataFrame:
    """Return a row for each category of queries that count: their number (`queries`), and the mean of each metric."""
    categories = result.task.query.categories.numpy()
    groups = {name: categories == number for number, name in enumerate(catalog.category_names)}
    return _means(result.query_values, groups, "category", fewest=1)


def by_attribute(result: ProtocolResult, catalog: EncodedCatalog) -> pd.DataFrame | None:
    """Return the same for each attribute, of the queries known to have it; None where the catalog has none."""
    labels = catalog.attributes
    has = labels.values[result.query_rows] == HAS  # [Q, A]
    if not has.any():
        return None
    names = [f"{kind}: {name}" for kind, name in zip(labels.types, labels.names, strict=True)]
    groups = {name: has[:, column] for column, name in enumerate(names) if has[:, column].any()}
    return _means(result.query_values, groups, "attribute", FEWEST_QUERIES)


def _means(
    per_query: dict[str, FloatArray], groups: dict[str, npt.NDArray[np.bool_]], axis: str, fewest: int
) -> pd.DataFrame:
    counted = next((np.isfinite(values) for values in per_query.values()), None)
    rows = {}
    for name, inside in groups.items():
        number = int((inside & counted).sum()) if counted is not None else int(inside.sum())
        if number >= fewest:
            means = {metric: float(np.nanmean(values[inside])) for metric, values in per_query.items()}
            rows[name] = {"queries": number, **means}
    return pd.DataFrame.from_dict(rows, orient="index", columns=["queries", *per_query]).rename_axis(axis)


def confusion(result: ProtocolResult, catalog: EncodedCatalog) -> pd.DataFrame:
    """Return, of the answers to queries of a category (row), the share of each category (column); categories that are
    neither asked for nor answered are left out."""
    names, task = catalog.category_names, result.task
    shares = category_confusion(
        result.answers.index, task.query.categories.numpy(), task.gallery.categories.numpy(), len(names)
    )
    table = pd.DataFrame(shares, index=names, columns=names)
    seen = [
        name for number, name in enumerate(names) if np.isfinite(shares[number]).all() or (shares[:, number] > 0).any()
    ]
    return table.loc[seen, seen].dropna(how="all")


def hubs(result: ProtocolResult, catalog: EncodedCatalog) -> pd.DataFrame:
    """Return the gallery images that are answers to a query, the most frequent first: among the first answers of how
    many queries each is (`queries`), and of how many of them rightly (`right`)."""
    names, (counts, right) = catalog.names(result.gallery_rows), result.returned
    order = [row for row in np.argsort(-counts, kind="stable") if counts[row]]
    labels = catalog.catalog.frame["category"].to_numpy()[result.gallery_rows[order]]
    columns = {"category": labels, "queries": counts[order], "right": right[order]}
    return pd.DataFrame(columns, index=pd.Index([names[row] for row in order], name="image"))


def hardest(result: ProtocolResult, catalog: EncodedCatalog) -> pd.DataFrame:
    """Return the queries that count, by `ProtocolResult.ranked_by`, worst first, with their first answer, its score and
    whether it is right."""
    metric, answers = result.ranked_by, result.answers
    values = np.zeros(len(result.query_rows)) if metric is None else result.query_values[metric]
    order = [row for row in np.argsort(values, kind="stable") if np.isfinite(values[row])]
    names, gallery = catalog.names(result.query_rows), catalog.names(result.gallery_rows)
    columns = {
        "category": catalog.catalog.frame["category"].to_numpy()[result.query_rows[order]],
        **({} if metric is None else {metric: values[order]}),
        "first_answer": [gallery[answers.index[row, 0]] if answers.index[row, 0] >= 0 else "" for row in order],
        "score": answers.score[order, 0],
        "right": answers.right[order, 0],
    }
    return pd.DataFrame(columns, index=pd.Index([names[row] for row in order], name="image"))

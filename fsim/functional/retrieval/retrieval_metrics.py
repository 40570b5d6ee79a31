"""Retrieval metrics from the ranks of the relevant images, for each query and summed up; counts of answers.

Shape legend: Q queries, G gallery, K answers, B rows of a block, M relevant images of the query that has most,
C categories.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated

import numpy as np
import numpy.typing as npt
import torch
from pydantic import AfterValidator, Field
from torch import Tensor

from fsim.interfaces import Direction, IntArray, RetrievalTask


def _each_once(k: Sequence[int]) -> Sequence[int]:
    if len(set(k)) < len(k):
        raise ValueError(f"each k once: {', '.join(map(str, sorted(set(k))))}")
    return k


DepthsOrNone = Annotated[Sequence[Annotated[int, Field(ge=1)]], AfterValidator(_each_once)]
Depths = Annotated[DepthsOrNone, Field(min_length=1)]


def topk_metrics(ranks: Tensor, k: Sequence[int]) -> dict[str, Tensor]:
    """recall@k and precision@k of each query: ranks of the relevant [Q, M], counted from 1 -> [Q] float64 each.

    The ranks must hold every relevant image among the first max(k) answers.
    """
    metrics = {}
    for depth in k:
        hits = (ranks <= depth).sum(1)  # [Q]
        metrics[f"recall@{depth}"] = (hits > 0).double()
        metrics[f"precision@{depth}"] = hits.double() / depth
    return metrics


def r_metrics(ranks: Tensor, num_relevant: Tensor) -> dict[str, Tensor]:
    """r_precision and map@r of each query: ranks [Q, M], ascending, and R [Q] -> [Q] float64 each, NaN where R is 0.

    The ranks must hold every relevant image among the first R answers.
    """
    within = ranks <= num_relevant[:, None]  # [Q, M]
    return {
        "r_precision": within.sum(1).double() / num_relevant,
        "map@r": (_precision_at(ranks) * within).sum(1) / num_relevant,
    }


def average_precision(ranks: Tensor, num_relevant: Tensor) -> Tensor:
    """The average precision of each query: ranks [Q, M] of all its R [Q] relevant images, ascending -> [Q] float64."""
    return _precision_at(ranks).sum(1) / num_relevant


def reciprocal_rank(ranks: Tensor) -> Tensor:
    """1 / the rank of the first relevant answer of each query: ranks [Q, M], ascending -> [Q] float64, nearly 0 where
    there is none."""
    return 1 / ranks[:, 0].double() if ranks.shape[1] else torch.zeros(len(ranks), dtype=torch.float64)


def _precision_at(ranks: Tensor) -> Tensor:
    """[Q, M] -> [Q, M] float64: precision of the answers down to each relevant one, nearly 0 where it is nowhere."""
    return torch.arange(1, ranks.shape[1] + 1) / ranks.double()


def of_each_query(metrics: Mapping[str, Tensor], counted: Tensor) -> dict[str, Tensor]:
    """Metrics [Q] as float64, NaN for the queries that do not count (`counted` bool [Q])."""
    return {name: values.double().masked_fill(~counted, math.nan) for name, values in metrics.items()}


def micro_and_macro(metrics: Mapping[str, Tensor], labels: Tensor) -> dict[str, float]:
    """The mean over queries of each metric [Q], and as `macro_...` the mean over labels [Q] of their queries' means.

    NaN where there is no query.
    """
    _, inverse, counts = torch.unique(labels, return_inverse=True, return_counts=True)
    summary = {}
    for name, values in metrics.items():
        of_label = torch.zeros(len(counts), dtype=torch.float64).index_add_(0, inverse, values) / counts
        summary[name] = float(values.mean()) if len(values) else math.nan
        summary[f"macro_{name}"] = float(of_label.mean()) if len(values) else math.nan
    return summary


def rank_metrics(ranks: Tensor, relevant: Tensor, k: Sequence[int], map: bool) -> dict[str, Tensor]:
    """recall@k, precision@k, r_precision and map@r, with `map` map and mrr too, [B] each.

    Args:
        ranks: [B, M] of the relevant images, ascending: those among the first max(k) and the first R answers, with
            `map` all.
        relevant: [B] R, the number of relevant images.
    """
    metrics = {**topk_metrics(ranks, k), **r_metrics(ranks, relevant)}
    if map:
        metrics["map"] = average_precision(ranks, relevant)
        metrics["mrr"] = reciprocal_rank(ranks)
    return metrics


def rank_metric_names(k: Sequence[int], map: bool) -> list[str]:
    """What `rank_metrics` gives."""
    return [*rank_metrics(torch.empty(0, 0, dtype=torch.int64), torch.empty(0, dtype=torch.int64), k, map)]


def ranking_directions(names: Iterable[str]) -> Mapping[str, Direction]:
    """Every metric of `summarise`, of queries that have these metrics."""
    names = list(names)
    return {
        **dict.fromkeys(names, "max"),
        **dict.fromkeys((f"macro_{name}" for name in names), "max"),
        "num_queries": "max",
        "num_queries_without_relevant": "min",
    }


def metrics_of_blocks(
    blocks: Iterable[tuple[slice, Tensor]], relevant: Tensor, k: Sequence[int], map: bool
) -> dict[str, Tensor]:
    """`rank_metrics` [Q] of all queries: rows of queries and ranks [B, M], block by block, and R [Q]."""
    parts = [rank_metrics(ranks, relevant[rows], k, map) for rows, ranks in blocks]
    return {name: torch.cat([part[name] for part in parts]) for name in rank_metric_names(k, map)}


def summarise(task: RetrievalTask, metrics: Mapping[str, Tensor], relevant: Tensor) -> dict[str, float]:
    """Means over queries and over labels of metrics [Q], and how many queries count: those whose R [Q] is not 0.

    Each query's are left in `task.per_query`.
    """
    counted = relevant > 0
    task.per_query.update(of_each_query(metrics, counted))
    return {
        **micro_and_macro({name: values[counted] for name, values in metrics.items()}, task.query_labels[counted]),
        "num_queries": float(counted.sum()),
        "num_queries_without_relevant": float((~counted).sum()),
    }


def category_confusion(
    index: IntArray, query_categories: IntArray, gallery_categories: IntArray, num_categories: int
) -> npt.NDArray[np.float64]:
    """[C, C]: of the answers to queries of one category (row), the share that shows each category (column).

    Args:
        index: [Q, K] gallery rows of the answers; -1 where there is none.
        query_categories: [Q], -1 where unknown; such queries, and answers of unknown category, do not count.
        gallery_categories: [G], likewise.
        num_categories: C.

    Rows sum to 1; one without an answer is NaN.
    """
    shown = np.append(gallery_categories, -1)[index]  # [Q, K]
    asked = np.broadcast_to(query_categories[:, None], shown.shape)
    known = (shown >= 0) & (asked >= 0)
    counts = np.zeros((num_categories, num_categories))
    np.add.at(counts, (asked[known], shown[known]), 1)
    with np.errstate(invalid="ignore"):
        shares: npt.NDArray[np.float64] = counts / counts.sum(axis=1, keepdims=True)
    return shares


def occurrences(index: IntArray, num_gallery: int) -> IntArray:
    """[Q, K] answers -> [G], how many queries each gallery image is an answer to: N_k of Radovanovic, Nanopoulos and
    Ivanovic, "Hubs in space", JMLR 11, 2010. Their mean is K Q / G where every query has K answers."""
    counts: IntArray = np.bincount(index[index >= 0], minlength=num_gallery).astype(np.int64)
    return counts


def skewness(counts: IntArray) -> float:
    """The third standardised moment of N_k [G], by which the same paper (section 2.2) measures hubs: about 0 where all
    images are returned alike, above 1 where a few are returned to very many queries. NaN where none differs."""
    off = counts - counts.mean()
    deviation = np.sqrt(np.mean(off**2))
    return float(np.mean(off**3) / deviation**3) if deviation > 0 else float("nan")

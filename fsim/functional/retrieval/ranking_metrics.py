"""What evaluators that rank the whole gallery share: the metrics of `exact`, from the ranks of the relevant images.

Shape legend: Q queries, B rows of a block, M relevant images of the query that has most.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import torch
from torch import Tensor

from fsim.functional.retrieval.retrieval_metrics import (
    average_precision,
    micro_and_macro,
    of_each_query,
    r_metrics,
    reciprocal_rank,
    topk_metrics,
)
from fsim.interfaces import Direction, RetrievalTask


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

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from pydantic import TypeAdapter, ValidationError

from fsim.functional.retrieval.relevant_ranks import NOWHERE
from fsim.functional.retrieval.retrieval_metrics import (
    Depths,
    average_precision,
    micro_and_macro,
    r_metrics,
    topk_metrics,
)

GALLERY = 30


def slow_metrics(ranks: list[int], k: list[int]) -> dict[str, float]:
    """By walking down the answers."""
    relevant = len(ranks)
    metrics = {}
    for depth in k:
        hits = sum(answer in ranks for answer in range(1, depth + 1))
        metrics[f"recall@{depth}"], metrics[f"precision@{depth}"] = float(hits > 0), hits / depth
    metrics["r_precision"] = sum(answer in ranks for answer in range(1, relevant + 1)) / relevant
    for name, depth in (("map@r", relevant), ("map", GALLERY)):
        hits, total = 0, 0.0
        for answer in range(1, depth + 1):
            if answer in ranks:
                hits += 1
                total += hits / answer
        metrics[name] = total / relevant
    return metrics


def test_metrics_equal_walking_down_the_answers() -> None:
    rng = np.random.default_rng(0)
    k = [1, 4, 10, 50]
    rows = [sorted(rng.choice(np.arange(1, GALLERY + 1), count, replace=False).tolist()) for count in range(1, 31)]
    ranks = torch.tensor([row + [NOWHERE] * (30 - len(row)) for row in rows])
    relevant = torch.tensor([len(row) for row in rows])
    metrics = topk_metrics(ranks, k) | r_metrics(ranks, relevant) | {"map": average_precision(ranks, relevant)}
    for number, row in enumerate(rows):
        assert {name: values[number].item() for name, values in metrics.items()} == pytest.approx(slow_metrics(row, k))


def test_a_query_by_hand() -> None:
    ranks, relevant = torch.tensor([[2, 3, 7]]), torch.tensor([3])
    assert {name: value.item() for name, value in topk_metrics(ranks, [1, 2, 10]).items()} == pytest.approx(
        {"recall@1": 0, "precision@1": 0, "recall@2": 1, "precision@2": 0.5, "recall@10": 1, "precision@10": 0.3}
    )
    r = r_metrics(ranks, relevant)
    assert r["r_precision"].item() == pytest.approx(2 / 3)
    assert r["map@r"].item() == pytest.approx((1 / 2 + 2 / 3) / 3)
    assert average_precision(ranks, relevant).item() == pytest.approx((1 / 2 + 2 / 3 + 3 / 7) / 3)


def test_relevant_images_that_were_not_found_cost() -> None:
    ranks = torch.tensor([[1, NOWHERE], [NOWHERE, NOWHERE]])
    r = r_metrics(ranks, torch.tensor([4, 2]))
    assert r["map@r"].tolist() == [0.25, 0] and r["r_precision"].tolist() == [0.25, 0]


def test_nothing_relevant_is_nan() -> None:
    ranks, none = torch.full((1, 2), NOWHERE), torch.tensor([0])
    assert all(value.isnan().all() for value in r_metrics(ranks, none).values())


def test_micro_weighs_queries_and_macro_labels() -> None:
    values = {"recall@1": torch.tensor([1.0, 1.0, 1.0, 0.0], dtype=torch.float64)}
    summary = micro_and_macro(values, torch.tensor([7, 7, 7, 3]))
    assert summary == {"recall@1": 0.75, "macro_recall@1": 0.5}


def test_no_query_is_nan() -> None:
    summary = micro_and_macro({"map": torch.empty(0, dtype=torch.float64)}, torch.empty(0, dtype=torch.int64))
    assert all(math.isnan(value) for value in summary.values()) and set(summary) == {"map", "macro_map"}


@pytest.mark.parametrize("k", [[], [0], [1, -2], [5, 1, 5], [1.5], ["1"]])
def test_depths_are_positive_and_each_once(k: list[object]) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Depths).validate_python(k, strict=True)


def test_depths_keep_their_order() -> None:
    assert TypeAdapter(Depths).validate_python([10, 1], strict=True) == [10, 1]

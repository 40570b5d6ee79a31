"""Exact retrieval metrics (first version)."""

from __future__ import annotations

from typing import Annotated

import torch
from pydantic import Field

from fsim.functional.topk import topk
from fsim.interfaces import Direction, RetrievalTask


class Exact:
    """Exact retrieval: recall, precision, R-precision and MAP@R."""

    def __init__(self, k: list[Annotated[int, Field(ge=1)]] = [1, 5, 10]) -> None:  # noqa: B006
        self.k = k

    @property
    def directions(self) -> dict[str, Direction]:
        names = [f"{name}@{k}" for name in ("recall", "precision") for k in self.k]
        return dict.fromkeys([*names, "r_precision", "map@r"], "max")

    def __call__(self, task: RetrievalTask) -> dict[str, float]:
        labels, gallery = task.query_labels, task.gallery_labels
        counts = (labels[:, None] == gallery[None, :]).sum(1) - int(task.leave_one_out)
        depth = int(max(max(self.k), counts.max()))
        found = topk(task.query.embedding, None if task.leave_one_out else task.gallery.embedding, depth, task.distance)
        relevant = (gallery[found.index.clamp_min(0)] == labels[:, None]) & (found.index >= 0)
        asked = counts > 0
        relevant, counts = relevant[asked].double(), counts[asked]
        result = {f"recall@{k}": (relevant[:, :k].sum(1) > 0).double().mean().item() for k in self.k}
        result |= {f"precision@{k}": (relevant[:, :k].sum(1) / k).mean().item() for k in self.k}
        within = torch.arange(depth)[None, :] < counts[:, None]
        precision = relevant.cumsum(1) / torch.arange(1, depth + 1)
        result["r_precision"] = ((relevant * within).sum(1) / counts).mean().item()
        result["map@r"] = ((precision * relevant * within).sum(1) / counts).mean().item()
        return result

"""Positive and negative pairs of a batch, and of a batch with remembered images."""

from __future__ import annotations

import torch
from torch import Tensor

from fsim.functional.numerics import at_least_float32
from fsim.interfaces import Memory


def with_memory(embedding: Tensor, labels: Tensor, memory: Memory | None) -> tuple[Tensor, Tensor]:
    """Return what the images of a batch, [B, D] and [B], are compared with: embeddings [R, D] and labels [R] of
    themselves, and behind them of what is remembered."""
    if memory is None:
        return embedding, labels
    embedding = at_least_float32(embedding)
    return torch.cat([embedding, memory.embedding.to(embedding)]), torch.cat([labels, memory.labels])


def label_pairs(labels: Tensor, references: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Labels [B] -> (positive, negative), bool [B, B], symmetric; or [B, R] with R references, the first B of which are
    the images themselves (see `with_memory`).

    positive  two different images with the same label
    negative  two images with different labels
    An image whose label is unknown (-1) is in neither.
    """
    others = labels if references is None else references  # [R]
    both_known = (labels >= 0)[:, None] & (others >= 0)  # [B, R]
    same = labels[:, None] == others  # [B, R]
    itself = torch.eye(len(labels), len(others), dtype=torch.bool, device=labels.device)  # [B, R]
    return both_known & same & ~itself, both_known & ~same

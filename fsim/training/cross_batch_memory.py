"""Embeddings of earlier batches, with which a loss compares those of the batch."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from fsim.interfaces import Memory


class CrossBatchMemory(nn.Module):
    """The embeddings of the last `size` images that were learned from, as they were then: Wang et al., "Cross-batch
    memory for embedding learning", CVPR 2020, section 3.2. Where weights move slowly, they are nearly those of now, and
    a batch has as many more images to be compared with, at the cost of their similarities alone.

    It is part of the state of a run. The paper warms up for 1,000 steps and remembers up to the whole training set.

    Args:
        size: images.
        after_steps: steps before anything is given from it: the first weights move fast.
        embedding_dim: D.
    """

    embedding: Tensor  # [size, D], a ring
    labels: Tensor  # [size]

    def __init__(self, size: int, after_steps: int, embedding_dim: int) -> None:
        super().__init__()
        self.size, self.after_steps = size, after_steps
        self.register_buffer("embedding", torch.zeros(size, embedding_dim))
        self.register_buffer("labels", torch.full((size,), -1))
        self.images, self.steps = 0, 0  # that were put into it

    def given(self) -> Memory | None:
        """What is remembered; None while it warms up, or is empty."""
        filled = min(self.images, self.size)
        if self.steps < self.after_steps or not filled:
            return None
        return Memory(self.embedding[:filled], self.labels[:filled])

    def remember(self, embedding: Tensor, labels: Tensor) -> None:
        """Put a batch, [B, D] and [B], into it in place of the oldest."""
        self.steps += 1
        at = (self.images + torch.arange(len(labels), device=labels.device)) % self.size
        self.images += len(labels)
        last = slice(max(len(labels) - self.size, 0), None)  # of a batch that is larger than the memory
        self.embedding[at[last]] = embedding.detach()[last].to(self.embedding.dtype)
        self.labels[at[last]] = labels[last]

    def get_extra_state(self) -> dict[str, int]:
        return {"images": self.images, "steps": self.steps}

    def set_extra_state(self, state: Any) -> None:
        self.images, self.steps = int(state["images"]), int(state["steps"])

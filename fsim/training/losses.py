"""The losses of a recipe: their weighted terms, and the embeddings of earlier batches that some compare with."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from fsim.interfaces import Memory
from fsim.plugin.parameters import needs


class CrossBatchMemory(nn.Module):
    """Remembers the embeddings of the last `size` training images, as they were in their step: Wang et al.,
    "Cross-batch memory for embedding learning", CVPR 2020, section 3.2. While the weights move slowly, they are nearly
    what the network would give now, and each image of a batch is compared with many more at the cost of their
    similarities alone.

    It is part of the state of a run. The paper warms up for 1,000 steps and remembers up to the whole training set.

    Args:
        size: images.
        after_steps: steps before a loss sees anything of it: the first weights move fast.
        dimensions: D.
    """

    embedding: Tensor  # [size, D], a ring buffer
    labels: Tensor  # [size]

    def __init__(self, size: int, after_steps: int, dimensions: int) -> None:
        super().__init__()
        self.size, self.after_steps = size, after_steps
        self.register_buffer("embedding", torch.zeros(size, dimensions))
        self.register_buffer("labels", torch.full((size,), -1))
        self.num_images, self.num_steps = 0, 0  # remembered so far, also those that were overwritten

    def recall(self) -> Memory | None:
        """Return what is remembered; None while it warms up, or is empty."""
        filled = min(self.num_images, self.size)
        if self.num_steps < self.after_steps or not filled:
            return None
        return Memory(self.embedding[:filled], self.labels[:filled])

    def remember(self, embedding: Tensor, labels: Tensor) -> None:
        """Overwrite the oldest images with a batch, [B, D] and [B]."""
        self.num_steps += 1
        places = (self.num_images + torch.arange(len(labels), device=labels.device)) % self.size
        self.num_images += len(labels)
        kept = slice(max(len(labels) - self.size, 0), None)  # of a batch that is larger than the memory
        self.embedding[places[kept]] = embedding.detach()[kept].to(self.embedding.dtype)
        self.labels[places[kept]] = labels[kept]

    def get_extra_state(self) -> dict[str, int]:
        return {"images": self.num_images, "steps": self.num_steps}

    def set_extra_state(self, state: Any) -> None:
        self.num_images, self.num_steps = int(state["images"]), int(state["steps"])


class LossTerms(nn.Module):
    """Computes the weighted losses of a recipe; each receives, by name, the arguments of its own forward.

    needs          the names of those arguments, for each loss
    without_signs  losses that `fsim.training.loss_signs` has found it cannot ask
    """

    def __init__(
        self, losses: dict[str, nn.Module], weights: list[float], memories: dict[str, CrossBatchMemory] | None = None
    ) -> None:
        super().__init__()
        self.losses = nn.ModuleDict(losses)
        self.memories = nn.ModuleDict(memories or {})  # of some losses
        self.weights = weights
        self.needs = [needs(loss) for loss in losses.values()]
        self.without_signs: set[str] = set()

    def forward(self, available: dict[str, Any]) -> dict[str, Tensor]:
        """Return each weighted term by its name; the loss that is minimised is their sum.

        Args:
            available: outputs of the network and labels of the batch, by name.
        """
        terms = zip(self.losses.items(), self.weights, self.needs, strict=True)
        return {
            name: weight * loss(**{need: available[need] for need in wanted}, **self._memory_argument(name))
            for (name, loss), weight, wanted in terms
        }

    def remember(self, available: dict[str, Any]) -> None:
        """Put the batch of a finished step into the memories."""
        memory: Any
        for memory in self.memories.values():
            memory.remember(available["embedding"], available["labels"])

    def _memory_argument(self, name: str) -> dict[str, Any]:
        memory: Any = self.memories[name] if name in self.memories else None  # noqa: SIM401, it has no get
        return {} if memory is None else {"memory": memory.recall()}

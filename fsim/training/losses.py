"""The losses of a recipe: their weighted terms, the memory of earlier batches, and signs that they still teach."""

from __future__ import annotations

import copy
import logging
from typing import Any

import torch
from torch import Tensor, nn

from fsim.interfaces import Memory
from fsim.plugin.parameters import needs

# Parts of the embeddings' distances from their mean. Not 0: where all are one point, no triplet is semi-hard.
NEAR, NEARER = 1e-3, 1e-4
COMPARED = ("embedding", "text_embedding")
ACTIVE = ("active_negatives", "active_triplets")
ROUNDING = 1e-5  # of a loss of cosines in float32


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
    without_signs  losses that `fsim.training.losses` has found it cannot ask
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


def loss_signs(losses: LossTerms, available: dict[str, Any], values: dict[str, float]) -> dict[str, float]:
    """Return signs of each loss term that compares embeddings with each other, by `<term>/<sign>`:

        loss       its value, weighted
        collapsed  its value if the network gave everything that the loss compares, images and captions, nearly the same
                   embedding, their mean: for a triplet loss its margin, for `supcon` log(B - 1), 0 where nothing keeps
                   embeddings apart
        active_negatives, active_triplets
                   for a loss that has a method of this name, the share of them that cost something; 0 to 1

    A loss with parameters (`arcface`, `proxy_anchor`) compares embeddings with what it learned, and has no signs: it
    begins above what a collapse would cost, as a classification does, and a healthy one passes it on its way down. Nor
    has one with a memory, which compares with what was not collapsed.

    The signs are computed by copies of the losses, so that one that remembers what it saw is not disturbed. A loss that
    cannot be copied or computed so has no signs, which is logged once.

    Args:
        losses: the terms of the recipe.
        available: what the batch and the network give, by name; see `LossTerms`.
        values: the weighted value of each term for this batch.
    """
    signs: dict[str, float] = {}
    with torch.no_grad():
        for (name, loss), weight, wanted in zip(losses.losses.items(), losses.weights, losses.needs, strict=True):
            if "embedding" not in wanted or any(True for _ in loss.parameters()) or name in losses.memories:
                continue
            if name in losses.without_signs:
                continue
            given = {need: available[need] for need in wanted}
            try:
                probe: Any = copy.deepcopy(loss)
                compared = {need: given[need] for need in COMPARED if need in given}  # [B, D] each
                mean = torch.cat(list(compared.values())).mean(0)  # [D]
                near, nearer = (
                    weight * float(probe(**given | {need: mean.lerp(own, part) for need, own in compared.items()}))
                    for part in (NEAR, NEARER)
                )
                vanishes = nearer < near / 2 or near < ROUNDING * values[name]
                of_loss = {"loss": values[name], "collapsed": 0.0 if vanishes else near}
                active = {sign: getattr(probe, sign)(**given) for sign in ACTIVE}
                of_loss |= {sign: float(share) for sign, share in active.items() if share is not None}
                signs |= {f"{name}/{sign}": value for sign, value in of_loss.items()}
            except Exception as error:  # whatever a stranger's loss raises here, training goes on without it
                losses.without_signs.add(name)
                logging.getLogger("fsim").warning(
                    f"the loss '{name}' cannot be asked whether it has collapsed ({error}); training goes on"
                )
    return signs

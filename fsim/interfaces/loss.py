"""Losses, and what they compare.

Shape legend: B batch, D embedding, C categories, A attributes, P pairs, M remembered images.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

if TYPE_CHECKING:
    from torch import Tensor


class Pairs(NamedTuple):
    """Pairs of images of one batch."""

    first: Tensor  # [P] int64, position in the batch
    second: Tensor  # [P] int64
    same: Tensor  # [P] bool: a positive pair


class Memory(NamedTuple):
    """Embeddings of images of earlier batches, as they were then; nothing is learned through them."""

    embedding: Tensor  # [M, D]
    labels: Tensor  # [M] int64


@runtime_checkable
class Loss(Protocol):
    """An nn.Module whose forward asks by parameter name for what it needs, and returns a scalar.

    embedding [B, D] | logits [B, C] | attribute_logits [B, A] | categories [B] int64 | items [B] int64 |
    labels [B] int64 (the categories or the items, whichever the sampler's `label` says) | pairs (`Pairs`) |
    attributes [B, A] int8 (1 has it, -1 has it not, 0 unknown) | text_embedding [B, D] of one caption of each image |
    captioned [B] bool (whether the image has a caption: where it has none, its text_embedding means nothing) |
    whatever else the head gives, by its name

    A batch in which the loss is undefined (no pair, one class) gives a zero that is connected to the graph.
    Injected: `embedding_dim`, `num_categories`, `num_labels`, `attribute_counts` (`AttributeCounts` of the training
    images).

    One that compares the embeddings of a batch by `labels`, and can compare them with those of earlier batches too, has
    a parameter `memory: Memory | None = None` behind the others; a recipe says how much is remembered.
    """

    @abstractmethod
    def __call__(self, *args: Tensor | Pairs) -> Tensor: ...

    def active_negatives(self, **given: Any) -> Tensor | None:
        """Optional, for a loss of pairs: the share of its negative pairs that cost something, a scalar in [0, 1]. It
        takes what forward takes, is asked at the end of an epoch, and shows whether the loss still teaches
        (`fsim.training.losses`)."""
        return None

    def active_triplets(self, **given: Any) -> Tensor | None:
        """Optional, for a loss of triplets: the share of its triplets that cost something, as `active_negatives`."""
        return None

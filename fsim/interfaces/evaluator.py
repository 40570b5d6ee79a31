"""Evaluators, and what they measure.

Shape legend: N images, D embedding, C categories, A attributes, Q queries, G gallery, T texts.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol, runtime_checkable

from fsim.functional.labels.attribute_labels import AttributeLabels
from fsim.interfaces.arrays import IntArray
from fsim.interfaces.network import Distance
from fsim.interfaces.sampler import Label

if TYPE_CHECKING:
    from torch import Tensor

JunkLabel = Literal["item"]
Direction = Literal["max", "min"]


@dataclass(frozen=True)
class Embedded:
    """Embeddings of a split, on the CPU, float32, in catalog order. What may be None is there if an evaluator asks."""

    embedding: Tensor  # [N, D]
    categories: Tensor  # [N] int64
    items: Tensor  # [N] int64, -1 where unknown
    names: Sequence[str]  # [N] the catalog's `image`
    logits: Tensor | None = None  # [N, C] of the categories
    attribute_logits: Tensor | None = None  # [N, A]
    attributes: AttributeLabels | None = None  # [N, A]
    captions: Sequence[Sequence[str]] | None = None  # [N] none or several of each image

    def take(self, rows: IntArray) -> Embedded:
        """What is known of some rows, given by their numbers in 0..N-1."""
        return Embedded(
            self.embedding[rows],
            self.categories[rows],
            self.items[rows],
            [self.names[row] for row in rows],
            None if self.logits is None else self.logits[rows],
            None if self.attribute_logits is None else self.attribute_logits[rows],
            None if self.attributes is None else self.attributes.take(rows),
            None if self.captions is None else [self.captions[row] for row in rows],
        )


class JunkLabels(NamedTuple):
    """Labels by which gallery images are junk to a query: where both have the same. -1 is unknown, and makes none."""

    query: Tensor  # [Q] int64
    gallery: Tensor  # [G] int64; in leave-one-out those of the queries


@dataclass(frozen=True)
class RetrievalTask:
    """Who queries what. `gallery is query` means leave-one-out: the query itself is never among its answers.

    Where `junk` is set, gallery images of the query's own known item are junk: neither right nor wrong, as if the
    gallery lacked them. Philbin et al., "Object retrieval with large vocabularies and fast spatial matching", CVPR
    2007, section 2.
    """

    query: Embedded
    gallery: Embedded
    relevant: Label
    distance: Distance
    per_query: dict[str, Tensor] = field(default_factory=dict)  # where an evaluator may leave {metric: [Q]}
    junk: JunkLabel | None = None
    # Texts [T] -> [T, D] in the space of the images; None where the network does not read.
    embed_text: Callable[[Sequence[str]], Tensor] | None = None

    @property
    def leave_one_out(self) -> bool:
        return self.gallery is self.query

    @property
    def query_labels(self) -> Tensor:
        return self.query.categories if self.relevant == "category" else self.query.items

    @property
    def gallery_labels(self) -> Tensor:
        return self.gallery.categories if self.relevant == "category" else self.gallery.items

    @property
    def junk_labels(self) -> JunkLabels | None:
        """What is junk, as `topk`, `num_relevant` and `ranks_in_gallery` take it; None where nothing is."""
        return None if self.junk is None else JunkLabels(self.query.items, self.gallery.items)


class Cost(NamedTuple):
    """What measuring one task costs, roughly."""

    seconds: float  # 0 where it is so little that nobody need know
    bytes: int  # of memory, above the embeddings


@runtime_checkable
class Evaluator(Protocol):
    """Measures embeddings. Injected: `seed`.

    One whose metrics are means over queries leaves each query's in `task.per_query`, NaN for a query that does not
    count: what comparisons and reports are made of. One that ranks the gallery leaves out the task's junk.
    """

    # Optional: what it needs beside embeddings and labels. Of `logits`, `attribute_logits`, `attributes` and `captions`
    # those that must not be None in the task's `Embedded`; and `text_embedding`, for the task's `embed_text`.
    needs: frozenset[str] = frozenset()
    timings: frozenset[str] = frozenset()  # optional: the metrics that are times, and differ from run to run

    @property
    @abstractmethod
    def directions(self) -> Mapping[str, Direction]:
        """Every metric that a call returns, and whether more or less of it is better. Known before any data is."""
        ...

    @abstractmethod
    def __call__(self, task: RetrievalTask) -> dict[str, float]:
        """Metric name -> value; a metric that is undefined for this data is NaN. Names carry no evaluator prefix."""
        ...

    def cost(self, num_queries: int, num_gallery: int | None, dimensions: int) -> Cost | None:
        """Optional, for one that may take long: what a task will cost, which is shown before a run starts. It takes
        well under a second itself. `num_gallery` is None for leave-one-out."""
        return None

"""The contracts: one small interface for each kind, and the data that passes between components.

A component needs no base class: it fits if it has the members named here. Values that are known only at run time
(`in_features`, `num_categories`, `seed`, ...) are injected by parameter name; `fsim.kinds` lists them for each kind.

Shape legend: B batch, D embedding, F features, C categories, A attributes, P pairs, N catalog rows,
S image size, Q queries, K neighbours, L words of a caption.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from fsim.functional.attribute_labels import AttributeLabels, attribute_labels
from fsim.functional.captions import captions_of

if TYPE_CHECKING:
    import pandas as pd
    from torch import Tensor

IntArray = npt.NDArray[np.int64]
Vectors = npt.NDArray[np.float32]

Distance = Literal["cosine", "euclidean"]
Label = Literal["category", "item"]
JunkLabel = Literal["item"]
Direction = Literal["max", "min"]

CATALOG_COLUMNS = ("image", "split", "category", "item", "box", "attributes", "caption")


@dataclass(frozen=True)
class Catalog:
    """The table of images: one row an image, columns `CATALOG_COLUMNS`.

    image       path of the file (absolute, or relative to `root`); a unique name where `pixels` is given
    split       train, val, test, query or gallery
    category    name of the category; "" where unknown
    item        id of the physical garment; "" where unknown
    box         (x1, y1, x2, y2) in pixels, the part of the image to use; None for the whole image
    attributes  dict of attribute type to value, or to a list of values; empty where unknown
    caption     a sentence that describes the image, or a list of several; "" where there is none
    """

    frame: pd.DataFrame
    root: Path
    pixels: npt.NDArray[np.uint8] | None = None  # [N, H, W] or [N, H, W, 3]: a source of arrays, not files
    labelled: AttributeLabels | None = None  # the attributes, where the source says of each whether an image has it

    def attribute_labels(self) -> AttributeLabels:
        """The attributes as a matrix: what the source says of each, or what the column `attributes` amounts to."""
        return self.labelled or attribute_labels(self.frame["attributes"].tolist())

    def captions(self) -> list[list[str]]:
        """[N] the captions of each image, none or several."""
        return [captions_of(value) for value in self.frame["caption"]]

    def take(self, rows: IntArray) -> Catalog:
        """The catalog of some rows."""
        return Catalog(
            self.frame.iloc[rows].reset_index(drop=True),
            self.root,
            None if self.pixels is None else self.pixels[rows],
            None if self.labelled is None else self.labelled.take(rows),
        )

    @classmethod
    def of(
        cls,
        columns: Mapping[str, Sequence[Any]],
        root: Path,
        pixels: Any = None,
        labelled: AttributeLabels | None = None,
    ) -> Catalog:
        """A catalog from some of the columns; the others are filled with "unknown"."""
        import pandas as pd

        frame = pd.DataFrame({"image": list(columns["image"])}, dtype=object)
        empty: dict[str, Any] = {"split": "train", "box": None}
        for name in CATALOG_COLUMNS[1:]:
            if name in columns:
                frame[name] = pd.Series(list(columns[name]), dtype=object)  # by position, whatever their index
            else:
                frame[name] = pd.Series(
                    [{} if name == "attributes" else empty.get(name, "")] * len(frame), dtype=object
                )
        return cls(frame, root, pixels, labelled)


class Dataset(Protocol):
    """Turns a source into a catalog. Injected: `cache_dir` (a folder for what is downloaded or made).

    One that always has the same pictures says in a class attribute `licence`, a clause, under which licence they are.
    """

    def load(self) -> Catalog:
        """The catalog of the whole source, rows in a stable order. FsimError where the source is missing or unfit."""
        ...


class Augmentation(Protocol):
    """Changes a batch of training images."""

    def __call__(self, images: Tensor, rng: np.random.Generator) -> Tensor:
        """uint8 [B, 3, S, S] (channels last in memory; must not be written to) -> the same shape, uint8, or float32
        on the same scale of 0 to 255. All randomness comes from `rng`."""
        ...


@runtime_checkable
class Backbone(Protocol):
    """An nn.Module: normalised images float [B, 3, S, S] -> features [B, F]."""

    out_features: int  # F

    def __call__(self, images: Tensor) -> Tensor: ...


@runtime_checkable
class TextEncoder(Protocol):
    """An nn.Module: captions as tokens int64 [B, L] -> features [B, F].

    Injected: `vocabulary` (`fsim.functional.vocabulary.Vocabulary`), the words of the training images' captions. One
    that does not ask for it has words of its own.
    """

    out_features: int  # F

    def tokens(self, captions: Sequence[str]) -> IntArray:
        """[B] -> int64 [B, L], L at least 1: numbers of what a caption consists of, 0 behind its end. L is
        that of the longest caption; of one that is too long for the encoder the beginning counts."""
        ...

    def __call__(self, tokens: Tensor) -> Tensor:
        """[B, L] -> [B, F]. What stands for a caption does not depend on those beside it, nor on L."""
        ...


@runtime_checkable
class Head(Protocol):
    """An nn.Module: features [B, F] -> {"embedding": [B, D], and, where `gives` says so, "logits": [B, C] of the
    categories and "attribute_logits": [B, A]}.

    Injected: `in_features` (F), `num_categories` (C), `num_attributes` (A; a head that asks for it gets 1 or more).
    A second one, `model.text_head`, may do the same for the features of captions; its embeddings lie in one space with
    those of the images.
    """

    gives: ClassVar[frozenset[str]]  # keys of what forward returns
    distance: Distance  # how its embeddings are to be compared
    embedding_dim: int  # D

    def __call__(self, features: Tensor) -> dict[str, Tensor]: ...


class Pairs(NamedTuple):
    """Pairs of images of one batch."""

    first: Tensor  # [P] int64, position in the batch
    second: Tensor  # [P] int64
    same: Tensor  # [P] bool: a positive pair


class Memory(NamedTuple):
    """Embeddings of images of earlier batches, as they were then; nothing is learned through them."""

    embedding: Tensor  # [M, D]
    labels: Tensor  # [M] int64


class Loss(Protocol):
    """An nn.Module whose forward asks by parameter name for what it needs, and returns a scalar.

    embedding [B, D] | logits [B, C] | attribute_logits [B, A] | categories [B] int64 | items [B] int64 |
    labels [B] int64 (the categories or the items, whichever the sampler's `label` says) | pairs (`Pairs`) |
    attributes [B, A] int8 (1 has it, -1 has it not, 0 unknown) | text_embedding [B, D] of one caption of each image |
    captioned [B] bool (whether the image has a caption: where it has none, its text_embedding means nothing)

    A batch in which the loss is undefined (no pair, one class) gives a zero that is connected to the graph.
    Injected: `embedding_dim`, `num_categories`, `num_labels`, `attribute_counts` (`AttributeCounts` of the training
    images).

    One that compares the embeddings of a batch by `labels`, and can compare them with those of earlier batches too, has
    a parameter `memory: Memory | None = None` behind the others; a recipe says how much is remembered.

    A loss of pairs may also have a method `active_negatives`, one of triplets a method `active_triplets`. It takes what
    forward takes, and returns the share, a scalar in [0, 1], of its negative pairs or its triplets that cost something.
    It is asked at the end of an epoch, and tells whether the loss still teaches (`fsim.loss_signs`).
    """

    def __call__(self, *args: Tensor | Pairs) -> Tensor: ...


class Selection(NamedTuple):
    """What a sampler chose for one batch."""

    rows: IntArray  # [B] position among the training images
    first: IntArray | None = None  # [P] position in the batch; None where the sampler gives no pairs
    second: IntArray | None = None  # [P]


@runtime_checkable
class Sampler(Protocol):
    """Chooses the batches of an epoch. Every epoch has the same number of batches, on every rank.

    Injected: `categories` and `items` (int64 [number of training images]; -1 where unknown), `seed`, `rank`,
    `world_size`.
    """

    gives: ClassVar[frozenset[str]]  # {"pairs"} or empty
    label: Label  # what makes two images a positive pair

    def __len__(self) -> int:
        """Batches in an epoch."""
        ...

    def epoch(self, epoch: int) -> Sequence[Selection]:
        """The batches of epoch 0, 1, ...: a pure function of (seed, epoch, rank), whatever was asked before."""
        ...


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

    One that measures more has an attribute `needs`, a set of `logits`, `attribute_logits`, `attributes` and `captions`:
    what must not be None in the task's `Embedded`; and `text_embedding`, for the task's `embed_text`. One that measures
    time names those metrics in a set `timings`. One whose metrics are means over queries leaves each query's in
    `task.per_query`, NaN for a query that does not count: what comparisons and reports are made of. One that ranks the
    gallery leaves out the task's junk.

    One that may take long has a method `cost(num_queries: int, num_gallery: int | None, dimensions: int) -> Cost`, with
    None for leave-one-out, which itself takes well under a second: what is said before a run starts.
    """

    @property
    def directions(self) -> Mapping[str, Direction]:
        """Every metric that a call returns, and whether more or less of it is better. Known before any data is."""
        ...

    def __call__(self, task: RetrievalTask) -> dict[str, float]:
        """Metric name -> value; a metric that is undefined for this data is NaN. Names carry no evaluator prefix."""
        ...


class Answers(NamedTuple):
    """What an index found for each query, nearest first."""

    ids: IntArray  # [Q, K] row numbers of the embeddings that it was built from; -1 where it found no more
    scores: Vectors  # [Q, K] cosine, or minus half the squared Euclidean distance (see `Similarity`); -inf beside -1


class Trial(NamedTuple):
    """One way to build an index, and what to try for one parameter of its search."""

    build: Mapping[str, Any]  # parameters of the constructor
    parameter: str = ""  # an attribute that may be set anew on a built index; "" where there is none
    values: Sequence[int] = ()  # ascending, from hasty to thorough


@runtime_checkable
class Index(Protocol):
    """Finds the nearest of many embeddings. Injected: `seed`, and `threads` (to build with, 1 by default).

    An image's id is the row number of its embedding. A zero vector has cosine 0 to every vector. The same seed and
    one thread give the same index again. `search` works on the thread that calls it, so that several searches can go
    on at once.

    One that can be tuned has a static method `trials(num_embeddings, k)` -> sequence of `Trial`, the likeliest first.
    The parameter that a trial names is an attribute, read at each search.
    """

    def build(self, embeddings: Vectors, distance: Distance) -> None:
        """[N, D], N at least 1. FsimError where there are none, or they are NaN, infinite or longer than 1e18."""
        ...

    def search(self, queries: Vectors, k: int) -> Answers:
        """[Q, D] -> the k nearest that it finds for each, k at least 1. FsimError where nothing was built or loaded,
        D is another, or the queries are unfit as embeddings are."""
        ...

    def save(self, folder: Path) -> None:
        """Write the index into a folder, which is made where it is missing. FsimError where that can't be done."""
        ...

    def load(self, folder: Path) -> None:
        """Take what `save` wrote in place of what was built; executes no code from it. Parameters of the search stay
        those of the constructor. FsimError where the folder holds no such index, or not all of it."""
        ...


@runtime_checkable
class Projection(Protocol):
    """Draws embeddings as points of a plane. Injected: `seed`."""

    def __call__(self, embedding: Vectors, distance: Distance) -> Vectors:
        """Finite float32 [N, D], compared by `distance` -> finite float32 [N, 2]: a new array, for any N and D of 1 or
        more, also where embeddings repeat or are all the same. The same seed gives the same points again."""
        ...


@dataclass(frozen=True)
class EmbeddedImages:
    """Embedded images of one split to be looked at, in catalog order."""

    split: str
    embedding: Vectors  # [N, D]
    names: Sequence[str]  # [N] the catalog's `image`
    categories: Sequence[str]  # [N] names; "" where unknown
    items: Sequence[str]  # [N] ids; "" where unknown
    thumbnails: npt.NDArray[np.uint8]  # [N, T, T, 3] as the network sees them, T at most 64 pixels


@runtime_checkable
class Tracker(Protocol):
    """Shows a run's numbers somewhere. Injected: `folder` (the run folder).

    One that shows images too has `max_images`, the most that it takes, and `show(step: int, images: EmbeddedImages)`,
    which is called after the last evaluation with queries of the monitored protocol.
    """

    def log(self, step: int, values: Mapping[str, float]) -> None:
        """Numbers by name, after so many optimizer steps."""
        ...

    def close(self) -> None:
        """Write out what is pending."""
        ...

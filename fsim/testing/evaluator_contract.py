"""What every evaluator must hold, as tests to inherit. For authors of plugins; needs pytest.

    class TestMyEvaluator(EvaluatorContract):
        def make(self, seed: int) -> Evaluator:
            return MyEvaluator(seed=seed)

Shape legend: N images, D embedding.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor

from fsim.functional.labels.attribute_labels import AttributeLabels
from fsim.interfaces import Distance, Embedded, Evaluator, Label, RetrievalTask
from fsim.plugin.interface_check import complete

UNKNOWN = -1

# Splits for which some metrics are undefined: name -> (categories, items).
DEGENERATE: dict[str, tuple[list[int], list[int]]] = {
    "one image": ([0], [0]),
    "two images of one label": ([0, 0], [0, 0]),
    "two images of two labels": ([0, 1], [0, 1]),
    "one label": ([3] * 7, [5] * 7),
    "every image its own label": (list(range(6)), list(range(6))),
    "one label of two images": ([0, 0, 1, 2, 3], [0, 0, 1, 2, 3]),
    "no item known": ([0, 0, 1, 1], [UNKNOWN] * 4),
    "one item known": ([0, 0, 1, 1], [UNKNOWN, 2, UNKNOWN, UNKNOWN]),
    "some items known": ([0, 0, 1, 1, 2, 2], [0, 0, UNKNOWN, 1, 1, UNKNOWN]),
}


class EvaluatorContract:
    """Inherit it, give `make`, and name the class `Test...`."""

    # metrics that may differ from call to call: times, sizes of files
    not_repeatable: ClassVar[frozenset[str]] = frozenset()

    def make(self, seed: int) -> Evaluator:
        """A new evaluator."""
        raise NotImplementedError

    def task(
        self,
        relevant: Label = "category",
        distance: Distance = "euclidean",
        with_gallery: bool = False,
    ) -> RetrievalTask:
        """40 images of 4 categories and 10 items that lie apart in 8 dimensions, with noise."""
        rng = np.random.default_rng(0)
        items = np.arange(40) % 10
        centres = 2 * rng.normal(size=(10, 8))
        images = embedded(centres[items] + rng.normal(size=(40, 8)), (items % 4).tolist(), items.tolist())
        gallery = embedded(centres[items] + rng.normal(size=(40, 8)), (items % 4).tolist(), items.tolist(), "gallery")
        return RetrievalTask(images, gallery if with_gallery else images, relevant, distance, embed_text=embed_text)

    def test_names_its_metrics_before_it_sees_data(self) -> None:
        evaluator = self.make(seed=0)
        complete("evaluator", "under test", evaluator)
        directions = dict(evaluator.directions)
        assert directions, "an evaluator without a metric"
        assert set(directions.values()) <= {"max", "min"}
        evaluate(evaluator, self.task())
        assert dict(evaluator.directions) == directions

    @pytest.mark.parametrize("relevant", ["category", "item"])
    @pytest.mark.parametrize("distance", ["euclidean", "cosine"])
    @pytest.mark.parametrize("with_gallery", [False, True])
    def test_measures_every_kind_of_task(self, relevant: Label, distance: Distance, with_gallery: bool) -> None:
        measures = evaluate(self.make(seed=0), self.task(relevant, distance, with_gallery))
        assert any(math.isfinite(value) for value in measures.values()), "nothing is defined for an ordinary task"

    @pytest.mark.parametrize("labels", DEGENERATE.values(), ids=DEGENERATE.keys())
    @pytest.mark.parametrize("embeddings", ["distinct", "identical", "zero", "in couples"])
    @pytest.mark.parametrize("distance", ["euclidean", "cosine"])
    def test_an_undefined_metric_is_nan(
        self, labels: tuple[list[int], list[int]], embeddings: str, distance: Distance
    ) -> None:
        categories, items = labels
        points = np.random.default_rng(1).normal(size=(len(items), 3))
        if embeddings == "identical":
            points[:] = points[0]
        elif embeddings == "zero":
            points[:] = 0
        elif embeddings == "in couples":
            points = points[np.arange(len(items)) // 2]
        images = embedded(points, categories, items)
        evaluator = self.make(seed=0)
        for relevant in ("category", "item"):
            evaluate(evaluator, RetrievalTask(images, images, relevant, distance, embed_text=embed_text))

    @pytest.mark.parametrize("known", [True, False])
    def test_junk_is_as_if_the_gallery_lacked_it(self, known: bool) -> None:
        """Two views of one item ask a gallery that has more of them. Held for the metrics of each query."""
        rng = np.random.default_rng(2)
        categories, items = [0] * 8 + [1] * 8, [0, 0, 0, 0, 1, 1, UNKNOWN, 2, *[3] * 8]
        centres = np.where(np.array(categories)[:, None] == 0, -50.0, 50.0)  # so far apart that any ranking is right
        gallery = embedded(centres + rng.normal(size=(16, 8)), categories, items, "gallery")
        query = embedded(np.full((2, 8), -50.0), [0, 0], [0 if known else UNKNOWN] * 2)
        others = gallery.take(np.flatnonzero(np.array(items) != 0)) if known else gallery
        with_junk = RetrievalTask(query, gallery, "category", "euclidean", junk="item", embed_text=embed_text)
        without = RetrievalTask(query, others, "category", "euclidean", embed_text=embed_text)
        for task in (with_junk, without):
            evaluate(self.make(seed=0), task)
        assert with_junk.per_query.keys() == without.per_query.keys()
        for name, values in with_junk.per_query.items():
            torch.testing.assert_close(values, without.per_query[name], equal_nan=True, msg=name)

    def test_the_same_task_gives_the_same_numbers(self) -> None:
        evaluator, task = self.make(seed=0), self.task()
        first = self._repeatable(evaluate(evaluator, task))
        np.random.seed(5)
        torch.manual_seed(5)
        np.testing.assert_equal(self._repeatable(evaluate(evaluator, task)), first)
        np.testing.assert_equal(self._repeatable(evaluate(self.make(seed=0), task)), first)

    def test_leaves_the_embeddings_and_the_global_generators_alone(self) -> None:
        task = self.task(distance="cosine")
        before = [part.clone() for part in (task.query.embedding, task.query.categories, task.query.items)]
        np.random.seed(5)
        torch.manual_seed(5)
        expected = np.random.random(), float(torch.rand(()))
        np.random.seed(5)
        torch.manual_seed(5)
        evaluate(self.make(seed=0), task)
        assert (np.random.random(), float(torch.rand(()))) == expected
        after = (task.query.embedding, task.query.categories, task.query.items)
        assert all(torch.equal(one, other) for one, other in zip(before, after, strict=True))

    @pytest.mark.parametrize("num_gallery", [None, 1, 50])
    def test_a_cost_is_seconds_and_bytes(self, num_gallery: int | None) -> None:
        evaluator: Evaluator = complete("evaluator", "under test", self.make(seed=0))
        cost = evaluator.cost(40, num_gallery, 8)
        if cost is not None:
            seconds, size = cost
            assert math.isfinite(seconds) and seconds >= 0
            assert type(size) is int and size >= 0

    def _repeatable(self, measures: dict[str, float]) -> dict[str, float]:
        return {name: value for name, value in measures.items() if name not in self.not_repeatable}


def embed_text(texts: Sequence[str]) -> Tensor:
    """Texts [T] -> [T, D]: the text of an image is its point."""
    return torch.tensor([[float(part) for part in text.split()] for text in texts])


def embedded(points: np.ndarray | Tensor, categories: list[int], items: list[int], name: str = "image") -> Embedded:
    """Points [N, D] as the embeddings of a split; logits, attributes and captions, up to 2 an image, are drawn."""
    rng = np.random.default_rng(len(items))
    values = rng.integers(-1, 2, (len(items), 3), np.int8)
    return Embedded(
        torch.as_tensor(points, dtype=torch.float32),
        torch.tensor(categories),
        torch.tensor(items),
        [f"{name} {row}" for row in range(len(items))],
        logits=torch.from_numpy(rng.normal(size=(len(items), max(categories, default=0) + 1))).float(),
        attribute_logits=torch.from_numpy(rng.normal(size=values.shape)).float(),
        captions=[
            [" ".join(map(str, point))] * (row % 3) for row, point in enumerate(torch.as_tensor(points).tolist())
        ],
        attributes=AttributeLabels(["striped", "dotted", "cotton"], ["texture", "texture", "fabric"], values),
    )


def evaluate(evaluator: Evaluator, task: RetrievalTask) -> dict[str, float]:
    """What the evaluator says, held against what it promises."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        measures = evaluator(task)
    assert set(measures) == set(evaluator.directions), "directions must name every metric that a call returns"
    assert all(type(value) is float for value in measures.values()), "metrics are Python floats"
    infinite = [name for name, value in measures.items() if math.isinf(value)]
    assert not infinite, f"{infinite}: an undefined metric is NaN"
    return measures

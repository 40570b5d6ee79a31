"""One protocol, measured: its metrics, and what stands behind their means.

Shape legend: Q queries, G gallery, K answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from torch import Tensor

from fsim.evaluation.protocol import Protocol
from fsim.functional.retrieval.retrieval_metrics import occurrences
from fsim.functional.retrieval.topk import topk
from fsim.interfaces import FloatArray, IntArray, RetrievalTask
from fsim.store.metric_lines import EvaluationLine

NUM_ANSWERS = 10  # K: so many of each query are looked at
FINEST_FIRST = ("/map", "/map@r", "/r_precision")  # endings of metrics, that which grades answers most finely first


@dataclass(frozen=True)
class FirstAnswers:
    """The exact answers to each query without junk, nearest first; where there are no more: index -1, score -inf.

    right  whether an answer has the query's label; unknown labels make none right
    """

    index: IntArray  # [Q, K] rows of the gallery
    score: npt.NDArray[np.float32]  # [Q, K]
    right: npt.NDArray[np.bool_]  # [Q, K]


@dataclass(frozen=True)
class ProtocolResult:
    """What a network gave for a protocol.

    line       its line of metrics.jsonl
    per_query  {evaluator/metric: [Q]}: what the means are of, NaN for a query that does not count
    """

    protocol: Protocol
    task: RetrievalTask
    line: EvaluationLine
    per_query: dict[str, Tensor]

    @property
    def query_rows(self) -> IntArray:
        """[Q] rows of the catalog"""
        return self.protocol.query_rows

    @property
    def gallery_rows(self) -> IntArray:
        """[G] rows of the catalog"""
        return self.protocol.gallery_rows

    @cached_property
    def query_values(self) -> dict[str, FloatArray]:
        """`per_query` in double precision."""
        return {name: values.double().numpy() for name, values in self.per_query.items()}

    @property
    def ranked_by(self) -> str | None:
        """The metric by which queries are sorted; None where no evaluator measures each query."""
        names = list(self.per_query)
        fine = [name for ending in FINEST_FIRST for name in names if name.endswith(ending)]
        return next(iter(fine or names), None)

    @cached_property
    def answers(self) -> FirstAnswers:
        task = self.task
        k = min(NUM_ANSWERS, max(1, len(task.gallery.names) - task.leave_one_out))
        gallery = None if task.leave_one_out else task.gallery.embedding
        nearest = topk(task.query.embedding, gallery, k, task.distance, junk=task.junk_labels)
        labels = np.append(task.gallery_labels.numpy(), -1)[nearest.index.numpy()]  # [Q, K]
        right = (labels == task.query_labels.numpy()[:, None]) & (labels >= 0)
        return FirstAnswers(nearest.index.numpy(), nearest.score.numpy(), right)

    @cached_property
    def returned(self) -> tuple[IntArray, IntArray]:
        """Of each gallery image [G], among the first answers of how many queries it is, and of how many rightly."""
        answers, num_gallery = self.answers, len(self.gallery_rows)
        right = np.where(answers.right, answers.index, -1)
        return occurrences(answers.index, num_gallery), occurrences(right, num_gallery)

"""What a report is of: a run, and a protocol as one of its networks answers it.

Shape legend: Q queries, G gallery, K answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from fsim.catalog.encoded_catalog import EncodedCatalog
from fsim.evaluation.evaluation import Evaluated
from fsim.functional.retrieval.answer_counts import occurrences
from fsim.functional.retrieval.topk import topk
from fsim.history.run_evaluations import Which
from fsim.images.image_cache import CachedImages
from fsim.interfaces import IntArray
from fsim.pages.page import thumbnail
from fsim.recipe.checked_recipe import CheckedRecipe
from fsim.store.run_folder import RunFolder

ANSWERS = 10  # K: of each query so many are looked at
PIXELS = 128  # the side of a picture
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Answers:
    """The exact answers to each query without junk, nearest first; where there are no more: index -1, score -inf.

    right  whether an answer has the query's label; unknown labels make none right
    """

    index: IntArray  # [Q, K] rows of the gallery
    score: npt.NDArray[np.float32]  # [Q, K]
    right: npt.NDArray[np.bool_]  # [Q, K]


@dataclass(frozen=True)
class Subject:
    """A run, and what one of its networks gave for a protocol; `which`, where it is the last or the best of the run."""

    folder: RunFolder
    checked: CheckedRecipe
    catalog: EncodedCatalog
    images: CachedImages
    evaluated: Evaluated
    which: Which | None = None

    @cached_property
    def answers(self) -> Answers:
        task = self.evaluated.task
        k = min(ANSWERS, max(1, len(task.gallery.names) - task.leave_one_out))
        gallery = None if task.leave_one_out else task.gallery.embedding
        found = topk(task.query.embedding, gallery, k, task.distance, junk=task.junk_labels)
        labels = np.append(task.gallery_labels.numpy(), -1)[found.index.numpy()]  # [Q, K]
        right = (labels == task.query_labels.numpy()[:, None]) & (labels >= 0)
        return Answers(found.index.numpy(), found.score.numpy(), right)

    @cached_property
    def returned(self) -> tuple[IntArray, IntArray]:
        """Of each gallery image [G], among the first answers of how many queries it is, and of how many rightly."""
        answers, number = self.answers, len(self.gallery_rows)
        return occurrences(answers.index, number), occurrences(np.where(answers.right, answers.index, -1), number)

    @cached_property
    def per_query(self) -> dict[str, Numbers]:
        """{evaluator/metric: [Q]}, NaN for a query that does not count."""
        return {name: values.double().numpy() for name, values in self.evaluated.per_query.items()}

    @property
    def ranked_by(self) -> str | None:
        """The metric that tells good answers from bad ones most finely; None where no evaluator measures each query."""
        found = list(self.per_query)
        fine = [name for end in ("/map", "/map@r", "/r_precision") for name in found if name.endswith(end)]
        return next(iter(fine or found), None)

    @property
    def query_rows(self) -> IntArray:
        return self.evaluated.protocol.query_rows

    @property
    def gallery_rows(self) -> IntArray:
        return self.evaluated.protocol.gallery_rows

    @cached_property
    def _pictures(self) -> dict[int, str]:
        return {}

    def picture(self, row: int) -> str:
        """An image of the catalog as a data URI; each is read once."""
        if row not in self._pictures:
            self._pictures[row] = thumbnail(self.catalog.catalog, row, PIXELS)
        return self._pictures[row]

    def label(self, row: int) -> str:
        """An image's category, or its item where that is what makes an answer right."""
        return str(self.catalog.catalog.frame[self.evaluated.task.relevant].iloc[row]) or "unknown"

    def nearness(self, score: float) -> str:
        """A score as a cosine, or as the Euclidean distance that it is minus half the square of."""
        return f"{score:.2f}" if self.evaluated.task.distance == "cosine" else f"{(-2 * min(score, 0)) ** 0.5:.2f}"

"""How relevant a gallery image is to a query, by grades, and what a ranking by them is worth.

    grade  the two images have
    3      the same known item
    2      the same known category, and the same attributes
    1      the same known category
    0      none of these

Two images have the same attributes where |P & P'| / |P | P'|, the Jaccard index of those they have, P and P', is at
least `same_attributes`. Only attributes that are known of both enter; where neither has one of these, they are not the
same: nothing speaks for it.

Shape legend: Q queries, G gallery, K neighbours, A attributes, N pairs of images, B rows of a block.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from fsim.functional.labels.attribute_labels import HAS, UNKNOWN
from fsim.functional.retrieval.relevant_ranks import joint_labels, num_relevant
from fsim.interfaces import Embedded, IntArray, JunkLabel

Bools = npt.NDArray[np.bool_]

NUM_GRADES = 3  # above 0
CELLS_IN_MEMORY = 2**21


class GradedRelevance:
    """Grades of gallery images for queries.

    Args:
        query: its embeddings are not looked at.
        gallery: None means leave-one-out: the queries are the gallery, and none is relevant to itself.
        same_attributes: from what Jaccard index on, in (0, 1], attributes are the same; None: nothing has grade 2, and
            the images need no attributes.
        junk: `item` where images of the query's own item are junk: the gallery has none of grade 3.
    """

    def __init__(
        self,
        query: Embedded,
        gallery: Embedded | None,
        same_attributes: float | None,
        junk: JunkLabel | None = None,
    ) -> None:
        self.query, self.gallery = query, query if gallery is None else gallery
        self.leave_one_out = gallery is None
        self.same_attributes, self.junk = same_attributes, junk

    def of_answers(self, index: Tensor) -> Tensor:
        """[Q, K] gallery indices without junk, -1 for none -> [Q, K] int64, their grades, of none 0."""
        same_item = _equal(self.query.items, self.gallery.items, index)
        same_category = _equal(self.query.categories, self.gallery.categories, index)
        grade = torch.where(same_item, 3, same_category.long())  # [Q, K]
        if self.same_attributes is not None:
            asked = torch.nonzero(grade == 1)  # [N, 2]
            for some in torch.split(asked, max(1, CELLS_IN_MEMORY // max(1, self._query_attributes.shape[1]))):
                row, column = some.T
                same = self._same_of_pairs(row.numpy(), index[row, column].numpy())
                grade[row, column] += torch.from_numpy(same).long()
        return grade

    def counts(self) -> Tensor:
        """[Q, 3] int64: gallery images of grade 1, 2 and 3 that are no junk, for each query."""
        both = (joint_labels(one.categories, one.items) for one in (self.query, self.gallery))
        items, categories, items_of_category = (
            num_relevant(query, None if self.leave_one_out else gallery)
            for query, gallery in (
                (self.query.items, self.gallery.items),
                (self.query.categories, self.gallery.categories),
                both,
            )
        )  # [Q] each
        second = torch.zeros_like(items)
        for rows, same in self._same_of_categories() if self.same_attributes is not None else ():
            second[rows] = same
        third = items if self.junk is None else torch.zeros_like(items)
        return torch.stack([categories - items_of_category - second, second, third], dim=1)

    @property
    def _query_attributes(self) -> npt.NDArray[np.int8]:
        assert self.query.attributes is not None
        return self.query.attributes.values

    @property
    def _gallery_attributes(self) -> npt.NDArray[np.int8]:
        assert self.gallery.attributes is not None
        return self.gallery.attributes.values

    def _same_of_pairs(self, query: IntArray, gallery: IntArray) -> Bools:
        """[N] and [N] -> [N] bool, whether the attributes of the two are the same."""
        one, other = self._query_attributes[query], self._gallery_attributes[gallery]  # [N, A]
        shared = ((one == HAS) & (other == HAS)).sum(1)
        known = (one != UNKNOWN) & (other != UNKNOWN)
        either = (((one == HAS) | (other == HAS)) & known).sum(1)
        return self._same(shared, either)

    def _same_of_categories(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Queries [B], and how many gallery images [B] of their category have their attributes and not their item."""
        for category in np.unique(self.query.categories.numpy()).tolist():
            columns = torch.nonzero(self.gallery.categories == category)[:, 0]  # [G']
            if category < 0 or not len(columns):
                continue
            other = torch.from_numpy(self._gallery_attributes[columns.numpy()])
            has, known = (other == HAS).float(), (other != UNKNOWN).float()  # [G', A]
            queries = torch.nonzero(self.query.categories == category)[:, 0]
            for rows in torch.split(queries, max(1, CELLS_IN_MEMORY // max(has.shape))):
                one = torch.from_numpy(self._query_attributes[rows.numpy()])
                one_has, one_known = (one == HAS).float(), (one != UNKNOWN).float()  # [B, A]
                shared = one_has @ has.T  # [B, G']
                either = one_has @ known.T + one_known @ has.T - shared
                same = torch.from_numpy(self._same(shared.numpy(), either.numpy()))
                item = self.query.items[rows, None]
                same &= (item != self.gallery.items[columns]) | (item < 0)
                if self.leave_one_out:
                    same &= rows[:, None] != columns
                yield rows, same.sum(1)

    def _same(self, shared: npt.NDArray[Any], either: npt.NDArray[Any]) -> Bools:
        assert self.same_attributes is not None
        # In float64, where 3 / 5 is the number that a recipe writes as 0.6.
        same: Bools = (either > 0) & (shared.astype(np.float64) / np.maximum(either, 1) >= self.same_attributes)
        return same


def ndcg(grades: Tensor, counts: Tensor, depth: int) -> Tensor:
    """nDCG@depth: grades of the answers [Q, K], K >= depth or all, and counts [Q, 3] -> [Q] float64.

    DCG = sum over i <= depth of (2^grade(i) - 1) / log2(1 + i), over that of the best ranking of the gallery; NaN where
    that is 0. Jarvelin and Kekalainen, "Cumulated gain-based evaluation of IR techniques", ACM TOIS 20(4), 2002, with
    the gain and the discount of Burges et al., "Learning to rank using gradient descent", ICML 2005, section 6.
    """
    discount = 1 / torch.arange(2, depth + 2, dtype=torch.float64).log2()  # [depth]
    found = grades[:, :depth]
    gained = (2.0 ** found.double() - 1) @ discount[: found.shape[1]]
    cumulated = F.pad(discount.cumsum(0), (1, 0))  # [depth + 1] of the first 0, 1, ... places
    best_first = counts.flip(1).cumsum(1).clamp_max(depth)  # [Q, 3] images of grade 3; of 3 and 2; of all three
    gains = 2.0 ** torch.arange(NUM_GRADES, 0, -1, dtype=torch.float64) - 1  # 7, 3, 1
    ideal = F.pad(cumulated[best_first], (1, 0)).diff(dim=1) @ gains
    return gained / ideal


def _equal(query: Tensor, gallery: Tensor, index: Tensor) -> Tensor:
    """[Q], [G], [Q, K] -> [Q, K] bool: the same known label."""
    return (F.pad(gallery, (0, 1), value=-1)[index] == query[:, None]) & (query >= 0)[:, None]

"""At which ranks a query's relevant gallery images stand: all that a retrieval metric needs to know.

An image is relevant to a query where both have the same known label; label -1 is unknown, and relevant to nothing. What
is junk to a query is not relevant to it, and has no rank.

Shape legend: Q queries, G gallery, K neighbours, B rows of a block, M relevant images of the query that has most.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from fsim.functional.retrieval.similarity import whole_rows
from fsim.functional.retrieval.topk import Scores, index_of, sort_key
from fsim.interfaces import Distance, IntArray, JunkLabels, RetrievalTask

NOWHERE = torch.iinfo(torch.int64).max  # the rank of an image that is not among the answers
MOST_CELLS = 2**16


def joint_labels(labels: Tensor, others: Tensor) -> Tensor:
    """[N], [N] -> [N] int64, one label for both; -1 where one of them is unknown."""
    return torch.where((labels >= 0) & (others >= 0), labels << 32 | others, -1)


def num_relevant(query_labels: Tensor, gallery_labels: Tensor | None, junk: JunkLabels | None = None) -> Tensor:
    """[Q], [G] -> [Q] int64, gallery images relevant to each query; None means leave-one-out, as in `topk`."""
    if junk is not None:
        both = joint_labels(query_labels, junk.query)
        of_gallery = None if gallery_labels is None else joint_labels(gallery_labels, junk.gallery)
        return num_relevant(query_labels, gallery_labels) - num_relevant(both, of_gallery)
    labels, counts = torch.unique(query_labels if gallery_labels is None else gallery_labels, return_counts=True)
    place = torch.searchsorted(labels, query_labels.contiguous()).clamp_max(len(labels) - 1)
    found = (
        torch.where(labels[place] == query_labels, counts[place], 0) if len(labels) else torch.zeros_like(query_labels)
    )
    return torch.where(query_labels >= 0, found - int(gallery_labels is None), 0)


def relevant_of(task: RetrievalTask) -> Tensor:
    """[Q] R, gallery images relevant to each query of a task."""
    gallery_labels = None if task.leave_one_out else task.gallery_labels
    return num_relevant(task.query_labels, gallery_labels, task.junk_labels)


def ranks_in_answers(index: Tensor, query_labels: Tensor, gallery_labels: Tensor) -> Tensor:
    """Ranks of the relevant among the answers: [Q, K] gallery indices or -1, [Q], [G] -> [Q, M].

    Ranks count from 1 and ascend; rows are filled up with `NOWHERE`.
    """
    answers = F.pad(gallery_labels, (0, 1), value=-1)[index]  # [Q, K], an index of -1 has label -1
    relevant = (answers == query_labels[:, None]) & (answers >= 0)
    ranks = torch.arange(1, index.shape[1] + 1).where(relevant, NOWHERE)  # [Q, K]
    ranks.numpy().sort(axis=1)
    return ranks[:, : int(relevant.sum(1).max()) if len(relevant) else 0]


def ranks_in_gallery(
    query: Tensor,
    gallery: Tensor | None,
    query_labels: Tensor,
    gallery_labels: Tensor,
    distance: Distance,
    junk: JunkLabels | None = None,
) -> Iterator[tuple[slice, Tensor]]:
    """Ranks of the relevant among the whole gallery: rows of queries and their ranks [B, M], block by block.

    Equal scores rank by gallery index. `gallery` None means leave-one-out, as in `topk`. All of torch's threads work.
    """
    yield from ranks_in_scores(whole_rows(query, gallery, distance, junk), query_labels, gallery_labels)


def ranks_in_scores(
    blocks: Iterable[tuple[slice, Tensor]], query_labels: Tensor, gallery_labels: Tensor
) -> Iterator[tuple[slice, Tensor]]:
    """The same from any scores: rows of queries and their float32 scores [B, G], the greater, the nearer, none NaN;
    -inf where a gallery image is no answer of the query."""
    labels = gallery_labels.numpy()
    with ThreadPoolExecutor(torch.get_num_threads()) as threads:
        for rows, scores in blocks:
            asked = query_labels[rows].numpy()
            found = list(threads.map(lambda score, label: _ranks(score, labels, label), scores.numpy(), asked))
            ranks = torch.full((len(found), max(map(len, found))), NOWHERE)
            for filled, one in zip(ranks.numpy(), found, strict=True):
                filled[: len(one)] = one
            yield rows, ranks


def _ranks(score: Scores, labels: IntArray, label: np.int64) -> IntArray:
    """One query's scores [G], the labels [G] and its own -> the ranks of the relevant [M], ascending.

    Sorting all scores would take ten times as long. They are counted into cells of equal width, and only cells that
    hold a relevant image are sorted: a rank is a place among the sorted, and all unsorted that are in higher cells.
    """
    relevant = np.flatnonzero(labels == label)
    relevant = relevant[score[relevant] > -np.inf]
    if label < 0 or not len(relevant):
        return np.empty(0, np.int64)
    num_cells = min(MOST_CELLS, 64 + len(score) // 16 + 16 * len(relevant))
    low, high = score[relevant].min(), score.max()
    width = max(high - low, np.float32(1e-30)) / np.float32(num_cells - 2)
    with np.errstate(over="ignore"):  # what lies far below may be infinitely far
        cell = np.maximum((score - low) / width + np.float32(1), np.float32(0)).astype(
            np.int64
        )  # 0: below all relevant
    mixed = np.zeros(num_cells, bool)
    mixed[cell[relevant]] = True
    counts = np.bincount(cell, minlength=num_cells)
    counts[mixed] = 0
    above = counts[::-1].cumsum()[::-1]  # unsorted ones in this cell, which has none, and those higher
    sort = np.flatnonzero(mixed[cell])
    keys = sort_key(score[sort], sort * 2 + (labels[sort] == label))  # the lowest bit travels along
    keys.sort()
    place = np.flatnonzero(keys & 1)
    ranks: IntArray = place + above[cell[index_of(keys[place]) >> 1]] + 1
    return ranks

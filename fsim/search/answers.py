"""What a search says: of each query its answers, one an item or varied where that is asked for.

Shape legend: Q queries, K answers, C candidates.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fsim.interfaces import IntArray, Vectors
from fsim.search.search_index import SearchIndex

MOST = 2_000  # candidates, unless more answers are asked for: they are compared with each other
CANDIDATES = 5  # for each answer, where some are left out or taken for variety
SAME = 1e-3  # two pictures whose embeddings are so near show the same: 1 - cosine, or the distance by their length


@dataclass(frozen=True)
class Wish:
    """What is asked of a search.

    k          answers
    wanted     which images may be answers, see `Filters.flags`
    fold       one answer an item, and one of pictures that are nearly the same
    diversity  0 to 1: how much unlikeness to the answers before it counts for one against likeness to the query
    """

    k: int = 10
    wanted: Mapping[str, Sequence[str]] | None = None
    fold: bool = False
    diversity: float = 0.0


def search(index: SearchIndex, queries: Vectors, wish: Wish) -> list[list[dict[str, Any]]]:
    """The answers to each query [Q, D], best first: `id`, `image`, `score` (the cosine, or minus the Euclidean
    distance), `category`, `item`, `split`, `attributes`, and with `fold` the ids of `duplicates` that it stands for.
    Where the nearest `MOST` are of fewer than k items, there are fewer than k answers.

    Raises:
        FsimError: no image has what is wanted.
    """
    plain = not wish.fold and not wish.diversity
    all_of_them = min(len(index.images), max(MOST, CANDIDATES * wish.k))
    most = wish.k if plain else min(all_of_them, CANDIDATES * wish.k)
    while True:
        found = index.search(queries, most, wish.wanted)
        rows = [ids[ids >= 0] for ids in found.ids]
        chosen = [_chosen(index, ids, scores[: len(ids)], wish) for ids, scores in zip(rows, found.scores, strict=True)]
        short = any(len(one) < wish.k and len(ids) == most for one, ids in zip(chosen, rows, strict=True))
        if plain or not short or most >= all_of_them:
            break
        most = min(all_of_them, 4 * most)
    return [[_answer(index, *one) for one in of_query] for of_query in chosen]


def _chosen(index: SearchIndex, rows: IntArray, scores: Vectors, wish: Wish) -> list[tuple[int, float, list[int]]]:
    """Of the candidates [C], best first, the rows that are answers, their scores, and the rows that each stands for."""
    folded = _folded(index, rows) if wish.fold else [[int(row)] for row in rows]
    score = {int(row): float(one) for row, one in zip(rows, scores, strict=True)}
    first = [of[0] for of in folded]
    if wish.diversity:
        likeness = np.asarray([score[row] for row in first], dtype=np.float64)
        order = varied(likeness, _scores_between(index, first), wish.diversity, wish.k)
    else:
        order = list(range(len(first)))[: wish.k]
    return [(first[place], score[first[place]], folded[place][1:]) for place in order]


def _folded(index: SearchIndex, rows: IntArray) -> list[list[int]]:
    """Candidates, best first; those of one item, or of nearly the same picture, stand behind the best of them."""
    items = index.images.columns["item"]
    embedding = np.asarray(index.embedding[rows], dtype=np.float64)  # [C, D]
    length = np.linalg.norm(embedding, axis=1, keepdims=True)
    if index.passport.made.distance == "cosine":
        near = 1 - (embedding / np.maximum(length, 1e-12)) @ (embedding / np.maximum(length, 1e-12)).T < SAME
    else:
        squared = np.square(length) + np.square(length).T - 2 * embedding @ embedding.T
        near = np.sqrt(np.maximum(squared, 0)) < SAME * np.maximum(length, 1e-12)
    groups: list[list[int]] = []
    heads: list[int] = []
    for place, row in enumerate(rows):
        item = items[row]
        same = (g for g, head in enumerate(heads) if near[head, place] or (item and item == items[rows[head]]))
        group = next(same, None)
        if group is None:
            heads.append(place)
            groups.append([int(row)])
        else:
            groups[group].append(int(row))
    return groups


def varied(likeness: npt.NDArray[np.float64], between: npt.NDArray[np.float64], diversity: float, k: int) -> list[int]:
    """Places of up to k candidates [C], chosen by maximal marginal relevance: the next is that of the greatest
    (1 - d) likeness to the query - d greatest likeness to one chosen before. Carbonell and Goldstein, "The use of MMR,
    diversity-based reranking for reordering documents and producing summaries", SIGIR 1998 (there lambda = 1 - d).

    Args:
        between: [C, C] likeness of the candidates to each other, on the scale of `likeness`.
    """
    chosen: list[int] = []
    nearest = np.full(len(likeness), -math.inf)
    while len(chosen) < min(k, len(likeness)):
        gain = (1 - diversity) * likeness - (diversity * nearest if chosen else 0)
        gain[chosen] = -math.inf
        chosen.append(int(np.argmax(gain)))
        nearest = np.maximum(nearest, between[chosen[-1]])
    return chosen


def _scores_between(index: SearchIndex, rows: Sequence[int]) -> npt.NDArray[np.float64]:
    """Scores of candidates with each other, as an index gives them."""
    embedding = np.asarray(index.embedding[np.asarray(rows, dtype=np.int64)], dtype=np.float64)
    if index.passport.made.distance == "cosine":
        embedding /= np.maximum(np.linalg.norm(embedding, axis=1, keepdims=True), 1e-12)
        cosines: npt.NDArray[np.float64] = embedding @ embedding.T
        return cosines
    squared = np.square(embedding).sum(1)
    scores: npt.NDArray[np.float64] = embedding @ embedding.T - (squared[:, None] + squared) / 2
    return scores


def _answer(index: SearchIndex, row: int, score: float, duplicates: Sequence[int]) -> dict[str, Any]:
    columns = index.images.columns
    known = {name: columns[name][row] for name in ("id", "image", "category", "item", "split")}
    answer = {
        "id": known["id"],
        "image": known["image"],
        "score": score if index.passport.made.distance == "cosine" else -math.sqrt(max(-2 * score, 0.0)),
        "category": known["category"],
        "item": known["item"],
        "split": known["split"],
        "attributes": index.images.attributes(row),
    }
    return {**answer, "duplicates": [columns["id"][one] for one in duplicates]} if duplicates else answer

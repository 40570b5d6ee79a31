"""The answers of an index to embedded queries: with one answer an item, or varied, where that is wanted.

Shape legend: Q queries, C candidates, D embedding.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fsim.interfaces import FloatArray, IntArray, Vectors
from fsim.search.search_index import SearchIndex

MAX_CANDIDATES = 2_000  # unless more answers are wanted: candidates are compared with each other
CANDIDATES_PER_ANSWER = 5  # where some are folded, or chosen for variety
NEARLY_SAME = 1e-3  # of two pictures that show the same: 1 - cosine, or the distance by their length

Answer = dict[str, Any]  # id, image, score, category, item, split, attributes; duplicates where some were folded


@dataclass(frozen=True)
class SearchOptions:
    """How many answers a search gives, and which.

    k          answers to a query
    filters    which images may be answers, see `IndexedImages.matching`
    fold       whether an item, and pictures that are nearly the same, are one answer
    diversity  0 to 1: how much unlikeness to the answers before it counts for an image against likeness to the query
    """

    k: int = 10
    filters: Mapping[str, Sequence[str]] | None = None
    fold: bool = False
    diversity: float = 0.0


def search(index: SearchIndex, queries: Vectors, options: SearchOptions) -> list[list[Answer]]:
    """Return the answers to each query [Q, D], best first: `id`, `image`, `score` (the cosine, or minus the Euclidean
    distance), `category`, `item`, `split`, `attributes`, and with `fold` the ids of `duplicates` that it stands for.
    Where the nearest `MAX_CANDIDATES` are of fewer than k items, there are fewer than k answers.

    Raises:
        FsimError: no image matches the filters.
    """
    plain = not options.fold and not options.diversity
    limit = min(len(index.images), max(MAX_CANDIDATES, CANDIDATES_PER_ANSWER * options.k))
    num_candidates = options.k if plain else min(limit, CANDIDATES_PER_ANSWER * options.k)
    while True:
        found = index.search(queries, num_candidates, options.filters)
        candidates = [ids[ids >= 0] for ids in found.ids]
        chosen = [
            _choose(index, rows, scores[: len(rows)], options)
            for rows, scores in zip(candidates, found.scores, strict=True)
        ]
        more_may_help = any(
            len(answers) < options.k and len(rows) == num_candidates
            for answers, rows in zip(chosen, candidates, strict=True)
        )
        if plain or not more_may_help or num_candidates >= limit:
            break
        num_candidates = min(limit, 4 * num_candidates)
    return [[_answer(index, *one) for one in answers] for answers in chosen]


def _choose(
    index: SearchIndex, rows: IntArray, scores: Vectors, options: SearchOptions
) -> list[tuple[int, float, list[int]]]:
    """Of the candidates [C], best first, return the rows that are answers, their scores, and the rows that each stands
    for."""
    groups = _fold(index, rows) if options.fold else [[int(row)] for row in rows]
    score_of = {int(row): float(score) for row, score in zip(rows, scores, strict=True)}
    first = [group[0] for group in groups]
    if options.diversity:
        likeness = np.asarray([score_of[row] for row in first], dtype=np.float64)
        order = diverse_order(likeness, _scores_between(index, first), options.diversity, options.k)
    else:
        order = list(range(len(first)))[: options.k]
    return [(first[place], score_of[first[place]], groups[place][1:]) for place in order]


def _fold(index: SearchIndex, rows: IntArray) -> list[list[int]]:
    """Group candidates, best first: those of one item, or of nearly the same picture, follow the best of them."""
    items = index.images.columns["item"]
    embedding = np.asarray(index.embedding[rows], dtype=np.float64)  # [C, D]
    if index.passport.embedded_by.distance == "cosine":
        directions = _directions(embedding)
        near = 1 - directions @ directions.T < NEARLY_SAME
    else:
        length = np.linalg.norm(embedding, axis=1, keepdims=True)
        squared = np.square(length) + np.square(length).T - 2 * embedding @ embedding.T
        near = np.sqrt(np.maximum(squared, 0)) < NEARLY_SAME * np.maximum(length, 1e-12)
    groups: list[list[int]] = []
    heads: list[int] = []  # the place of each group's best candidate
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


def diverse_order(
    likeness: npt.NDArray[np.float64], between: npt.NDArray[np.float64], diversity: float, k: int
) -> list[int]:
    """Choose up to k of the candidates [C] by maximal marginal relevance: the next is that of the greatest
    (1 - d) likeness to the query - d greatest likeness to one chosen before. Carbonell and Goldstein, "The use of MMR,
    diversity-based reranking for reordering documents and producing summaries", SIGIR 1998 (there lambda = 1 - d).

    Args:
        between: [C, C] likeness of the candidates to each other, on the scale of `likeness`.

    Returns:
        Places of candidates.
    """
    chosen: list[int] = []
    nearest = np.full(len(likeness), -math.inf)
    while len(chosen) < min(k, len(likeness)):
        gain = (1 - diversity) * likeness - (diversity * nearest if chosen else 0)
        gain[chosen] = -math.inf
        chosen.append(int(np.argmax(gain)))
        nearest = np.maximum(nearest, between[chosen[-1]])
    return chosen


def _scores_between(index: SearchIndex, rows: Sequence[int]) -> FloatArray:
    """Return the scores [C, C] of candidates with each other, as an index gives them."""
    embedding = np.asarray(index.embedding[np.asarray(rows, dtype=np.int64)], dtype=np.float64)
    if index.passport.embedded_by.distance == "cosine":
        directions = _directions(embedding)
        cosines: FloatArray = directions @ directions.T
        return cosines
    squared = np.square(embedding).sum(1)
    scores: FloatArray = embedding @ embedding.T - (squared[:, None] + squared) / 2
    return scores


def _directions(embedding: FloatArray) -> FloatArray:
    """[C, D] -> [C, D] of length one, in float64: two candidates may differ by less than float32 can hold."""
    directions: FloatArray = embedding / np.maximum(np.linalg.norm(embedding, axis=1, keepdims=True), 1e-12)
    return directions


def _answer(index: SearchIndex, row: int, score: float, duplicates: Sequence[int]) -> Answer:
    columns = index.images.columns
    cosine = index.passport.embedded_by.distance == "cosine"
    answer = {
        "id": columns["id"][row],
        "image": columns["image"][row],
        "score": score if cosine else -math.sqrt(max(-2 * score, 0.0)),
        "category": columns["category"][row],
        "item": columns["item"][row],
        "split": columns["split"][row],
        "attributes": index.images.attributes(row),
    }
    return {**answer, "duplicates": [columns["id"][one] for one in duplicates]} if duplicates else answer

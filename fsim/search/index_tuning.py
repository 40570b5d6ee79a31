"""Which parameters of an index reach a wanted recall at the least time for a query.

Every build is searched with one parameter from hasty to thorough until the recall is reached, so that an index is
built once for a whole curve; then the gap below is halved a few times. A build that has become much slower than another
that reached the recall is left alone. Queries are embeddings of the index itself,
each left out of its own answers by its number.

Shape legend: N embeddings, Q queries, D embedding, K neighbours.
"""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from fsim.errors import FsimError
from fsim.functional.retrieval.index_recall import share_found
from fsim.functional.retrieval.index_vectors import without_self
from fsim.functional.retrieval.topk import Neighbours, topk
from fsim.interfaces import Distance, Index, IntArray, Trial, Vectors
from fsim.kit.saved_index import index_bytes
from fsim.plugin.interface_check import class_member
from fsim.plugin.registry import load, offers
from fsim.search.made_index import make_index

ROUNDS, SECONDS = 3, 0.2  # a search is timed so often at least, or so long; the fastest counts
FINEST = 1e-6  # seconds that a search takes at least, whatever the clock says
HALVINGS = 3  # of the gap between the last value that misses the recall and the first that reaches it
TOO_SLOW = 0.5  # of the best queries/s that an index reached the recall with: its other builds need not be slower
AS_FAST = 0.95  # of the best queries/s: no difference, and the smaller index is chosen


@dataclass(frozen=True)
class Measured:
    """An index of some parameters, as it was measured.

    recall              share of the k nearest that it found, 0 to 1
    queries_per_second  all queries in one call, one core: by its processor time, which other work on the machine
                        disturbs less than the time that passes
    build_seconds       that pass, on all threads that were given
    megabytes           10^6 bytes on the disk
    """

    index: str
    parameters: Mapping[str, Any]
    recall: float
    queries_per_second: float
    build_seconds: float
    megabytes: float

    @property
    def line(self) -> str:
        """As a recipe's `evaluation.evaluators` takes it."""
        index = ", ".join(f"{name}: {value}" for name, value in {"name": self.index, **self.parameters}.items())
        return f"- {{name: index, index: {{{index}}}}}"


class Questions:
    """Queries drawn from embeddings, and their exact answers.

    Args:
        embeddings: [N, D], finite.
        distance: `cosine` or `euclidean`.
        k: neighbours that are asked for, 1 to N - 1.
        number: how many queries, at most; N at most are drawn.
        seed: of the draw.

    Raises:
        FsimError: k is out of range.
    """

    def __init__(self, embeddings: Vectors, distance: Distance, k: int, number: int, seed: int) -> None:
        if not 1 <= k < len(embeddings):
            raise FsimError(
                f"{len(embeddings):,} embeddings have no {k:,} neighbours each; set k to 1 to {len(embeddings) - 1:,}"
            )
        self.embeddings, self.distance, self.k = embeddings, distance, k
        drawn = np.random.default_rng(seed).permutation(len(embeddings))[:number]
        self.rows: IntArray = np.sort(drawn)  # [Q]
        self.queries = embeddings[self.rows]  # [Q, D]
        found = topk(torch.from_numpy(self.queries), torch.from_numpy(embeddings), k + 1, distance)
        self.exact = _without_self(found, self.rows)

    def recall(self, answers: IntArray) -> float:
        """Of answers [Q, K + 1], the queries themselves still among them."""
        others = torch.from_numpy(without_self(answers, self.rows))
        gallery = torch.from_numpy(self.embeddings)
        return share_found(torch.from_numpy(self.queries), gallery, self.distance, self.exact, others)


def curve(
    name: str, trial: Trial, questions: Questions, enough: float, threads: int, seed: int, slowest: float = 0
) -> list[Measured]:
    """One build, measured at the trial's values in turn until one reaches the recall `enough`, and at some before it.

    Args:
        name: the index.
        trial: what to build and what to try.
        questions: the embeddings, and what is asked of them.
        enough: a recall, 0 to 1.
        threads: to build with.
        seed: given to the index.
        slowest: queries/s below which nothing more is tried; nearer to the recall it would only be slower.

    Raises:
        FsimError: the index can't be loaded, or refuses its parameters.
    """
    index = make_index(name, trial.build, threads, seed)
    start = time.perf_counter()
    index.build(questions.embeddings, questions.distance)
    seconds = time.perf_counter() - start
    with tempfile.TemporaryDirectory() as folder:
        index.save(Path(folder))
        megabytes = index_bytes(Path(folder)) / 1e6
    found: list[Measured] = []

    def measure(value: int | None) -> Measured:
        if value is not None:
            setattr(index, trial.parameter, value)
        parameters = {**trial.build, **({} if value is None else {trial.parameter: value})}
        recall, speed = _ask(index, questions)
        found.append(Measured(name, parameters, recall, speed, seconds, megabytes))
        return found[-1]

    if not trial.values:
        measure(None)
        return found
    low = high = 0  # the greatest value that misses, the least that reaches
    for value in trial.values:
        latest = measure(value)
        if latest.recall >= enough:
            high = value
            break
        low = value
        if latest.queries_per_second < slowest:
            break
    for _ in range(HALVINGS if low and high else 0):
        middle = round(math.sqrt(low * high))
        if not low < middle < high or high < 1.1 * low:
            break
        if measure(middle).recall >= enough:
            high = middle
        else:
            low = middle
    return sorted(found, key=lambda one: one.parameters[trial.parameter])


def curves(
    name: str, questions: Questions, recall: float, threads: int, seed: int, tried: Callable[[int, int], None]
) -> list[Measured]:
    """All that an index wants tried. `tried` is told how many builds are done, and of how many.

    Raises:
        FsimError: as of `curve`.
    """
    of_index = class_member("index", load("index", name), "trials")
    trials: list[Trial] = list(of_index(len(questions.embeddings), questions.k))
    found: list[Measured] = []
    for done, trial in enumerate(trials):
        tried(done, len(trials))
        best = choose(found, recall)
        slowest = 0 if best is None else TOO_SLOW * best.queries_per_second
        found += curve(name, trial, questions, recall, threads, seed, slowest)
    tried(len(trials), len(trials))
    return found


def choose(measured: Sequence[Measured], recall: float) -> Measured | None:
    """Of those that reach the recall the fastest; of those as fast, the smallest. None where none reaches it."""
    reached = [one for one in measured if one.recall >= recall]
    if not reached:
        return None
    fastest = max(one.queries_per_second for one in reached)
    as_fast = [one for one in reached if one.queries_per_second >= AS_FAST * fastest]
    return min(as_fast, key=lambda one: (one.megabytes, -one.queries_per_second))


def usable_indexes() -> tuple[list[str], dict[str, str]]:
    """The indexes at hand, and those whose package is missing or broken, with the cause."""
    usable, missing = [], {}
    for name in dict.fromkeys(offer.name for offer in offers("index")):
        try:
            make_index(name, {})
        except FsimError as error:
            missing[name] = str(error)
        else:
            usable.append(name)
    return usable, missing


def _ask(index: Index, questions: Questions) -> tuple[float, float]:
    """Recall, and queries a second on one core."""
    fastest, spent, rounds = math.inf, 0.0, 0
    with _one_thread():
        while rounds < ROUNDS and (spent < SECONDS or rounds == 0):
            start = time.process_time()
            answers = index.search(questions.queries, questions.k + 1)
            seconds = time.process_time() - start
            fastest, spent, rounds = min(fastest, seconds), spent + seconds, rounds + 1
    return questions.recall(answers.ids), len(questions.queries) / max(fastest, FINEST)


def _without_self(found: Neighbours, rows: IntArray) -> Neighbours:
    """The exact answers [Q, K + 1] to one more than wanted, without the query's own row -> [Q, K]."""
    index = found.index.numpy()
    others = without_self(index, rows)
    place = (index[:, None, :] == others[:, :, None]).argmax(2)  # [Q, K] where each of them stood
    return Neighbours(torch.from_numpy(others), found.score.gather(1, torch.from_numpy(place)))


@contextmanager
def _one_thread() -> Iterator[None]:
    """torch, by which the exact index searches, on one core."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)

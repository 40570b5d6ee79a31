"""Which parameters of an index reach a wanted recall at the least time for a query: indexes built and measured.

Each build is searched with one parameter from hasty to thorough until the recall is reached, so that an index is
built once for a whole curve; then the gap below is halved a few times. A build that has become much slower than another
that reached the recall is tried no further.
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

import torch

from fsim.errors import FsimError
from fsim.interfaces import Index, Trial
from fsim.kit.saved_index import index_bytes
from fsim.plugin.interface_check import class_member
from fsim.plugin.registry import load, offers
from fsim.search.sample_queries import SampleQueries
from fsim.search.search_index import make_index

ROUNDS, SECONDS = 3, 0.2  # a search is timed so often at least, or so long; the fastest counts
FINEST = 1e-6  # seconds that a search takes at least, whatever the clock says
HALVINGS = 3  # of the gap between the last value that misses the recall and the first that reaches it
TOO_SLOW = 0.5  # of the best queries/s that an index reached the recall with: its other builds need not be slower
AS_FAST = 0.95  # of the best queries/s: no difference, and the smaller index is chosen


@dataclass(frozen=True)
class Measurement:
    """What was measured of an index with certain parameters.

    recall              share of the k nearest that it found, 0 to 1
    queries_per_second  all queries in one call, one core: by its processor time, which other work on the machine
                        disturbs less than the time that passes
    build_seconds       that pass while it is built, on all threads that were given
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
        """The index as a line of a recipe's `evaluation.evaluators`."""
        index = ", ".join(f"{name}: {value}" for name, value in {"name": self.index, **self.parameters}.items())
        return f"- {{name: index, index: {{{index}}}}}"


def measure_trial(
    name: str, trial: Trial, queries: SampleQueries, recall: float, threads: int, seed: int, slowest: float = 0
) -> list[Measurement]:
    """Build an index once, and measure it at the trial's values in turn until one reaches a recall, and at some before.

    Args:
        name: the index.
        trial: what to build and what to try.
        queries: with their exact answers.
        recall: that is wanted, 0 to 1.
        threads: to build with.
        seed: given to the index.
        slowest: queries/s below which nothing more is tried; nearer to the recall it would only be slower.

    Raises:
        FsimError: the index can't be loaded, or refuses its parameters.
    """
    index = make_index(name, trial.build, threads, seed)
    start = time.perf_counter()
    index.build(queries.embeddings, queries.distance)
    seconds = time.perf_counter() - start
    with tempfile.TemporaryDirectory() as folder:
        index.save(Path(folder))
        megabytes = index_bytes(Path(folder)) / 1e6
    measurements: list[Measurement] = []

    def measure(value: int | None) -> Measurement:
        if value is not None:
            setattr(index, trial.parameter, value)
        parameters = {**trial.build, **({} if value is None else {trial.parameter: value})}
        measurements.append(Measurement(name, parameters, *_search(index, queries), seconds, megabytes))
        return measurements[-1]

    if not trial.values:
        measure(None)
        return measurements
    low = high = 0  # the greatest value that misses, the least that reaches
    for value in trial.values:
        latest = measure(value)
        if latest.recall >= recall:
            high = value
            break
        low = value
        if latest.queries_per_second < slowest:
            break
    for _ in range(HALVINGS if low and high else 0):
        middle = round(math.sqrt(low * high))
        if not low < middle < high or high < 1.1 * low:
            break
        if measure(middle).recall >= recall:
            high = middle
        else:
            low = middle
    return sorted(measurements, key=lambda one: one.parameters[trial.parameter])


def measure_index(
    name: str, queries: SampleQueries, recall: float, threads: int, seed: int, progress: Callable[[int, int], None]
) -> list[Measurement]:
    """Measure an index by all trials that its component proposes. `progress` is called with the number of builds that
    are done, and of all.

    Raises:
        FsimError: as of `measure_trial`.
    """
    trials_of = class_member("index", load("index", name), "trials")
    trials: list[Trial] = list(trials_of(len(queries.embeddings), queries.k))
    measured: list[Measurement] = []
    for done, trial in enumerate(trials):
        progress(done, len(trials))
        best = choose_fastest(measured, recall)
        slowest = 0 if best is None else TOO_SLOW * best.queries_per_second
        measured += measure_trial(name, trial, queries, recall, threads, seed, slowest)
    progress(len(trials), len(trials))
    return measured


def choose_fastest(measured: Sequence[Measurement], recall: float) -> Measurement | None:
    """Return the fastest that reaches the recall, or of about equally fast ones the smallest; None where none does."""
    reached = [one for one in measured if one.recall >= recall]
    if not reached:
        return None
    fastest = max(one.queries_per_second for one in reached)
    as_fast = [one for one in reached if one.queries_per_second >= AS_FAST * fastest]
    return min(as_fast, key=lambda one: (one.megabytes, -one.queries_per_second))


def usable_indexes() -> tuple[list[str], dict[str, str]]:
    """Return the names of indexes that can be used, and those whose package is missing or broken, with the cause."""
    usable, missing = [], {}
    for name in dict.fromkeys(offer.name for offer in offers("index")):
        try:
            make_index(name, {})
        except FsimError as error:
            missing[name] = str(error)
        else:
            usable.append(name)
    return usable, missing


def _search(index: Index, queries: SampleQueries) -> tuple[float, float]:
    """Return the recall, and the queries a second on one core."""
    fastest, spent, rounds = math.inf, 0.0, 0
    with _one_thread():
        while rounds < ROUNDS and (spent < SECONDS or rounds == 0):
            start = time.process_time()
            answers = index.search(queries.queries, queries.k + 1)
            seconds = time.process_time() - start
            fastest, spent, rounds = min(fastest, seconds), spent + seconds, rounds + 1
    return queries.recall(answers.ids), len(queries.queries) / max(fastest, FINEST)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Keep torch, by which the exact index searches, to one core."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)

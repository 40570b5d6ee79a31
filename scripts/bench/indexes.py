"""Recall against queries a second of all installed indexes, build time and size.

    python scripts/bench/indexes.py [--vectors 100000] [--recall 0.998] [--picture indexes.svg]

100,000 clustered vectors of 128 dimensions, cosine, recall@10 of 1,000 of them as queries, each left out of its own
answers. Every build is searched with ever more candidates until it finds .9995 of the neighbours or falls below 300
queries/s. Searches run on one thread, all queries in one call, and queries/s are those of its processor time; builds
run on all cores (with several a graph is another each time), and their seconds are those that pass.

The clusters are so tight that annoy with 10 trees and its own search_k finds a bit more than half of the neighbours.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

import numpy as np

from fsim.interfaces import Trial
from fsim.plugin.interface_check import class_member
from fsim.plugin.registry import load
from fsim.search.index_tuning import Measurement, choose_fastest, measure_trial, usable_indexes
from fsim.search.index_tuning_page import recall_chart, unbeaten
from fsim.search.sample_queries import SampleQueries

DIM, CLUSTERS, APART = 128, 1_000, 1.4
K, QUERIES, ENOUGH, SLOWEST = 10, 1_000, 0.9995, 300


def made_up(number: int) -> np.ndarray:
    """Normal noise around centres that are drawn from a wider normal distribution."""
    rng = np.random.default_rng(0)
    centres = APART * rng.standard_normal((CLUSTERS, DIM), dtype=np.float32)
    return centres[rng.integers(0, CLUSTERS, number)] + rng.standard_normal((number, DIM), dtype=np.float32)


def show(measured: list[Measurement]) -> None:
    print(f"{'':<14}{'parameters':<48}{'recall@10':>10}{'queries/s':>11}{'build s':>9}{'MB':>8}")
    for one in measured:
        parameters = ", ".join(f"{name} {value}" for name, value in one.parameters.items() if name != "type")
        print(
            f"{label(one):<14}{parameters:<48}{one.recall:>10.4f}{one.queries_per_second:>11,.0f}"
            f"{one.build_seconds:>9.1f}{one.megabytes:>8.1f}"
        )


def label(one: Measurement) -> str:
    return " ".join(filter(None, [one.index, one.parameters.get("type")]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vectors", type=int, default=100_000)
    parser.add_argument("--recall", type=float, default=0.998, help="the recall of the last table (default: 0.998)")
    parser.add_argument("--picture", type=Path, metavar="FILE.svg", help="draw the curves")
    parser.add_argument("--index", nargs="*", help="only these (default: all that are installed)")
    parser.add_argument("--builds", type=int, help="only so many, the likeliest, of each index and type (default: all)")
    options = parser.parse_args()
    usable, missing = usable_indexes()
    for cause in missing.values():
        print(f"left out: {cause}")
    start = time.perf_counter()
    queries = SampleQueries(made_up(options.vectors), "cosine", K, QUERIES, seed=0)
    curves: dict[str, list[Measurement]] = {}
    for name in options.index or usable:
        trials = class_member("index", load("index", name), "trials")(options.vectors, K)
        taken: dict[str, int] = {}
        for trial in trials:
            of_type = str(trial.build.get("type"))
            taken[of_type] = taken.get(of_type, 0) + 1
            if options.builds is not None and taken[of_type] > options.builds:
                continue
            for one in measure_trial(name, trial, queries, ENOUGH, os.cpu_count() or 1, seed=0, slowest=SLOWEST):
                curves.setdefault(label(one), []).append(one)
            print(f"built and searched: {name} {dict(trial.build)}", flush=True)
    print(f"\n{options.vectors:,} x {DIM}, those that no other of the same index beats\n")
    show([one for measured in curves.values() for one in unbeaten(measured)])
    print(f"\nFastest with recall@10 of {options.recall:g} or more\n")
    show([one for one in (choose_fastest(measured, options.recall) for measured in curves.values()) if one is not None])
    if "annoy" in curves:
        hasty = measure_trial("annoy", Trial({"trees": 10}, "search_k", [10 * K]), queries, 1, 1, seed=0)[0]
        print(f"\nannoy with 10 trees and its own search_k: recall@10 {hasty.recall:.2f}")
    print(f"\n{time.perf_counter() - start:,.0f} seconds in all")
    if options.picture:
        options.picture.write_text(recall_chart(curves, options.recall), encoding="utf-8")
        print(f"picture: {options.picture}")


if __name__ == "__main__":
    main()

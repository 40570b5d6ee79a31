"""fsim index tune EMBEDDINGS.npy"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fsim.runtime.display import Display
    from fsim.search.index_tuning import Measurement
    from fsim.search.sample_queries import SampleQueries

NUM_QUERIES = 1_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("embeddings", type=Path, metavar="EMBEDDINGS.npy", help="an array, images x dimensions")
    parser.add_argument(
        "--kind", metavar="NAME", help="only this index: annoy, exact, faiss, ... (default: all that are installed)"
    )
    parser.add_argument(
        "--recall", type=float, default=0.95, help="the recall to reach, above 0 and at most 1 (default: 0.95)"
    )
    parser.add_argument("-k", type=int, default=10, help="the number of neighbours for each query (default: 10)")
    parser.add_argument(
        "--distance",
        choices=("cosine", "euclidean"),
        default="cosine",
        help="how embeddings are compared (default: cosine)",
    )
    parser.add_argument(
        "--queries",
        type=int,
        default=NUM_QUERIES,
        metavar="N",
        help="the number of queries, drawn from the embeddings; each is left out of its own answers (default: "
        f"{NUM_QUERIES:,}, or all)",
    )
    parser.add_argument("--seed", type=int, default=0, help="the seed of the queries and of the indexes (default: 0)")
    parser.add_argument("--json", action="store_true", help="print all figures as JSON, for programs")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a page with the curve")


def execute(args: argparse.Namespace) -> int:
    import json

    from fsim.errors import FsimError
    from fsim.pages.page import reject_page_file
    from fsim.runtime.display import Display
    from fsim.search.index_tuning import choose_fastest, usable_indexes
    from fsim.search.index_tuning_page import tuning_page
    from fsim.search.sample_queries import SampleQueries, read_embeddings
    from fsim.search.search_index import make_index

    if not 0 < args.recall <= 1:
        raise FsimError(f"--recall {args.recall:g}: give a number above 0 and at most 1")
    if args.queries < 1 or args.seed < 0:
        raise FsimError(f"--queries {args.queries} --seed {args.seed}: give 1 query or more, and a seed of 0 or more")
    if args.html is not None:
        reject_page_file(args.html)
    if args.kind is not None:
        make_index(args.kind, {})
    embeddings = read_embeddings(args.embeddings)
    with Display() as display:
        queries = SampleQueries(embeddings, args.distance, args.k, args.queries, args.seed)
        names, missing = ([args.kind], {}) if args.kind is not None else usable_indexes()
        for cause in missing.values():
            if not args.json:
                display.warn(f"left out: {cause}")
        measured = _measure(names, queries, args, display)
        chosen = choose_fastest(measured, args.recall)
        if args.html is not None:
            tuning_page(str(args.embeddings), queries, measured, args.recall, chosen).write(args.html)
        if args.json:
            print(json.dumps(_as_json(args, queries, measured, chosen, missing), indent=2))
        else:
            _show(queries, measured, chosen, display)
            if args.html is not None:
                display.say(f"page: {args.html}")
        if chosen is None:
            best = max(measured, key=lambda one: one.recall)
            raise FsimError(
                f"no parameters reach recall@{args.k} {args.recall:g}; the best is {best.recall:.4f} at "
                f"{best.queries_per_second:,.0f} queries/s by {best.line}; ask for less, or take the index exact"
            )
    return 0


def _measure(names: list[str], queries: SampleQueries, args: argparse.Namespace, display: Display) -> list[Measurement]:
    import os

    from fsim.search.index_tuning import measure_index

    measured: list[Measurement] = []
    for name in names:

        def progress(done: int, total: int, name: str = name) -> None:
            if not args.json:
                display.bar(f"build and search {name}", done, total)

        measured += measure_index(name, queries, args.recall, os.cpu_count() or 1, args.seed, progress)
    return measured


def _show(queries: SampleQueries, measured: list[Measurement], chosen: Measurement | None, display: Display) -> None:
    from fsim.search.index_tuning_page import by_index, measured_table, unbeaten

    best = [one for of_index in by_index(measured).values() for one in unbeaten(of_index)]
    if chosen is not None and chosen not in best:  # as fast as the fastest, and smaller
        best.append(chosen)
    table = measured_table(queries.k, best, chosen)
    title = f"{len(queries.embeddings):,} x {queries.embeddings.shape[1]}, {queries.distance}"
    display.table(
        f"{title}, {len(queries.queries):,} queries on one core",
        table.header,
        ([str(cell) for cell in row] for row in table.rows),
    )
    if len(measured) > len(best):
        display.say(
            f"{len(measured) - len(best):,} slower ones with no better recall are left out; --json and --html show them"
        )
    if chosen is not None:
        display.say(
            f"fastest: recall@{queries.k} {chosen.recall:.4f}, {chosen.queries_per_second:,.0f} queries/s, "
            f"{chosen.megabytes:,.1f} MB; under `evaluators` of a recipe:"
        )
        display.say(f"    {chosen.line}")


def _as_json(
    args: argparse.Namespace,
    queries: SampleQueries,
    measured: list[Measurement],
    chosen: Measurement | None,
    missing: dict[str, str],
) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "embeddings": str(args.embeddings),
        "number": len(queries.embeddings),
        "dimensions": queries.embeddings.shape[1],
        "distance": queries.distance,
        "k": queries.k,
        "wanted_recall": args.recall,
        "queries": len(queries.queries),
        "seed": args.seed,
        "chosen": None if chosen is None else {**asdict(chosen), "recipe": chosen.line},
        "measured": [asdict(one) for one in measured],
        "left_out": missing,
    }

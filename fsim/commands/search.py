"""fsim search INDEX IMAGE ... --text WORDS"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fsim.runtime.argument_parser import Parser
    from fsim.search.answers import Answer
    from fsim.search.query import Query
    from fsim.search.search_index import SearchIndex
    from fsim.search.searcher import Searcher


def add_arguments(parser: Parser) -> None:
    parser.left_over = "images"
    parser.add_argument("index", type=Path, help="RUN/indexes/NAME, or RUN if it has one index")
    parser.add_argument(
        "images",
        nargs="*",
        default=[],
        metavar="IMAGE",
        help="a picture to search by; each picture is a query of its own",
    )
    parser.add_argument("--image", action="append", default=[], metavar="IMAGE", help="the same, written as an option")
    parser.add_argument(
        "--text",
        action="append",
        default=[],
        metavar="WORDS",
        help='search by words, if the run has a text encoder: "red striped dress"; several times: several queries; '
        "once with pictures: each query is the sum (1 - W) picture + W words, of embeddings of length one",
    )
    parser.add_argument(
        "--text-weight", type=float, metavar="W", help="the weight of the words beside a picture, 0 to 1 (default: 0.5)"
    )
    parser.add_argument("-k", type=int, default=10, help="the number of answers to each query (default: 10)")
    parser.add_argument(
        "--filter",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="only images of this category, split, item or attribute: category=dress,skirt; may be given several times",
    )
    parser.add_argument(
        "--crop",
        metavar="X1,Y1,X2,Y2",
        help="the part of each picture to search by, in its pixels (default: all; for a picture of the index its box)",
    )
    parser.add_argument(
        "--mean", action="store_true", help="make one query of all pictures: the mean of their embeddings"
    )
    parser.add_argument(
        "--plus", action="append", default=[], metavar="IMAGE", help="add the embedding of this picture to the query"
    )
    parser.add_argument(
        "--minus",
        action="append",
        default=[],
        metavar="IMAGE",
        help="subtract the embedding of this picture from the query",
    )
    parser.add_argument(
        "--fold", action="store_true", help="show one answer per item, and one of nearly identical pictures"
    )
    parser.add_argument(
        "--diversity",
        type=float,
        default=0.0,
        metavar="0..1",
        help="how much the answers should differ from each other (default: 0)",
    )
    parser.add_argument(
        "--run", type=Path, metavar="RUN", help="the run whose network embeds the pictures (default: the index's own)"
    )
    parser.add_argument(
        "--network",
        type=Path,
        metavar="EXPORT",
        help="embed with this folder of fsim export --to onnx instead of the run; onnxruntime starts faster than torch",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object per query, one on each line")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write the answers as a page of pictures")
    parser.add_argument("--open", action="store_true", help="open the page of answers in the browser")


def execute(args: argparse.Namespace) -> int:
    from fsim.errors import FsimError
    from fsim.pages.page import reject_page_file
    from fsim.search.answers import SearchOptions
    from fsim.search.index_folder import find_index
    from fsim.search.query import build_queries, parse_box, parse_filters
    from fsim.search.search_index import SearchIndex
    from fsim.search.searcher import Searcher, open_embedder

    if args.k < 1:
        raise FsimError(f"-k {args.k}: give 1 or more")
    if not 0 <= args.diversity <= 1:
        raise FsimError(
            f"--diversity {args.diversity:g}: give 0 (the nearest answers) to 1 (the most different answers)"
        )
    if args.html is not None:
        reject_page_file(args.html)
    queries = build_queries(
        [*args.images, *args.image],
        args.text,
        text_weight=args.text_weight,
        mean=args.mean,
        plus=args.plus,
        minus=args.minus,
        box=parse_box(args.crop) if args.crop else None,
    )
    options = SearchOptions(args.k, parse_filters(args.filter), args.fold, args.diversity)
    index = SearchIndex.open(find_index(args.index))
    index.images.matching(options.filters or {})  # a mistake is shown before the network is loaded
    searcher = Searcher(index, open_embedder(index, args.run, args.network))
    _warn_of_unknown_words(queries, searcher)
    answers = searcher.answer(queries, options)
    _print(args, queries, answers)
    if args.html is not None or args.open:
        _show_page(args, index, queries, answers)
    return 0


def _warn_of_unknown_words(queries: list[Query], searcher: Searcher) -> None:
    import sys

    for text in dict.fromkeys(query.text for query in queries if query.text is not None):
        if unknown := searcher.unknown_words(text):
            words = ", ".join(unknown)
            print(f"warning: not among the words that the run learned, and left out: {words}", file=sys.stderr)


def _print(args: argparse.Namespace, queries: list[Query], answers: list[list[Answer]]) -> None:
    import json

    from fsim.runtime.display import Display

    if args.json:
        for query, found in zip(queries, answers, strict=True):
            print(json.dumps({"query": query.name, "results": found}, ensure_ascii=False))
        return
    with Display() as display:
        for query, found in zip(queries, answers, strict=True):
            rows = [[str(n), f"{one['score']:.4f}", one["category"], one["image"]] for n, one in enumerate(found, 1)]
            display.table(query.name, ["", "score", "category", "image"], rows)


def _show_page(args: argparse.Namespace, index: SearchIndex, queries: list[Query], answers: list[list[Answer]]) -> None:
    import sys
    import tempfile
    import webbrowser

    from fsim.search.answers_page import answers_page

    file = args.html or Path(tempfile.mkdtemp(prefix="fsim-search-")) / "answers.html"
    answers_page(index, queries, answers).write(file)
    print(f"page: {file}", file=sys.stderr)
    if args.open and not webbrowser.open(file.absolute().as_uri()):
        print("no browser was found to show it", file=sys.stderr)

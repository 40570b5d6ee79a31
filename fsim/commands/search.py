"""fsim search INDEX IMAGE ... --text WORDS"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fsim.runtime.argument_parser import Parser
    from fsim.search.query_embedder import QueryEmbedder
    from fsim.search.query_parts import Query
    from fsim.search.reader import Reader
    from fsim.search.search_index import SearchIndex


def add_arguments(parser: Parser) -> None:
    parser.left_over = "images"
    parser.add_argument("index", type=Path, help="RUN/indexes/NAME, or RUN where it has one index")
    parser.add_argument(
        "images", nargs="*", default=[], metavar="IMAGE", help="a picture to search by; several are several queries"
    )
    parser.add_argument("--image", action="append", default=[], metavar="IMAGE", help="the same as an option")
    parser.add_argument(
        "--text",
        action="append",
        default=[],
        metavar="WORDS",
        help='search by words, by a run that reads: "red striped dress"; several times: several queries; once with '
        "pictures: each query is the sum (1 - W) picture + W words, of embeddings of length one",
    )
    parser.add_argument(
        "--text-weight", type=float, metavar="W", help="how much words count against a picture, 0 to 1 (default: 0.5)"
    )
    parser.add_argument("-k", type=int, default=10, help="answers to each query (default: 10)")
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
        help="the part of each picture to look at, in its pixels; of the index's own pictures their boxes",
    )
    parser.add_argument("--mean", action="store_true", help="one query: what lies between the pictures")
    parser.add_argument("--plus", action="append", default=[], metavar="IMAGE", help="and something of this picture")
    parser.add_argument("--minus", action="append", default=[], metavar="IMAGE", help="and less of this picture")
    parser.add_argument("--fold", action="store_true", help="one answer an item, and one of pictures nearly the same")
    parser.add_argument(
        "--diversity", type=float, default=0.0, metavar="0..1", help="how much unlike each other the answers should be"
    )
    parser.add_argument(
        "--run", type=Path, metavar="RUN", help="the run whose network embeds the pictures (default: the index's own)"
    )
    parser.add_argument(
        "--network",
        type=Path,
        metavar="EXPORT",
        help="what fsim export --to onnx wrote, in place of the run: run by onnxruntime, which starts at once",
    )
    parser.add_argument("--json", action="store_true", help="a JSON object a query and line")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write the answers as a page of pictures")
    parser.add_argument("--open", action="store_true", help="show that page in the browser")


def execute(args: argparse.Namespace) -> int:
    import json

    from fsim.errors import FsimError
    from fsim.pages.page import refuse_page_file
    from fsim.runtime.display import Display
    from fsim.search.answers import Wish, search
    from fsim.search.filters import read_filters
    from fsim.search.places import index_place
    from fsim.search.queries import read_box, read_text
    from fsim.search.query_parts import QueryParts
    from fsim.search.search_index import SearchIndex

    if args.k < 1:
        raise FsimError(f"-k {args.k}: ask for 1 answer or more")
    if not 0 <= args.diversity <= 1:
        raise FsimError(f"--diversity {args.diversity:g}: give 0 (as near as can be) to 1 (as unlike as can be)")
    if args.html is not None:
        refuse_page_file(args.html)
    parts = QueryParts(
        [*args.images, *args.image],
        [read_text(one) for one in args.text],
        args.text_weight,
        args.mean,
        args.plus,
        args.minus,
        read_box(args.crop) if args.crop else None,
    )
    place = index_place(args.index)
    index = SearchIndex.open(place)
    wish = Wish(args.k, read_filters(args.filter), args.fold, args.diversity)
    index.filters.flags(wish.wanted or {})  # before the network is loaded
    embedder = _embedder(args, place, index)
    index.passport.refuse_other(embedder.made)
    for text in parts.texts:
        _tell_left_out(text, _reader(args, embedder))
    queries, vectors = parts.embedded(embedder, index.images)
    found = search(index, vectors, wish)
    if args.json:
        for query, answers in zip(queries, found, strict=True):
            print(json.dumps({"query": query.name, "results": answers}, ensure_ascii=False))
    else:
        with Display() as display:
            for query, answers in zip(queries, found, strict=True):
                rows = [[str(n), _score(one), one["category"], one["image"]] for n, one in enumerate(answers, 1)]
                display.table(query.name, ["", "score", "category", "image"], rows)
    if args.html is not None or args.open:
        _show(args, index, queries, found)
    return 0


def _embedder(args: argparse.Namespace, place: Path, index: SearchIndex) -> QueryEmbedder:
    """The run's network, or its export."""
    from fsim.errors import FsimError

    if args.network is not None:
        if args.run is not None:
            raise FsimError("--run and --network both say what embeds the pictures: leave one out")
        from fsim.search.onnx_embedder import OnnxEmbedder

        return OnnxEmbedder(args.network)
    from fsim.search.embedder import Embedder
    from fsim.search.places import run_of
    from fsim.store.run_folder import RunFolder

    return Embedder(RunFolder.open(args.run or run_of(place)), index.passport.made.checkpoint)


def _score(answer: dict[str, Any]) -> str:
    return f"{answer['score']:.4f}"


def _reader(args: argparse.Namespace, embedder: QueryEmbedder) -> Reader:
    """Raises:
    FsimError: the network does not read.
    """
    from fsim.errors import FsimError

    if embedder.reader is None and args.network is not None:
        raise FsimError(f"{args.network} takes pictures alone: search by words with the run, without --network")
    if embedder.reader is None:
        raise FsimError(
            f"the network of {embedder.made.run_name} does not read: train one with model.text_encoder "
            f"(recipes/clip_small.yaml), or search by a picture"
        )
    return embedder.reader


def _tell_left_out(text: str, reader: Reader) -> None:
    """Raises:
    FsimError: nothing is left.
    """
    import sys

    left_out = reader.left_out(text)
    if left_out:
        words = ", ".join(left_out)
        print(f"warning: not among the words that the run learned, and left out: {words}", file=sys.stderr)


def _show(
    args: argparse.Namespace, index: SearchIndex, queries: list[Query], found: list[list[dict[str, Any]]]
) -> None:
    import sys
    import tempfile
    import webbrowser

    from fsim.search.answers_page import answers_page

    file = args.html or Path(tempfile.mkdtemp(prefix="fsim-search-")) / "answers.html"
    answers_page(index, queries, found, args.crop).write(file)
    print(f"page: {file}", file=sys.stderr)
    if args.open and not webbrowser.open(file.absolute().as_uri()):
        print("no browser was found to show it", file=sys.stderr)

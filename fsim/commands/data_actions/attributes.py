"""fsim data attributes CATEGORY [SOURCE] [key=value ...]"""

from __future__ import annotations

import argparse
from pathlib import Path

SOURCE = "garments"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("category", metavar="CATEGORY", help="a category of the catalog: dress")
    parser.add_argument(
        "overrides",
        nargs="*",
        default=[],
        metavar="SOURCE key=value",
        help="a table (metadata.csv, .parquet, .jsonl), a folder, a recipe, or the name of a dataset (default: "
        f"{SOURCE}); then parameters of the dataset: items=42",
    )
    parser.add_argument("--dataset", metavar="NAME", help="the dataset that reads SOURCE, if fsim cannot guess it")
    parser.add_argument(
        "--top", type=int, default=15, metavar="N", help="the number of attributes to show (default: 15)"
    )
    parser.add_argument(
        "--min-count",
        type=int,
        default=3,
        metavar="N",
        help="leave out attributes that fewer images of the category have; images of one item count once (default: 3)",
    )
    parser.add_argument("--json", action="store_true", help="print all attributes as JSON, for programs")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a page with pictures")


def execute(args: argparse.Namespace) -> int:
    import json
    from dataclasses import asdict

    from fsim.catalog.source import open_source
    from fsim.catalog.statistics.category_attributes import category_marks, marks_page, marks_table, summary
    from fsim.errors import FsimError
    from fsim.pages.page import reject_page_file
    from fsim.runtime.display import Display

    for name in ("top", "min_count"):
        if getattr(args, name) < 1:
            raise FsimError(f"--{name.replace('_', '-')} {getattr(args, name)}: give 1 or more")
    if args.html is not None:
        reject_page_file(args.html)
    source, parameters = _source(args.overrides)
    catalog = open_source(source, args.dataset, parameters)
    labels = catalog.attribute_labels()
    found = category_marks(catalog, labels, args.category, args.min_count)
    if args.html is not None:
        title = f"What marks {args.category} in {source}"
        marks_page(title, catalog, labels, found, args.top).write(args.html)
    if args.json:
        print(
            json.dumps({"source": source, "min_count": args.min_count, **asdict(found)}, indent=2, ensure_ascii=False)
        )
        return 0
    with Display() as display:
        table = marks_table(found.marks[: args.top], found.category)
        title = f"{found.category} in {source}: {found.num_images:,} of {len(catalog.frame):,} images"
        display.table(title, table.header, ([str(cell) for cell in row] for row in table.rows))
        if len(found.marks) > args.top:
            display.say(f"and {len(found.marks) - args.top:,} more")
        display.say(summary(found))
        if args.html is not None:
            display.say(f"page: {args.html}")
    return 0


def _source(words: list[str]) -> tuple[str, list[str]]:
    """SOURCE, which may be left out, and the parameters."""
    if words and ("=" not in words[0] or Path(words[0]).exists()):
        return words[0], words[1:]
    return SOURCE, words

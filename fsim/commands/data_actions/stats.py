"""fsim data stats SOURCE [key=value ...]"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fsim.runtime.display import Display

ROWS_SHOWN = 25
NAMES_SHOWN = 2  # values of an attribute type
DAMAGED_SHOWN = 20
SIZES = range(8, 2049)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "source",
        metavar="SOURCE",
        help="a table (metadata.csv, .parquet, .jsonl), a folder, a recipe, or the name of a dataset",
    )
    parser.add_argument(
        "overrides", nargs="*", default=[], metavar="key=value", help="parameters of the dataset: items=42"
    )
    parser.add_argument("--dataset", metavar="NAME", help="the dataset that reads SOURCE, if fsim cannot guess it")
    parser.add_argument(
        "--split",
        metavar="SPLIT",
        help="measure mean and std of this split: val, train+val, ..., or all (default: train if it exists, else all)",
    )
    parser.add_argument(
        "--size",
        type=int,
        metavar="PIXELS",
        help="measure mean and std at this size, to which pictures are squashed for a network (default: their own "
        "size, so that large pictures weigh more)",
    )
    parser.add_argument("--json", action="store_true", help="print all figures as JSON, for programs")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a page with pictures")


def execute(args: argparse.Namespace) -> int:
    import json

    from fsim.catalog.source import open_source
    from fsim.catalog.statistics.data_statistics import data_statistics
    from fsim.catalog.statistics.image_survey import survey_images
    from fsim.catalog.statistics.statistics_page import statistics_page
    from fsim.errors import FsimError
    from fsim.pages.page import reject_page_file
    from fsim.runtime.display import Display

    if args.size is not None and args.size not in SIZES:
        raise FsimError(f"--size {args.size}: give {SIZES[0]} to {SIZES[-1]} pixels")
    if args.html is not None:
        reject_page_file(args.html)
    catalog = open_source(args.source, args.dataset, args.overrides)
    with Display() as display:
        progress = None if args.json else lambda done, total: display.bar("look at images", done, total)
        survey = survey_images(catalog, args.size, progress)
        statistics = data_statistics(catalog, survey, args.split, args.size)
        if args.html is not None:
            statistics_page(f"Statistics of {args.source}", catalog, survey, statistics).write(args.html)
        if args.json:
            print(json.dumps({"source": args.source, **statistics}, indent=2, ensure_ascii=False))
        else:
            _show(args.source, statistics, display)
            if args.html is not None:
                display.say(f"page: {args.html}")
    return 0


def _show(source: str, statistics: dict[str, Any], display: Display) -> None:
    from fsim.catalog.statistics.statistics_page import channels_of_text, channels_text, statistics_tables

    for title, table in statistics_tables(statistics, NAMES_SHOWN).items():
        rows = [[str(cell) for cell in row] for row in table.rows]
        left_out = len(rows) - ROWS_SHOWN
        if left_out > 1:
            rows = [*rows[:ROWS_SHOWN], [f"and {left_out:,} more"]]
        display.table(title, table.header, rows)
    items = statistics["items"]
    if items["number"]:
        several = f"{items['in_several_splits']:,} in several splits, {items['of_one_image']:,} of a single image"
        display.say(f"{items['number']:,} items: {several}")
    display.say(f"{statistics['boxes']['images']:,} images have a box")
    captions = statistics["captions"]
    counts = (
        f": {captions['number']:,} captions, {captions['different']:,} of them different" if captions["number"] else ""
    )
    display.say(f"{captions['images']:,} images have a caption{counts}")
    beyond = statistics["boxes"]["beyond"]
    if beyond:
        display.warn(
            f"{beyond:,} boxes reach beyond the picture and are cut at its edge; fsim data audit names the images"
        )
    damaged = statistics["damaged"]
    for image, cause in list(damaged.items())[:DAMAGED_SHOWN]:
        display.warn(f"left out {image}: {cause}")
    if len(damaged) > DAMAGED_SHOWN:
        display.warn(f"left out {len(damaged) - DAMAGED_SHOWN:,} more damaged images")
    display.say(f"{source}: {statistics['images']:,} images, {len(damaged):,} damaged; {channels_of_text(statistics)}:")
    display.say(f"mean: {channels_text(statistics['mean'])}")
    display.say(f"std:  {channels_text(statistics['std'])}")

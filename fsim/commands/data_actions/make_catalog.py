"""fsim data make-catalog DIR"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from fsim.interfaces import FolderReading
    from fsim.runtime.display import Display

EXAMPLES = 5
IGNORED_SHOWN = 3  # of each cause


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from fsim.catalog.read_folder import layout_names

    parser.add_argument("folder", type=Path, metavar="DIR", help="the folder of the pictures")
    parser.add_argument(
        "--layout",
        choices=layout_names(),
        default="auto",
        help="sop (Stanford Online Products), cub (CUB-200-2011), inshop (DeepFashion In-shop, by its paths), folder "
        "(guess splits, categories and items from the names of the folders), or auto: the first that fits (default)",
    )
    parser.add_argument(
        "--pattern",
        metavar="REGEX",
        help="a regular expression for the path below DIR, with the named groups split, category, item and caption: "
        "'(?P<split>[^/]+)/(?P<category>[^/]+)/(?P<item>[^/]+)/'",
    )
    parser.add_argument(
        "--by-picture",
        action="store_true",
        help="for cub: use the split of train_test_split.txt (default: the first half of the classes is train)",
    )
    parser.add_argument(
        "--val-share",
        type=float,
        metavar="SHARE",
        help="share of the pictures, or of train if there are splits, that becomes val, by a hash of the item "
        "(default: 0.2, or 0 where there are splits)",
    )
    parser.add_argument(
        "--out", type=Path, help="the csv, jsonl or parquet file to write (default: metadata.csv in DIR)"
    )
    parser.add_argument("--overwrite", action="store_true", help="overwrite an existing file")


def execute(args: argparse.Namespace) -> int:
    from fsim.catalog.catalog_file import reject_catalog_file, write_catalog
    from fsim.catalog.read_folder import folder_of_pictures, read_folder
    from fsim.catalog.source import TABLES
    from fsim.errors import FsimError
    from fsim.kit.files import reject_missing_folder
    from fsim.runtime.display import Display

    if args.pattern is not None and args.layout != "auto":
        raise FsimError("--layout and --pattern both say how to read the paths; leave one out")
    if args.by_picture and args.layout != "cub":
        raise FsimError("--by-picture is for CUB only; add --layout cub, or leave it out")
    if args.val_share is not None and not 0 <= args.val_share < 1:
        raise FsimError(f"--val-share {args.val_share:g}: give a number from 0 to below 1")
    folder_of_pictures(args.folder)
    out = args.out or args.folder.expanduser() / "metadata.csv"
    if args.out is not None:
        reject_missing_folder(out)
    reject_catalog_file(out, args.overwrite)
    reading = read_folder(args.folder, args.layout, args.pattern, {"by_picture": True} if args.by_picture else {})
    catalog = reading.catalog(args.folder.expanduser().absolute(), args.val_share)
    with Display() as display:
        _show(reading, catalog.frame, display)
        write_catalog(catalog, out, args.overwrite)
        display.say(f"{out}: {len(catalog.frame):,} images")
        display.say(f"figures and pictures of it: fsim data stats {out} --html page.html")
        display.say(f"to use it in a recipe: data.dataset={{name: {TABLES[out.suffix.lower()]}, file: {out}}}")
    return 0


def _show(reading: FolderReading, frame: pd.DataFrame, display: Display) -> None:
    display.say(f"layout: {reading.layout}")
    for sentence in reading.notes:
        display.say(f"  {sentence}")
    if not reading.has_splits:
        display.say("  the splits come from a hash of the item, or of the path if the item is unknown (--val-share)")
    rows = []
    for name, part in [*frame.groupby("split", sort=True), ("all", frame)]:
        known = [part[label][part[label] != ""].nunique() for label in ("category", "item")]
        rows.append([str(name), f"{len(part):,}", *(f"{number:,}" for number in known)])
    display.table("pictures", ["split", "pictures", "categories", "items"], rows)
    shown = ["image", "split", "category", "item"]
    step = max(1, len(frame) // EXAMPLES)
    examples = frame.iloc[::step].head(EXAMPLES)[shown]
    display.table("examples", shown, ([str(cell) or "-" for cell in row] for row in examples.to_numpy()))
    causes: dict[str, list[str]] = {}
    for image, reason in reading.ignored:
        causes.setdefault(reason, []).append(image)
    for reason, images in causes.items():
        more = ", ..." if len(images) > IGNORED_SHOWN else ""
        display.warn(f"left out {len(images):,} pictures, {reason}: {', '.join(images[:IGNORED_SHOWN])}{more}")

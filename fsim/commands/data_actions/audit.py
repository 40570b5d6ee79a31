"""fsim data audit SOURCE [key=value ...]"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fsim.catalog.audit.catalog_cleaning import Cleaned
    from fsim.interfaces import Catalog
    from fsim.runtime.display import Display

FEWEST = 10
LINES_SHOWN = 10  # of each kind of finding


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "source",
        metavar="CATALOG",
        help="a table (metadata.csv, .parquet, .jsonl), a folder, a recipe, or the name of a dataset",
    )
    parser.add_argument(
        "overrides", nargs="*", default=[], metavar="key=value", help="parameters of the dataset: items=42"
    )
    parser.add_argument("--dataset", metavar="NAME", help="the dataset that reads CATALOG, if fsim cannot guess it")
    parser.add_argument(
        "--min-images",
        type=int,
        default=FEWEST,
        metavar="N",
        help=f"report categories with fewer images as tiny (default: {FEWEST})",
    )
    parser.add_argument(
        "--run", type=Path, metavar="RUN", help="also look for near duplicates with the network of this run folder"
    )
    parser.add_argument("--json", action="store_true", help="print all findings as JSON, for programs")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a page with the pictures side by side")
    parser.add_argument(
        "--fix",
        type=Path,
        metavar="FILE",
        help="write a cleaned catalog (csv): without damaged images, without all copies of a picture under two labels, "
        "and with one copy of every other picture, that of an evaluation split before that of train; no image file is "
        "touched, and items and categories stay as they are",
    )


def execute(args: argparse.Namespace) -> int:
    import json

    from fsim.catalog.audit.audit import data_audit
    from fsim.catalog.audit.audit_page import audit_page
    from fsim.catalog.audit.catalog_cleaning import REASONS, clean
    from fsim.catalog.audit.duplicates import find_duplicates, one_of_each
    from fsim.catalog.audit.image_prints import print_images
    from fsim.catalog.catalog_file import reject_catalog, reject_catalog_file, write_catalog
    from fsim.catalog.source import open_source
    from fsim.errors import FsimError
    from fsim.kit.attribute_labels_file import labels_file
    from fsim.pages.page import reject_page_file
    from fsim.runtime.display import Display

    if args.min_images < 1:
        raise FsimError(f"--min-images {args.min_images}: give 1 or more")
    if args.html is not None:
        reject_page_file(args.html)
    if args.fix is not None:
        reject_catalog_file(args.fix)
        if args.html is not None and args.html.resolve() == args.fix.resolve():
            raise FsimError(f"--html and --fix are both {args.fix}; name two files")
    catalog = open_source(args.source, args.dataset, args.overrides)
    if args.fix is not None:
        reject_catalog(catalog)
    trained = None
    if args.run is not None:
        from fsim.catalog.audit.near_by_run import near_by_run
        from fsim.evaluation.trained_run import TrainedRun
        from fsim.store.run_folder import RunFolder

        trained = TrainedRun.open(RunFolder.open(args.run))
    with Display() as display:

        def bar(name: str) -> Any:
            return None if args.json else lambda done, total: display.bar(name, done, total)

        prints = print_images(catalog, bar("look at images"))
        duplicates = find_duplicates(catalog, prints, bar("compare"))
        by_run = None
        if trained is not None:
            images = trained.open_images(catalog, bar("decode images"))
            rows = one_of_each(prints, duplicates)
            by_run = near_by_run(trained.embed_batch, trained.distance, images, rows, bar("embed"))
        audit = data_audit(catalog, prints, duplicates, args.min_images, by_run)
        dropped: dict[str, int] | None = None
        if args.fix is not None:
            cleaned = clean(catalog, prints, duplicates)
            write_catalog(catalog.take(cleaned.kept), args.fix)
            dropped = {REASONS[reason]: len(rows) for reason, rows in cleaned.dropped.items() if rows}
        if args.html is not None:
            audit_page(f"Audit of {args.source}", catalog, audit, dropped).write(args.html)
        if args.json:
            fix = {} if args.fix is None else {"fix": _fix(args.fix, catalog, cleaned)}
            print(json.dumps({"source": args.source, **audit, **fix}, indent=2, ensure_ascii=False))
            return 0
        _show(args.source, audit, display)
        if dropped is not None:
            _show_dropped(args.fix, len(cleaned.kept), dropped, display)
            if labels_file(args.fix).exists():
                display.say(
                    f"{labels_file(args.fix)}: the known attributes of the images; keep this file beside the table"
                )
        if args.html is not None:
            display.say(f"page: {args.html}")
    return 0


def _show(source: str, audit: dict[str, Any], display: Display) -> None:
    from fsim.catalog.audit.audit_page import FINDINGS, finding_lines, summary_table

    for key, (name, _) in FINDINGS.items():
        if not audit.get(key):
            continue
        display.say(f"{name}:")
        lines = finding_lines(key, audit)
        for line in lines[:LINES_SHOWN]:
            display.say(f"  {line}")
        if len(lines) > LINES_SHOWN:
            display.say(f"  and {len(lines) - LINES_SHOWN:,} more: --json or --html")
    table = summary_table(audit)
    display.table(
        f"{source}: {audit['images']:,} images", table.header, ([str(cell) for cell in row] for row in table.rows)
    )


def _show_dropped(file: Path, kept: int, dropped: dict[str, int], display: Display) -> None:
    display.say(f"{file}: {kept:,} images; dropped {sum(dropped.values()):,} (no file was deleted):")
    for reason, count in dropped.items():
        display.say(f"  {count:,}  {reason}")
    display.say(
        "left for you to check: items in several splits, stray items, small categories, extreme sizes, pairs by a run"
    )


def _fix(file: Path, catalog: Catalog, cleaned: Cleaned) -> dict[str, Any]:
    names = catalog.frame["image"].tolist()
    dropped = {reason: [names[row] for row in rows] for reason, rows in cleaned.dropped.items()}
    return {"file": str(file), "kept": len(cleaned.kept), "dropped": dropped}

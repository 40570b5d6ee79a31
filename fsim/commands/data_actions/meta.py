"""fsim data meta SOURCE"""

from __future__ import annotations

import argparse
from pathlib import Path

MORE_THAN = 5000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "source", metavar="SOURCE", help="the folder of a data set, a table, a recipe, or the name of a dataset"
    )
    parser.add_argument("--dataset", help="the dataset that reads SOURCE, such as deepfashion_category")
    parser.add_argument("overrides", nargs="*", default=[], metavar="key=value", help="parameters of the dataset")
    parser.add_argument(
        "--out", type=Path, help="the csv, jsonl or parquet file to write (default: metadata.csv in SOURCE, or here)"
    )
    parser.add_argument(
        "--sample",
        nargs="?",
        type=_sample_file,
        const=Path(),
        metavar="FILE",
        help="also write the same number of images of each large category (default: metadata_sample.csv beside --out)",
    )
    parser.add_argument(
        "--more-than",
        type=int,
        default=MORE_THAN,
        help=f"a category with more images than this is large (default: {MORE_THAN})",
    )
    parser.add_argument("--seed", type=int, default=0, help="the seed of the selection (default: 0)")


def _sample_file(text: str) -> Path:
    """What stands behind --sample, which may be what was meant as SOURCE."""
    from fsim.catalog.catalog_file import reject_catalog_file
    from fsim.errors import FsimError

    try:
        reject_catalog_file(Path(text))
    except FsimError as error:
        raise argparse.ArgumentTypeError(f"{error}; SOURCE comes first: fsim data meta SOURCE --sample") from error
    return Path(text)


def execute(args: argparse.Namespace) -> int:
    from fsim.catalog.catalog_file import reject_catalog, reject_catalog_file, write_catalog
    from fsim.catalog.source import TABLES, open_source
    from fsim.errors import FsimError
    from fsim.functional.labels.subsets import balanced_sample
    from fsim.kit.attribute_labels_file import labels_file
    from fsim.runtime.display import Display

    if args.more_than < 0:
        raise FsimError(f"--more-than {args.more_than}: give 0 or more")
    source = Path(args.source)
    out = args.out or (source if source.is_dir() else Path()) / "metadata.csv"
    sample = out.with_name("metadata_sample.csv") if args.sample == Path() else args.sample
    reject_catalog_file(out)
    if sample is not None:
        reject_catalog_file(sample)
        if sample.resolve() == out.resolve():
            raise FsimError(f"--out and --sample are both {out}; name two files")
    with Display() as display:
        catalog = open_source(args.source, args.dataset, args.overrides)
        reject_catalog(catalog)
        rows = None
        if sample is not None:
            rows = balanced_sample(catalog.frame["category"].tolist(), args.seed, args.more_than)
        write_catalog(catalog, out)
        display.say(f"{out}: {len(catalog.frame)} images")
        if labels_file(out).exists():
            display.say(f"{labels_file(out)}: the known attributes of the images; keep this file beside the table")
        if sample is not None and rows is not None:
            chosen = catalog.take(rows)
            write_catalog(chosen, sample)
            counts = chosen.frame["category"].value_counts()
            display.say(f"{sample}: {len(counts)} categories of {counts.iloc[0]} images each")
        display.say(f"to use it in a recipe: data.dataset={{name: {TABLES[out.suffix.lower()]}, file: {out}}}")
    return 0

"""fsim index RUN --images SOURCE"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fsim.search.passport import Passport


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from fsim.search.index_folder import DEFAULT_NAME

    parser.add_argument("run", type=Path, help="the run folder: runs/<name>/<time>")
    parser.add_argument(
        "overrides", nargs="*", default=[], metavar="key=value", help="parameters of the index: trees=100"
    )
    parser.add_argument(
        "--images",
        metavar="SOURCE",
        help="a folder of pictures, or of <split>/<category>/*.jpg; a table (metadata.csv, .parquet, .jsonl); a "
        "recipe; the name of a dataset (default: the dataset of the run)",
    )
    parser.add_argument("--dataset", metavar="NAME", help="the dataset that reads SOURCE, if fsim cannot guess it")
    parser.add_argument("--split", metavar="SPLIT", help="only the images of this split: val, or val+test")
    parser.add_argument(
        "--name", default=DEFAULT_NAME, help=f"the name of the index, in RUN/indexes/NAME (default: {DEFAULT_NAME})"
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--add", action="store_true", help="add the images that the index lacks")
    what.add_argument("--remove", nargs="+", metavar="IMAGE", help="remove images, by their ids or paths")
    what.add_argument(
        "--rebuild",
        action="store_true",
        help="embed again with the run as it is now: the same images, or those of SOURCE",
    )
    what.add_argument("--list", action="store_true", help="list the indexes of the run")
    parser.add_argument(
        "--kind",
        metavar="NAME",
        help="exact, annoy, hnswlib, faiss, usearch, ... (default: the existing index's kind, or exact)",
    )
    parser.add_argument(
        "--recall",
        type=float,
        metavar="0..1",
        help="tune the parameters to this recall, if none are given (default: 0.95)",
    )
    parser.add_argument("--checkpoint", metavar="best|last|FILE", help="which network (default: the best)")
    parser.add_argument("--json", action="store_true", help="print the passport of the index as JSON, for programs")


def execute(args: argparse.Namespace) -> int:
    from fsim.runtime.display import Display
    from fsim.runtime.torchrun import join_processes
    from fsim.search.index_changes import IndexRequest, read_passports, write_index
    from fsim.store.run_folder import RunFolder

    run = RunFolder.open(args.run)
    request = IndexRequest(
        action="add" if args.add else "remove" if args.remove else "rebuild" if args.rebuild else "make",
        name=args.name,
        images=args.images,
        dataset=args.dataset,
        split=args.split,
        remove=args.remove or (),
        kind=args.kind,
        parameters=_parameters(args.overrides),
        recall=args.recall,
        checkpoint=args.checkpoint,
    )
    if args.list:
        _show_all(args, read_passports(args.run))
        return 0
    with join_processes() as shared, Display(quiet=args.json or not shared.is_rank0) as display:
        index = write_index(run, request, display, shared)
    if index is not None:
        _show(args, index.path, index.passport)
    return 0


def _parameters(words: list[str]) -> dict[str, Any]:
    """`trees=100` -> {"trees": 100}"""
    import yaml

    from fsim.errors import FsimError

    parameters = {}
    for word in words:
        name, _, value = word.partition("=")
        if not value:
            raise FsimError(f"{word}: write key=value, such as trees=100")
        parameters[name] = yaml.safe_load(value)
    return parameters


def _show(args: argparse.Namespace, path: Path, passport: Passport) -> None:
    import json

    from fsim.runtime.display import Display

    if args.json:
        print(json.dumps({"index": str(path), **passport.as_json()}, indent=2, ensure_ascii=False))
        return
    recall = "" if passport.recall is None else f", recall@{passport.k} {passport.recall:.4f}"
    dimensions = passport.embedded_by.dimensions
    with Display() as display:
        display.say(f"{path}: {passport.num_images:,} images x {dimensions} by {passport.kind}{recall}")
        display.say(f"search in it: fsim search {path} IMAGE")


def _show_all(args: argparse.Namespace, passports: dict[Path, Passport]) -> None:
    import json

    from fsim.runtime.display import Display

    if args.json:
        print(json.dumps([{"index": str(path), **one.as_json()} for path, one in passports.items()], indent=2))
        return
    rows = [
        [
            path.name,
            f"{one.num_images:,}",
            one.kind,
            "-" if one.recall is None else f"{one.recall:.4f}",
            one.embedded_by.checkpoint,
            one.made_at,
            one.source,
        ]
        for path, one in passports.items()
    ]
    with Display() as display:
        display.table(str(args.run), ["index", "images", "kind", "recall", "network", "made", "source"], rows)

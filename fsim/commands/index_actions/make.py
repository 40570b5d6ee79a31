"""fsim index RUN --images SOURCE"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fsim.interfaces import Catalog
    from fsim.runtime.display import Display
    from fsim.runtime.processes import Processes
    from fsim.search.making import Kind
    from fsim.search.search_index import SearchIndex
    from fsim.store.run_folder import RunFolder

RECALL = 0.95


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from fsim.search.places import DEFAULT

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
    parser.add_argument("--dataset", metavar="NAME", help="the dataset that reads SOURCE, where it can't be guessed")
    parser.add_argument("--split", metavar="SPLIT", help="only the images of this split: val, or val+test")
    parser.add_argument("--name", default=DEFAULT, help=f"of the index: RUN/indexes/NAME (default: {DEFAULT})")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--add", action="store_true", help="add images that the index lacks")
    what.add_argument("--remove", nargs="+", metavar="IMAGE", help="take images out, by their ids or paths")
    what.add_argument(
        "--rebuild", action="store_true", help="embed anew by the run as it is now: the same images, or those given"
    )
    what.add_argument("--list", action="store_true", help="the indexes of the run")
    parser.add_argument(
        "--kind", metavar="NAME", help="exact, annoy, hnswlib, faiss, usearch, ... (default: exact, or as it was)"
    )
    parser.add_argument(
        "--recall",
        type=float,
        metavar="0..1",
        help=f"that the parameters are tuned to, where none are given (default: {RECALL})",
    )
    parser.add_argument("--checkpoint", metavar="best|last|FILE", help="which network (default: the best)")
    parser.add_argument("--json", action="store_true", help="the passport of the index, for programs")


def execute(args: argparse.Namespace) -> int:
    import json
    from dataclasses import asdict

    from fsim.errors import FsimError
    from fsim.runtime.display import Display
    from fsim.runtime.torchrun import join_processes
    from fsim.search.generations import Generations
    from fsim.search.places import index_folder
    from fsim.store.run_folder import RunFolder

    folder = RunFolder.open(args.run)
    if args.recall is not None and not 0 < args.recall <= 1:
        raise FsimError(f"--recall {args.recall:g}: give more than 0, up to 1")
    if not args.name.replace("-", "").replace("_", "").isalnum():
        raise FsimError(f"--name {args.name}: use letters, digits, - and _")
    if args.list:
        return _list(args)
    place = index_folder(folder.path, args.name)
    generations = Generations(place)
    with join_processes() as shared, Display(quiet=args.json or not shared.is_rank0) as display:
        if not shared.is_rank0:
            _changed(args, folder, place, shared, display)
            return 0
        with generations.held():
            index = _changed(args, folder, place, shared, display)
            assert index is not None, "rank 0 has the embeddings"
            generations.replace(index.write)
    if args.json:
        print(json.dumps({"index": str(place), **asdict(index.passport)}, indent=2, ensure_ascii=False))
        return 0
    passport = index.passport
    found = "" if passport.recall is None else f", recall@{passport.k} {passport.recall:.4f}"
    with Display() as display:
        display.say(f"{place}: {passport.num_images:,} images x {passport.made.dimensions} by {passport.kind}{found}")
        display.say(f"search in it: fsim search {place} IMAGE")
    return 0


def _changed(
    args: argparse.Namespace, folder: RunFolder, place: Path, shared: Processes, display: Display
) -> SearchIndex | None:
    """The index as it is wanted, not written yet; None in all processes but the first."""
    import numpy as np

    from fsim.errors import FsimError
    from fsim.search.embedder import Embedder
    from fsim.search.generations import Generations
    from fsim.search.indexed_images import NO_IMAGES
    from fsim.search.making import embed_catalog, new_index, only_new, rows_of, without
    from fsim.search.search_index import SearchIndex

    there = Generations(place).current() is not None
    changes = args.add or args.remove or args.rebuild
    if there and not changes:
        raise FsimError(f"{place} is there already: --add to it, --rebuild it, or make another by --name")
    if changes and not there:
        raise FsimError(f"there is no index {place}; make it: fsim index {args.run} --images SOURCE")
    before = SearchIndex.open(place) if changes else None
    which = args.checkpoint or (before.passport.made.checkpoint if before and not args.rebuild else None)
    embedder = Embedder(folder, which, shared)
    if before is not None and not args.rebuild:
        before.passport.refuse_other(embedder.made)
    kind = _kind(args, before)
    if before is not None and args.remove:
        images, embedding = without(before, rows_of(before, args.remove))
        source = before.passport.source
        return new_index(place, images, embedding, embedder, kind, source, display.say) if shared.is_rank0 else None
    catalog, source = _catalog(args, folder, before)
    if before is not None and args.add:
        catalog = only_new(before, catalog)
        if not len(catalog.frame):
            raise FsimError(f"{place} has all of these images already")
    embedded = embed_catalog(before.images if before and args.add else NO_IMAGES, catalog, embedder, display.bar)
    if embedded is None:
        return None
    for image, cause in list(embedded.damaged.items())[:20]:
        display.warn(f"left out {image}: {cause}")
    images, embedding = embedded.images, embedded.embedding
    if before is not None and args.add:
        embedding = np.concatenate([before.embedding, embedding])
        source = f"{before.passport.source}; {source}"
    elif before is not None:
        images = images.with_ids_of(before.images)
    return new_index(place, images, embedding, embedder, kind, source, display.say)


def _catalog(args: argparse.Namespace, folder: RunFolder, before: SearchIndex | None) -> tuple[Catalog, str]:
    """The images that are asked for, and what they are called."""
    from fsim.catalog.encoded_catalog import load_catalog
    from fsim.catalog.source import open_source
    from fsim.errors import FsimError, nearest
    from fsim.kit.cache_folder import cache_dir
    from fsim.recipe.validate import check_recipe
    from fsim.search.making import catalog_of, loose_pictures

    if args.images is not None:
        loose = None if args.dataset else loose_pictures(Path(args.images).expanduser())
        catalog, source = loose or open_source(args.images, args.dataset), args.images
    elif before is not None and args.rebuild:
        catalog, source = catalog_of(before.images, folder.path), before.passport.source
    else:
        dataset = check_recipe(folder.recipe)["data.dataset"]
        catalog, source = load_catalog(dataset.build(cache_dir=cache_dir())), dataset.name
    if args.split is not None:
        there = sorted(set(catalog.frame["split"]))
        for split in args.split.split("+"):
            if split not in there:
                raise FsimError(f"--split {args.split}: {source} has no split '{split}'{nearest(split, there)}")
        catalog = catalog.take(catalog.frame["split"].isin(args.split.split("+")).to_numpy().nonzero()[0])
        source = f"{source} ({args.split})"
    return catalog, source


def _kind(args: argparse.Namespace, before: SearchIndex | None) -> Kind:
    """What finds: as it was, or as it is asked for."""
    import os

    import yaml

    from fsim.errors import FsimError
    from fsim.search.made_index import make_index
    from fsim.search.making import Kind

    parameters = {}
    for one in args.overrides:
        name, _, value = one.partition("=")
        if not value:
            raise FsimError(f"{one}: write key=value, such as trees=100")
        parameters[name] = yaml.safe_load(value)
    as_before = before is not None and args.kind in (None, before.passport.kind)
    name = args.kind or (before.passport.kind if before is not None else "exact")
    if as_before and before is not None and not parameters and args.recall is None:
        parameters = before.passport.parameters
    make_index(name, parameters)  # what it refuses is told before the images are embedded
    return Kind(name, parameters, args.recall or RECALL, os.cpu_count() or 1)


def _list(args: argparse.Namespace) -> int:
    import json
    from dataclasses import asdict

    from fsim.runtime.display import Display
    from fsim.search.generations import Generations
    from fsim.search.passport import Passport
    from fsim.search.places import index_folder, index_names

    places = [index_folder(args.run, name) for name in index_names(args.run)]
    found = {place: Passport.read(now) for place in places if (now := Generations(place).current()) is not None}
    if args.json:
        print(json.dumps([{"index": str(place), **asdict(one)} for place, one in found.items()], indent=2))
        return 0
    rows = [
        [
            place.name,
            f"{one.num_images:,}",
            one.kind,
            "-" if one.recall is None else f"{one.recall:.4f}",
            one.made.checkpoint,
            one.made_at,
            one.source,
        ]
        for place, one in found.items()
    ]
    with Display() as display:
        display.table(str(args.run), ["index", "images", "kind", "recall", "network", "made", "source"], rows)
    return 0

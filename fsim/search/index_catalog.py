"""The images that an index is made of, as a catalog: those of a source, of the run's dataset, or of an index."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fsim.catalog.encoded_catalog import load_catalog
from fsim.catalog.source import open_source
from fsim.errors import FsimError, nearest
from fsim.functional.labels.catalog_table import attributes_of
from fsim.functional.text.captions import caption_value, captions_of_text
from fsim.interfaces import Catalog, IntArray
from fsim.kit.files import cache_dir
from fsim.kit.picture_files import picture_files
from fsim.recipe.validate import check_recipe
from fsim.search.indexed_images import IndexedImages
from fsim.search.search_index import SearchIndex
from fsim.store.run_folder import RunFolder


def catalog_of_source(source: str, dataset: str | None) -> Catalog:
    """Return the images of a source: a folder, a table, a recipe or the name of a dataset.

    Args:
        dataset: the dataset that reads it; None: it is guessed.

    Raises:
        FsimError: there is no such source, or it can't be read.
    """
    loose = None if dataset else _loose_pictures(Path(source).expanduser())
    return loose or open_source(source, dataset)


def catalog_of_run(run: RunFolder) -> tuple[Catalog, str]:
    """Return the images of a run's dataset, and its name.

    Raises:
        FsimError: the dataset can't be read.
    """
    dataset = check_recipe(run.recipe)["data.dataset"]
    return load_catalog(dataset.build(cache_dir=cache_dir())), dataset.name


def catalog_of_index(images: IndexedImages, root: Path) -> Catalog:
    """Return the images of an index, to embed them again.

    Raises:
        FsimError: some are no files.
    """
    frame = images.frame
    missing = [name for name in frame["image"] if not Path(name).is_file()]
    if missing:
        raise FsimError(
            f"{len(missing)} of {len(frame)} images are no files any more (first: {missing[0]}): take them out by "
            f"--remove, or make the index of other images by --rebuild --images SOURCE"
        )
    columns: dict[str, Any] = {name: frame[name].tolist() for name in ("image", "split", "category", "item")}
    columns["box"] = [tuple(map(float, text.split())) if text else None for text in frame["box"]]
    columns["attributes"] = [attributes_of(text) for text in frame["attributes"]]
    columns["caption"] = [caption_value(captions_of_text(text)) for text in frame["caption"]]
    return Catalog.of(columns, root)


def only_splits(catalog: Catalog, splits: str, source: str) -> Catalog:
    """Return the images of `val`, or of `val+test`.

    Raises:
        FsimError: the source has no such split.
    """
    wanted, known = splits.split("+"), sorted(set(catalog.frame["split"]))
    for split in wanted:
        if split not in known:
            raise FsimError(f"--split {splits}: {source} has no split '{split}'{nearest(split, known)}")
    return catalog.take(catalog.frame["split"].isin(wanted).to_numpy().nonzero()[0])


def only_new(catalog: Catalog, index: SearchIndex) -> Catalog:
    """Return the images that an index lacks, by the paths of their files.

    Raises:
        FsimError: it has all of them.
    """
    paths = [path_of_image(catalog, name) for name in catalog.frame["image"]]
    found = catalog.take(np.flatnonzero([path not in index.images.row_of_path for path in paths]))
    if not len(found.frame):
        raise FsimError(f"{index.path} has all of these images already")
    return found


def rows_named(index: SearchIndex, names: Sequence[str]) -> IntArray:
    """Return the rows of images, given by their ids or the paths of their files.

    Raises:
        FsimError: one is not there.
    """
    row_of_path = index.images.row_of_path
    rows = []
    for name in names:
        row = index.row_of_id.get(name, row_of_path.get(name, row_of_path.get(str(Path(name).absolute()))))
        if row is None:
            raise FsimError(
                f"{index.path} has no image '{name}'{nearest(name, row_of_path)}; give an id or a path of it"
            )
        rows.append(row)
    return np.asarray(rows, dtype=np.int64)


def path_of_image(catalog: Catalog, image: str) -> str:
    """Return the absolute path of an image; its name where it has no file."""
    return image if catalog.pixels is not None else str((catalog.root / image).absolute())


def _loose_pictures(folder: Path) -> Catalog | None:
    """All pictures of a folder in which some lie directly, in the split `gallery`, and with the name of the folder that
    each lies in as its category; None where it is another folder, or none."""
    if not folder.is_dir() or (folder / "metadata.csv").is_file():
        return None
    root = folder.absolute()
    images = picture_files(root, root)
    if all(len(Path(image).parts) > 1 for image in images):
        return None
    categories = [Path(image).parts[-2] if len(Path(image).parts) > 1 else "" for image in images]
    return Catalog.of({"image": images, "split": ["gallery"] * len(images), "category": categories}, root)

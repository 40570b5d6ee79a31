"""Writes a catalog of garments in the layouts that data sets come in, so that whatever reads those can be tried."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fsim.errors import FsimError, nearest
from fsim.interfaces import Catalog
from fsim_plugins.garments.catalog_folder import write_metadata
from fsim_plugins.garments.deepfashion import copy_images
from fsim_plugins.garments.deepfashion_category import write_deepfashion_category
from fsim_plugins.garments.deepfashion_consumer2shop import write_deepfashion_consumer2shop
from fsim_plugins.garments.deepfashion_inshop import write_deepfashion_inshop


def write_layout(catalog: Catalog, out: Path, layout: str) -> None:
    """Copy a catalog of garments into an empty or new folder, in another layout.

    Args:
        catalog: as the dataset `garments` gives it; a part of its rows will do.
        out: the folder.
        layout: `folder`: <split>/<category>/<image>; `csv`: metadata.csv and the images; `deepfashion_category`,
            `deepfashion_inshop`, `deepfashion_consumer2shop`: the files of DeepFashion's three benchmarks, of the
            catalog's clothes (it knows no hats, shoes and bags).

    Raises:
        FsimError: `out` is not empty, the layout unknown, or the catalog lacks what it needs.
    """
    reject_layout(out, layout)
    try:
        out.mkdir(parents=True, exist_ok=True)
        _WRITERS[layout](catalog, out)
    except OSError as error:
        raise FsimError(f"cannot write {out}: {error}; fix that and name a new folder") from error


def reject_layout(out: Path, layout: str) -> None:
    """Refuse what `write_layout` would refuse, before anything is drawn.

    Raises:
        FsimError: `out` is not empty, or the layout unknown.
    """
    if layout not in _WRITERS:
        raise FsimError(f"there is no layout '{layout}'{nearest(layout, _WRITERS)}")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise FsimError(f"{out} is not an empty folder; name a new one, or empty it")


def _write_folder(catalog: Catalog, out: Path) -> None:
    frame = catalog.frame
    names = [
        f"{split}/{category}/{Path(image).name}"
        for image, split, category in zip(frame["image"], frame["split"], frame["category"], strict=True)
    ]
    copy_images(catalog, frame["image"], names, out)


def _write_csv(catalog: Catalog, out: Path) -> None:
    names = [f"images/{Path(image).name}" for image in catalog.frame["image"]]
    copy_images(catalog, catalog.frame["image"], names, out)
    write_metadata(catalog.frame.assign(image=names), out)


_WRITERS: dict[str, Callable[[Catalog, Path], None]] = {
    "folder": _write_folder,
    "csv": _write_csv,
    "deepfashion_category": write_deepfashion_category,
    "deepfashion_inshop": write_deepfashion_inshop,
    "deepfashion_consumer2shop": write_deepfashion_consumer2shop,
}

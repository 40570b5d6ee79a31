"""Writes a catalog as metadata.csv, which pandas, spreadsheets and the dataset `csv` read."""

from __future__ import annotations

import os
from pathlib import Path

from fsim.errors import FsimError
from fsim.files import write_with
from fsim.functional.catalog_table import catalog_table
from fsim.interfaces import Catalog


def write_catalog(catalog: Catalog, file: Path, overwrite: bool = False) -> None:
    """Write a catalog, with the images' paths relative to the folder of the file.

    The text is UTF-8; where it is not ASCII alone it begins with a byte-order mark, without which a spreadsheet takes
    it for another encoding.

    Raises:
        FsimError: the file is there already, can't be written, or the catalog has pixels and no image files.
    """
    refuse_to_write(catalog, file, overwrite)
    table = catalog_table(catalog.frame)
    root, folder = catalog.root.absolute(), file.absolute().parent
    prefix = os.path.relpath(root, folder)
    table["image"] = [
        os.path.normpath(os.path.join(prefix, image)).replace(os.sep, "/")  # noqa: PTH118
        for image in table["image"]
    ]
    text = table.to_csv(index=False, lineterminator="\n")
    write_with(file, lambda stream: stream.write(text.encode("utf-8" if text.isascii() else "utf-8-sig")))


def refuse_to_write(catalog: Catalog, file: Path, overwrite: bool = False) -> None:
    """Tell before the work, and not after it, that a catalog can't be written to a file.

    Raises:
        FsimError: the file is there already, has no folder, or the catalog has pixels and no image files.
    """
    if catalog.pixels is not None:
        raise FsimError("this data set has no image files that a metadata.csv could name; use it by its name")
    if file.exists() and not overwrite:
        raise FsimError(f"{file} is there already; move it away, or name another file")
    if not file.absolute().parent.is_dir():
        raise FsimError(f"there is no folder {file.absolute().parent} to write {file.name} to; make it first")

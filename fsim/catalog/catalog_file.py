"""Write a catalog as metadata.csv, which pandas, spreadsheets and the dataset `csv` read, or as jsonl or parquet."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import pandas as pd

from fsim.errors import FsimError
from fsim.functional.labels.catalog_table import catalog_table
from fsim.functional.text.captions import caption_value, captions_of
from fsim.interfaces import CATALOG_COLUMNS, Catalog
from fsim.kit.attribute_labels_file import labels_file, write_labels
from fsim.kit.files import write_with


def write_catalog(catalog: Catalog, file: Path, overwrite: bool = False) -> None:
    """Write a catalog, with the images' paths relative to the folder of the file, in the form that its ending says:
    .csv, .jsonl (a JSON object a line, without what is unknown) or .parquet.

    A csv is UTF-8; where it is not ASCII alone it begins with a byte-order mark, without which a spreadsheet takes it
    for another encoding.

    Where the source says of each attribute whether an image has it (as DeepFashion's do), the table alone would lose
    what is unknown and attributes that no image has: these stand in a file beside it, which the tables' datasets read
    too (`fsim.kit.attribute_labels_file`).

    Raises:
        FsimError: the ending is another, the file is there already or can't be written, or the
            catalog has pixels and no image files.
    """
    reject_catalog(catalog)
    reject_catalog_file(file, overwrite)
    frame = catalog.frame.assign(image=_relative(catalog, file))
    content = FORMS[file.suffix.lower()](frame)
    write_with(file, lambda stream: stream.write(content))
    labels, beside = catalog.labelled, labels_file(file)
    if labels is None:
        beside.unlink(missing_ok=True)  # of the table that was overwritten
    else:
        images, attributes = frame["image"].tolist(), frame["attributes"].tolist()
        write_with(beside, lambda stream: write_labels(stream, labels, images, attributes))


def reject_catalog(catalog: Catalog) -> None:
    """Reject, before any work is done, a catalog that can't be written.

    Raises:
        FsimError: it has pixels and no image files.
    """
    if catalog.pixels is not None:
        raise FsimError("this data set has no image files that a table could name; use it by its name")


def reject_catalog_file(file: Path, overwrite: bool = False) -> None:
    """Reject, before any work is done, a file that exists already or can't be written.

    Raises:
        FsimError: it is there and may not be overwritten, has an ending that says no form, or no folder.
    """
    if file.suffix.lower() not in FORMS:
        raise FsimError(f"{file} ends in none of {', '.join(FORMS)}; name it so")
    for one in (file, labels_file(file)):
        if one.exists() and not overwrite:
            raise FsimError(f"{one} is there already; move it away, or name another file")
    if not file.absolute().parent.is_dir():
        raise FsimError(f"there is no folder {file.absolute().parent} to write {file.name} to; make it first")


def _relative(catalog: Catalog, file: Path) -> list[str]:
    prefix = os.path.relpath(catalog.root.absolute(), file.absolute().parent)
    return [
        os.path.normpath(os.path.join(prefix, image)).replace(os.sep, "/")  # noqa: PTH118
        for image in catalog.frame["image"]
    ]


def _csv(frame: pd.DataFrame) -> bytes:
    text = catalog_table(frame).to_csv(index=False, lineterminator="\n")
    return text.encode("utf-8" if text.isascii() else "utf-8-sig")


def _jsonl(frame: pd.DataFrame) -> bytes:
    rows = ({**row, "caption": _caption(row["caption"])} for row in frame[list(CATALOG_COLUMNS)].to_dict("records"))
    rows = ({key: value for key, value in row.items() if value} for row in rows)
    return "".join(json.dumps(row, ensure_ascii=False, default=float) + "\n" for row in rows).encode()


def _caption(value: Any) -> str | list[str]:
    """A list also of one that begins as the JSON text of a list does, and would be read as such."""
    captions = captions_of(value)
    return captions if captions and captions[0].startswith("[") else caption_value(captions)


def _parquet(frame: pd.DataFrame) -> bytes:
    """As the csv, attributes and captions as JSON too, because a column has one type and these differ; boxes are
    lists."""
    table = catalog_table(frame)
    boxes = [None if box is None else [float(edge) for edge in box] for box in frame["box"]]
    table["box"] = pd.Series(boxes, dtype=object)
    content = io.BytesIO()
    table.to_parquet(content, engine="pyarrow", index=False)
    return content.getvalue()


FORMS = {".csv": _csv, ".jsonl": _jsonl, ".parquet": _parquet}

"""The file of attributes beside a table: cells say what an image has, this file says what it lacks and what is unknown.

`metadata.csv.attributes.npz` beside `metadata.csv`, arrays of numpy without pickled objects:

    names, types  [A] of text
    values        int8 [N, A]: 1 has it, -1 has it not, 0 unknown
    rows          uint64 [N]: of each row's path and cell a hash, so that rows may be left out of the table or sorted
                  otherwise, and none whose cell was changed is taken for what it was
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from fsim.errors import FsimError
from fsim.functional.labels.attribute_labels import AttributeLabels

HASH_BYTES = 8
ENDING = ".attributes.npz"


def labels_file(table: Path) -> Path:
    """Return the path of the file beside a table."""
    return table.with_name(table.name + ENDING)


def write_labels(
    stream: IO[bytes], labels: AttributeLabels, images: Sequence[str], attributes: Sequence[Mapping[str, Any]]
) -> None:
    """Write the labels of a table whose columns `image` and `attributes` are these."""
    np.savez_compressed(
        stream,
        names=np.array(labels.names, np.str_),
        types=np.array(labels.types, np.str_),
        values=labels.values,
        rows=_hashes(images, attributes),
    )


def read_labels(file: Path, images: Sequence[str], attributes: Sequence[Mapping[str, Any]]) -> AttributeLabels:
    """Read the labels of a table whose columns `image` and `attributes` are these.

    Raises:
        FsimError: the file can't be read, or a row of the table is not in it as it is.
    """
    action = f"write the table again by fsim data meta, or remove {file.name} to go by the table alone"
    try:
        with np.load(file, allow_pickle=False) as content:
            names, types, values, rows = (content[key] for key in ("names", "types", "values", "rows"))
        if values.dtype != np.int8 or values.shape != (len(rows), len(names)) or len(names) != len(types):
            raise ValueError("its arrays do not fit each other")
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise FsimError(f"cannot read {file}: {error}; {action}") from error
    place = {row: number for number, row in enumerate(rows.tolist())}
    found = [place.get(row, -1) for row in _hashes(images, attributes).tolist()]
    others = [image for image, row in zip(images, found, strict=True) if row < 0]
    if others:
        raise FsimError(
            f"{file} is of another table: {len(others)} of {len(images)} rows were added to this one or have other "
            f"paths or attributes (first: {others[0]}); {action}"
        )
    return AttributeLabels(names.tolist(), types.tolist(), values[found])


def _hashes(images: Sequence[str], attributes: Sequence[Mapping[str, Any]]) -> npt.NDArray[np.uint64]:
    hashes = [
        hashlib.blake2b(
            json.dumps(
                [image, {kind: value for kind, value in of.items() if value is not None}], sort_keys=True
            ).encode(),
            digest_size=HASH_BYTES,
        ).digest()
        for image, of in zip(images, attributes, strict=True)
    ]
    return np.frombuffer(b"".join(hashes), np.dtype("<u8")).astype(np.uint64)

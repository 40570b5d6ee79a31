"""The last column of list_eval_partition.txt: the part of a benchmark that an image is in."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from fsim.errors import FsimError
from fsim_plugins.deepfashion.annotation_file import shown


def require_parts(file: Path, parts: Iterable[tuple[str, str]], valid: Iterable[str]) -> None:
    """Refuse an image whose part the benchmark does not have.

    Args:
        parts: (image, part) of each row.
        valid: the benchmark's words.

    Raises:
        FsimError: a part is none of them.
    """
    words = tuple(valid)
    for image, part in parts:
        if part not in words:
            raise FsimError(f"{file}: '{shown(part)}' of {shown(image)} is none of {', '.join(words)}; fix this row")

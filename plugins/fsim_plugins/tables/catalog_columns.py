"""Which columns of a table are those of a catalog, and which ones nobody reads."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

from fsim.errors import FsimError, nearest
from fsim.interfaces import CATALOG_COLUMNS

log = logging.getLogger("fsim.tables")


def catalog_columns(file: Path, names: Iterable[str]) -> list[str]:
    """The catalog's columns that a table has, in the catalog's order. The others are ignored, which is logged.

    Args:
        names: the columns of the table, as often as they stand in it.

    Raises:
        FsimError: there is no column `image`; a catalog's column is there twice; or a column that would be ignored is
            one by another spelling: in other letter case, with blanks around it, or, of one that is missing, misspelt.
    """
    count = Counter(iter(names))
    if "image" not in count:
        raise FsimError(f"{file} has no column 'image'{nearest('image', count)}; name its column of paths so")
    found = [name for name in CATALOG_COLUMNS if name in count]
    for name in found:
        if count[name] > 1:
            raise FsimError(f"{file} has {count[name]} columns '{name}'; rename or remove all but one")
    ignored = [name for name in count if name not in CATALOG_COLUMNS]
    for name in ignored:
        meant = _meant(name, found)
        if meant is not None:
            raise FsimError(
                f"{file} has a column '{name}', which would be ignored; if it is the catalog's '{meant}', name it so, "
                f"else name it less alike"
            )
    if ignored:
        log.warning(
            "%s: ignored are the columns %s; those that are read are %s",
            file,
            ", ".join(f"'{name}'" for name in ignored),
            ", ".join(CATALOG_COLUMNS),
        )
    return found


def _meant(name: str, found: Iterable[str]) -> str | None:
    """The column of a catalog that another name is likely to mean: of those found only by its letters, because beside
    `item` there may well be an `item_id`."""
    plain = name.strip().lower()
    if plain in CATALOG_COLUMNS:
        return plain
    close = get_close_matches(plain, sorted(set(CATALOG_COLUMNS) - set(found)), n=1, cutoff=0.6)
    return close[0] if close else None

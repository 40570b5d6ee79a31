"""Attributes as a matrix: for each image and attribute, whether the image has it, has it not, or nobody knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fsim.errors import FsimError

HAS, HAS_NOT, UNKNOWN = 1, -1, 0
BYTES_IN_MEMORY = 2**31


class AttributeCounts(NamedTuple):
    """Of each attribute, how many images are known to have it, and how many to have it not."""

    having: npt.NDArray[np.int64]  # [A]
    lacking: npt.NDArray[np.int64]  # [A]


@dataclass(frozen=True)
class AttributeLabels:
    """Attributes of N images. A name is unique within its type.

    names   [A] such as `striped`
    types   [A] the type of each, such as `pattern`
    values  int8 [N, A]: 1 has it, -1 has it not, 0 unknown
    """

    names: list[str]
    types: list[str]
    values: npt.NDArray[np.int8]

    def take(self, rows: npt.NDArray[np.int64]) -> AttributeLabels:
        """Return the labels of some images."""
        return AttributeLabels(self.names, self.types, self.values[rows])

    def counts(self) -> AttributeCounts:
        """Count how often each attribute is known to be there, and not to be there."""
        return AttributeCounts(*((self.values == value).sum(0, dtype=np.int64) for value in (HAS, HAS_NOT)))

    def beside(self, other: AttributeLabels) -> AttributeLabels:
        """Join these attributes and others of the same images."""
        values = np.concatenate([self.values, other.values], axis=1)
        return AttributeLabels(self.names + other.names, self.types + other.types, values)


def attribute_labels(attributes: Sequence[Mapping[str, Any]]) -> AttributeLabels:
    """The matrix of a catalog's column `attributes`, sorted by type and name.

    `{"pattern": "striped"}` says of all patterns that some image has: this one yes, the others no. A list says so of
    several, an empty one of none; true and false make an attribute of the type itself. Of a type that an image's
    mapping lacks, or has as null or "", nothing is known.

    Raises:
        FsimError: there are so many attributes and images that the matrix would take more than 2 GiB.
    """
    found: dict[str, set[str]] = {}
    for mapping in attributes:
        for kind, value in mapping.items():
            found.setdefault(str(kind), set()).update(_names(str(kind), value))
    pairs = [(kind, name) for kind in sorted(found) for name in sorted(found[kind])]
    if len(pairs) * len(attributes) > BYTES_IN_MEMORY:
        raise FsimError(
            f"{len(pairs)} attributes of {len(attributes)} images would take more than 2 GiB; leave those out of the "
            f"catalog that name single images, such as prices or ids"
        )
    values = np.zeros((len(attributes), len(pairs)), np.int8)
    place = {pair: column for column, pair in enumerate(pairs)}
    columns = {kind: [place[kind, name] for name in names] for kind, names in found.items()}
    for row, mapping in zip(values, attributes, strict=True):
        for kind, value in mapping.items():
            if value is None or value == "":
                continue
            row[columns[str(kind)]] = HAS_NOT
            if value is not False:
                row[[place[str(kind), name] for name in _names(str(kind), value)]] = HAS
    return AttributeLabels([name for _, name in pairs], [kind for kind, _ in pairs], values)


def _names(kind: str, value: Any) -> list[str]:
    if isinstance(value, bool):
        return [kind]
    if isinstance(value, list | tuple | set):
        return [str(one) for one in value]
    return [] if value is None or value == "" else [str(value)]

"""How far an exported model is from the run's own network, on real images.

Shape legend: N images, D embedding.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from fsim.export.formats import Exported, Pixels
    from fsim.interfaces import Vectors

BATCH_SIZES = (1, 2, 17)
MOST_IMAGES = 256


@dataclass(frozen=True)
class Parity:
    """The differences between two networks' outputs of the same images.

    max_difference  the largest absolute difference of each output; NaN or infinite where an output is
    largest         the largest absolute value of each output, that one may judge by
    min_cosine      of the two embeddings of an image, the least
    """

    max_difference: dict[str, float]
    largest: dict[str, float]
    min_cosine: float

    def within(self, tolerance: float) -> bool:
        """Return whether all outputs are that near; NaN is not."""
        return all(difference <= tolerance for difference in self.max_difference.values())

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        """`embedding differs by at most 1.2e-06 of 3.1 (cosine at least 0.9999999), logits by at most 2e-05 of 7.4`"""
        parts: list[str] = []
        for name, difference in self.max_difference.items():
            verb = "" if parts else "differs "
            cosine = f" (cosine at least {self.min_cosine:.7f})" if name == "embedding" else ""
            parts.append(f"{name} {verb}by at most {difference:.1e} of {self.largest[name]:.2g}{cosine}")
        return ", ".join(parts)


def compare_outputs(expected: Mapping[str, Vectors], found: Mapping[str, Vectors]) -> Parity:
    """Compare {name: [N, ...]} of the run's network with those of the exported one."""
    with np.errstate(invalid="ignore"):  # infinite values give NaN, which is within nothing
        return Parity(
            {name: float(np.abs(found[name] - values).max()) for name, values in expected.items()},
            {name: float(np.abs(values).max()) for name, values in expected.items()},
            float(_cosines(expected["embedding"], found["embedding"]).min()),
        )


def run_in_batches(model: Exported, images: Pixels) -> dict[str, Vectors]:
    """Run a model on uint8 [N, S, S, 3], in batches of 1, 2, 17, 1, ... images. Where there are too few for one batch
    of each size, some images go through it twice."""
    parts: dict[str, list[Vectors]] = {}
    rows = np.resize(np.arange(len(images)), max(len(images), sum(BATCH_SIZES)))
    for batch in _batches(len(rows)):
        for name, values in model(np.ascontiguousarray(images[rows[batch]])).items():
            parts.setdefault(name, []).append(values)
    return {name: np.concatenate(values)[: len(images)] for name, values in parts.items()}


def _batches(total: int) -> Iterator[slice]:
    start = turn = 0
    while start < total:
        size = BATCH_SIZES[turn % len(BATCH_SIZES)]
        yield slice(start, start + size)
        start, turn = start + size, turn + 1


def _cosines(first: Vectors, second: Vectors) -> Vectors:
    """[N, D], [N, D] -> [N]; of equal vectors 1, of zeros too."""
    first, second = first.astype(np.float64), second.astype(np.float64)
    lengths = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    cosines = (first * second).sum(axis=1) / np.where(lengths == 0, 1, lengths)
    return np.where((first == second).all(axis=1), 1.0, cosines)

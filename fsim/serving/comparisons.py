"""Side by side, blind: the answers of two indexes to one query, and which of them stood where."""

from __future__ import annotations

import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

from fsim.serving.refused import RefusedError
from fsim.serving.served import Served

SIDES = ("left", "right")
KEPT = 1_000  # comparisons; older ones can't be voted on any more


@dataclass
class Shown:
    """What one side shows: rows of a generation of an index."""

    name: str
    served: Served
    rows: Sequence[int]


@dataclass
class Comparison:
    query: str
    crop: str
    filters: str
    k: int
    sides: dict[str, Shown]
    voted: bool = field(default=False)


class Comparisons:
    """The last ones, by a token that says nothing of them."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Comparison] = OrderedDict()
        self._secret = secrets.token_bytes(16)

    def swapped(self, query: str) -> bool:
        """Whether the first index stands on the right: by chance, the same for a query each time."""
        return bool(hashlib.blake2b(query.encode(), key=self._secret, digest_size=1).digest()[0] & 1)

    def keep(self, comparison: Comparison) -> str:
        """Its token."""
        token = secrets.token_urlsafe(12)
        self._kept[token] = comparison
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return token

    def get(self, token: str) -> Comparison:
        """Raises:
        RefusedError: it is not kept.
        """
        if token not in self._kept:
            raise RefusedError(404, "this comparison is over: search again")
        return self._kept[token]

    def image(self, token: str, side: str, place: int) -> tuple[Served, int]:
        """Where an image of a comparison is.

        Raises:
            RefusedError: there is none.
        """
        shown = self.get(token).sides.get(side)
        if shown is None or not 0 <= place < len(shown.rows):
            raise RefusedError(404, "there is no such image")
        return shown.served, shown.rows[place]

"""An index that is served while `fsim index` may replace it on the disk."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from fsim.errors import FsimError
from fsim.search.generations import CURRENT, Generations
from fsim.serving.served import Served

LOOK_EVERY = 1.0  # seconds

log = logging.getLogger("fsim.serving")


class LiveIndex:
    """`now` is what is served. Queries in flight end with what they began with.

    Args:
        place: RUN/indexes/NAME.
        run: whose network embeds the queries.

    Raises:
        FsimError: it can't be served; see `Served.open`.
    """

    def __init__(self, place: Path, run: Path) -> None:
        self.place, self.run = place, run
        self._seen = self._stamp()
        self.now = Served.open(place, run, self._generation())

    @property
    def name(self) -> str:
        """What people call it: the run, and the index where it is not the only one."""
        return f"{self.now.index.passport.made.run_name}/{self.place.name}"

    def refresh(self) -> bool:
        """Serve what is on the disk now, if it changed; whether it did. What can't be served is logged, and what was
        there before stays."""
        stamp = self._stamp()
        if stamp == self._seen:
            return False
        self._seen = stamp
        try:
            self.now = Served.open(self.place, self.run, self._generation(), self.now.embedder)
        except FsimError as error:
            log.error("index not replaced", extra={"told": {"index": str(self.place), "cause": str(error)}})
            return False
        log.info("index replaced", extra={"told": {"index": str(self.place), "images": len(self.now.index.images)}})
        return True

    async def watch(self) -> None:
        """Look once a second, until cancelled; what is new is opened beside the queries."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            if self._stamp() != self._seen:
                await asyncio.to_thread(self.refresh)

    def _stamp(self) -> tuple[int, int]:
        try:
            found = (self.place / CURRENT).stat()
        except OSError:  # moved away: what is in memory is served on
            return (0, 0)
        return (found.st_mtime_ns, found.st_ino)

    def _generation(self) -> str:
        current = Generations(self.place).current()
        return "" if current is None else f"{current.name}-{self._seen[0]}"

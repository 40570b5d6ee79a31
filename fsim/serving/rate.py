"""How often a client may ask: a bucket of tokens for each address, filled steadily."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

BURST_SECONDS = 10.0  # of tokens that a full bucket holds
CLIENTS = 10_000  # that are remembered; who was not seen for longest is forgotten, with a full bucket


class Rate:
    """
    Args:
        per_second: Tokens that come in, for each client; 0: nobody is counted.
        clock: Seconds.
    """

    def __init__(self, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_second, self.clock = per_second, clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens, and when that was

    def wait(self, client: str) -> float:
        """Take a token: 0, or the seconds until there is one."""
        if not self.per_second:
            return 0.0
        now, most = self.clock(), max(1.0, self.per_second * BURST_SECONDS)
        tokens, before = self._buckets.pop(client, (most, now))
        tokens = min(most, tokens + (now - before) * self.per_second)
        missing = max(0.0, 1 - tokens)
        self._buckets[client] = (tokens if missing else tokens - 1, now)
        if len(self._buckets) > CLIENTS:
            self._buckets.popitem(last=False)
        return missing / self.per_second

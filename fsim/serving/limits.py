"""Limits of what the server accepts from clients."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Limits that `fsim serve` has options for.

    upload_mb    of a request's body, in 10^6 bytes
    megapixels   of a JPEG, of which a fraction is decoded; of another picture a third of it, see `uploads`
    k            answers to a query
    rate         requests a second for each client, with bursts of ten seconds of them; 0: no limit
    in_flight    queries that are answered at the same time; further ones are refused for the moment
    connections  open at the same time
    max_batch    queries in one forward pass
    """

    upload_mb: float = 10
    megapixels: float = 25
    k: int = 200
    rate: float = 0
    in_flight: int = 256
    connections: int = 512
    max_batch: int = 32

    @property
    def upload_bytes(self) -> int:
        return int(self.upload_mb * 1e6)


TEXT = 200  # letters of a form's field
FIELD_BYTES = 16_384  # of a form's field: so many are read to say what is wrong with it
FIELDS = 40  # of a form
HEADER_SECONDS = 10.0  # until a request's header has arrived
BODY_SECONDS = 30.0  # until its body has arrived
STOP_SECONDS = 10  # for queries in flight to end after the server was told to stop

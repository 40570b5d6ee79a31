"""What the server counts of itself, for Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
SIZES = (1, 2, 4, 8, 16, 32, 64)


class Metrics:
    """Labels are routes, never what a client wrote: there are few of them."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "fsim_requests", "Requests by route and status", ["method", "route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "fsim_request_seconds", "Seconds of a request", ["route"], buckets=SECONDS, registry=self.registry
        )
        self.batch = Histogram("fsim_batch_size", "Queries answered together", buckets=SIZES, registry=self.registry)
        self.in_flight = Gauge("fsim_queries_in_flight", "Queries being answered", registry=self.registry)
        self.images = Gauge("fsim_index_images", "Images of the index", ["index"], registry=self.registry)
        self.votes = Counter("fsim_votes", "Votes of comparisons", registry=self.registry)

    def text(self) -> bytes:
        return generate_latest(self.registry)

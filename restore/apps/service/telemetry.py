"""What a service tells of itself to Prometheus."""

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)
"""Ends of the ranges in which durations are counted."""


class Telemetry:
    """Counts requests, in a registry of its own: several services may live in one process."""

    MEDIA_TYPE = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "restore_requests", "Requests that were answered", ["path", "status"], registry=self.registry
        )
        self._seconds = Histogram(
            "restore_request_seconds",
            "From the first byte of a request to the last of its answer",
            ["path"],
            buckets=SECONDS,
            registry=self.registry,
        )
        self.taken = Gauge("restore_requests_taken", "Requests that wait or are worked on", registry=self.registry)

    def answered(self, path: str, status: int, seconds: float) -> None:
        """Count an answer."""
        self._requests.labels(path, str(status)).inc()
        self._seconds.labels(path).observe(seconds)

    def text(self) -> bytes:
        """All of it, as Prometheus reads it."""
        return generate_latest(self.registry)

"""What is counted for the operators, in Prometheus's format; `app.operations` shows it."""

import os

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, multiprocess


class Metrics:
    """What is counted: by this process, or, under gunicorn, by all workers together."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "guerdon_requests",
            "Requests by route, method and status.",
            ["route", "method", "status"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "guerdon_request_seconds", "Seconds to answer, by route.", ["route"], registry=self.registry
        )

        self.unrewarded = Counter(
            "guerdon_unrewarded",
            "What customers did that a campaign did not reward, by the reason that comes first.",
            ["reason"],
            registry=self.registry,
        )

    def text(self) -> bytes:
        """In Prometheus's text format."""
        registry = self.registry
        if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
            registry = CollectorRegistry()
            multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)

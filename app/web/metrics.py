"""What is counted for the operators, in Prometheus's format; `app.operations` shows it."""

import os
from collections.abc import Collection

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, multiprocess
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector


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

        self.lists = Counter(
            "guerdon_lists",
            "Lists, where there is a replica, by what they were read from.",
            ["source"],
            registry=self.registry,
        )

    def text(self, now: Collection[GaugeMetricFamily] = ()) -> bytes:
        """In Prometheus's text format; with what is measured `now`, rather than counted."""
        registry = self.registry
        if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
            registry = CollectorRegistry()
            multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        measured = CollectorRegistry()
        measured.register(_Measured(now))
        return generate_latest(registry) + generate_latest(measured)


class _Measured(Collector):
    def __init__(self, families: Collection[GaugeMetricFamily]) -> None:
        self._families = families

    def collect(self) -> Collection[GaugeMetricFamily]:
        return self._families

"""Figures for Prometheus: how fast, how many, how sure. No words, no ids.

With several workers each writes its figures to files that whoever is asked adds up
(`PROMETHEUS_MULTIPROC_DIR`, which `wuwei serve --workers` sets before this is imported).
"""

import os
from collections.abc import Mapping
from typing import Any

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

CONTENT_TYPE = CONTENT_TYPE_LATEST
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Metrics:
    """The figures of one application."""

    def __init__(self) -> None:
        own = self._registry = CollectorRegistry()
        self._requests = Histogram(
            "wuwei_request_seconds",
            "Time from the first byte of a request to the last of its answer.",
            ["method", "route", "status"],
            buckets=_SECONDS,
            registry=own,
        )
        self._items = Counter(
            "wuwei_items", "Messages tagged, by category.", ["category"], registry=own
        )
        self._review = Counter(
            "wuwei_items_for_review", "Messages a person should look at.", registry=own
        )
        self._waiting = Gauge(
            "wuwei_waiting",
            "Messages computed or waiting to be.",
            registry=own,
            multiprocess_mode="livesum",
        )
        self._model = Gauge(
            "wuwei_model_info",
            "1 for the model that serves.",
            ["model"],
            registry=own,
            multiprocess_mode="livemax",
        )
        self._serving = ""

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request."""
        self._requests.labels(method, route, str(status)).observe(seconds)

    def count(self, item: Mapping[str, Any]) -> None:
        """Count a tagged item."""
        self._items.labels(item["category"]).inc()
        if item["needs_review"]:
            self._review.inc()

    def render(self, *, waiting: int, model: str) -> bytes:
        """Return the figures as Prometheus reads them."""
        self._waiting.set(waiting)
        if self._serving and self._serving != model:
            self._model.labels(self._serving).set(0)
        self._serving = model
        self._model.labels(model).set(1)
        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            return generate_latest(self._registry)
        everybody = CollectorRegistry()
        MultiProcessCollector(everybody)  # type: ignore[no-untyped-call]
        return generate_latest(everybody)


def forget_process(pid: int) -> None:
    """Drop the gauges of a worker that has ended; its counters stay in the sums."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        mark_process_dead(pid)  # type: ignore[no-untyped-call]

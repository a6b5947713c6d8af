"""What a service counts, in the form that Prometheus reads."""

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_SENTENCES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Metrics:
    """The counters of one service, in a registry of their own.

    Attributes:
        requests: Answered requests, by status.
        texts: Texts that were translated.
        seconds: From the arrival of a request to its answer.
        batches: Texts a batch.
        waiting: Texts that are accepted and not answered.
    """

    def __init__(self):
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "translator_requests",
            "Requests, by status",
            ["status"],
            registry=self.registry,
        )
        self.texts = Counter(
            "translator_texts", "Texts translated", registry=self.registry
        )
        self.seconds = Histogram(
            "translator_request_seconds",
            "From request to answer",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.batches = Histogram(
            "translator_batch_texts",
            "Texts a batch",
            buckets=_SENTENCES,
            registry=self.registry,
        )
        self.waiting = Gauge(
            "translator_waiting_texts",
            "Texts accepted and not answered",
            registry=self.registry,
        )

    def text(self) -> bytes:
        """All of it, as Prometheus reads it."""
        return generate_latest(self.registry)

"""What Prometheus is told of the intake's batches."""

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

import prometheus_client

from leadyard.intake.model import IntakeResult
from leadyard.kit.metrics import BATCHES, LEADS


def count_results(results: Sequence[IntakeResult | None]) -> None:
    """Tell Prometheus of a batch; a candidate that is decided later counts then."""
    codes = Counter(result.code for result in results if result is not None)
    if codes:
        BATCHES.observe(codes.total())
    for code, count in codes.items():
        _leads_of(code).inc(count)


@lru_cache(maxsize=64)
def _leads_of(code: int) -> prometheus_client.Counter:
    return LEADS.labels(code)

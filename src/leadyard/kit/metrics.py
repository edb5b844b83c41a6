"""What Prometheus sees: counters of this process, summed over all processes of the machine when they are served."""

import os

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

CONTENT_TYPE = CONTENT_TYPE_LATEST

REQUESTS = Counter("leadyard_http_requests", "HTTP requests answered.", ["part", "status"])
BATCHES = Histogram(
    "leadyard_intake_batch_leads",
    "Leads per transaction of the intake.",
    buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256),
)
LEADS = Counter("leadyard_intake_leads", "Leads decided by the intake, by response code.", ["code"])
ATTEMPTS = Counter("leadyard_delivery_attempts", "Delivery attempts that ended, by outcome.", ["outcome"])
WEBHOOKS = Counter("leadyard_webhook_messages", "Webhook messages, by outcome.", ["outcome"])


def exposition(gauges: dict[str, tuple[str, float]]) -> bytes:
    """Write all metrics in Prometheus's text form, with gauges as name to (help, value) read just now."""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        body = generate_latest(registry)
    else:
        body = generate_latest()
    lines = [f"# HELP {n} {text}\n# TYPE {n} gauge\n{n} {value}\n" for n, (text, value) in gauges.items()]
    return body + "".join(lines).encode()

"""Prometheus is told what the intake decided, and in batches of what size."""

import asyncio

from prometheus_client import REGISTRY
from tests.exchange import Exchange

from leadyard.intake.model import ACCEPTED


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def test_every_decided_lead_is_counted_by_its_code(exchange: Exchange) -> None:
    await exchange.campaign()
    accepted = value("leadyard_intake_leads_total", code=str(ACCEPTED))
    duplicates = value("leadyard_intake_leads_total", code="-2")
    batched = value("leadyard_intake_batch_leads_sum")
    batches = value("leadyard_intake_batch_leads_count")

    results = await asyncio.gather(*(exchange.submit(number) for number in (1, 2, 3, 3)))

    assert sorted(result.code for result in results) == [-2, 1, 1, 1]
    assert value("leadyard_intake_leads_total", code=str(ACCEPTED)) - accepted == 3
    assert value("leadyard_intake_leads_total", code="-2") - duplicates == 1
    assert value("leadyard_intake_batch_leads_sum") - batched == 4
    assert 1 <= value("leadyard_intake_batch_leads_count") - batches <= 4

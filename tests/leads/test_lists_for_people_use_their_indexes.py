"""What waits for a person is found by small indexes of its own, however many leads there are."""

import pytest
from tests.desk import Desk

from leadyard.leads.model import AttemptState, SystemStatus
from leadyard.leads.reading import LeadFilter, page_query
from leadyard.storage.database import compiled


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (LeadFilter(attempt=AttemptState.UNKNOWN), "ix_delivery_attempts_unknown"),
        (LeadFilter(system_status=SystemStatus.QUARANTINED), "ix_leads_quarantined"),
    ],
)
async def test_the_list_uses_its_index_whatever_the_parameters(
    desk: Desk, wanted: LeadFilter, index: str
) -> None:
    setup = await desk.configuration.current(desk.account_id)
    sql, values = compiled(page_query(setup, wanted, 50))
    async with desk.database.unit_of_work() as connection:
        await connection.execute(
            "SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL enable_seqscan = off"
        )
        plan = await connection.fetch(f"EXPLAIN {sql}", *values)

    assert index in "\n".join(row[0] for row in plan)

"""A returned lead is no sale before or after, and its supplier keeps what it kept."""

from pathlib import Path

import pytest
from tests.replay.market import new_day, pounds, sums

from leadyard.leads.after_sale.model import Ask
from leadyard.storage.database import Database


@pytest.mark.parametrize(("reverse_payout", "payout"), [(True, "10.5"), (False, "14")])
async def test_a_returned_lead_counts_on_neither_side(
    database: Database, dsn: str, tmp_path: Path, *, reverse_payout: bool, payout: str
) -> None:
    day = await new_day(database, dsn, tmp_path)
    campaign = await day.desk.campaign()
    buyer = await day.desk.buyer()
    await day.desk.delivery(campaign.id, buyer)
    first, *_ = await day.desk.sold(*range(4))
    ask = Ask(buyer, "DNCC", reverse_payout)
    assert await day.desk.after_sale.return_leads(day.desk.principal, [first], ask) == {first: ""}
    before, after = sums(await day.replayed())
    assert after == before
    assert after["GBP", buyer].sales == 3
    assert after["GBP", buyer].revenue == 3 * pounds("12.5")
    assert after["GBP", buyer].payout == pounds(payout)

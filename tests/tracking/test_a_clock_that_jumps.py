"""A clock that jumps does not undo what visits brought: only time that has really passed ends a credit."""

from datetime import timedelta

import pytest
from tests.tracking.conftest import SHOP, Site

from leadyard.ledger.audit import audit

DAY = timedelta(days=1)


async def credited(site: Site, code: str) -> int | None:
    visitor, _ = await site.visit("t-1", url=f"{SHOP}?afmc={code}")
    return visitor.credit.affiliate_id


@pytest.mark.parametrize("back", [timedelta(hours=1), 40 * DAY, 4000 * DAY])
async def test_a_clock_that_is_put_back_ends_no_credit(site: Site, back: timedelta) -> None:
    site.rules(look_back_days=30)
    assert await credited(site, "ann") == 21
    site.now -= back
    assert await credited(site, "bob") == 21
    site.now += back
    assert await credited(site, "bob") == 21
    site.now += 31 * DAY
    assert await credited(site, "bob") == 22
    async with site.database.connection() as connection:
        assert await audit(connection, site.account_id) == []


async def test_a_clock_that_was_ahead_leaves_a_history_that_can_be_recounted(site: Site) -> None:
    site.rules(look_back_days=30)
    assert await credited(site, "ann") == 21
    site.now += 300 * DAY
    assert await credited(site, "bob") == 22
    site.now -= 300 * DAY
    assert await credited(site, "ann") == 22
    visitor, _ = await site.visit("t-1")
    person = await site.lead("jo@example.com", visitor)
    assert person.credit.affiliate_id == 22
    assert len(await site.exchange.rows("touches")) >= 4
    async with site.database.connection() as connection:
        assert await audit(connection, site.account_id) == []

"""A posted lead that carries the tracking id of its page earns the visitor's affiliate its share."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from tests.affiliates.commissions.test_shares_of_sold_leads import Market, market

from leadyard.affiliates.program import service as programs
from leadyard.tracking import service as tracking
from leadyard.tracking.model import Arrival, Visitor

__all__ = ["market"]

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


async def came(market: Market, code: str | None = "child") -> Visitor:
    """Somebody who came by an affiliate's link and left no address."""
    async with market.database.unit_of_work() as connection:
        program = await programs.read(connection, market.account_id)
        visitor, _ = await tracking.arrive(
            connection, market.account_id, program, Arrival(code=code), NOW, tracking_code=str(uuid4())
        )
    return visitor


async def post(market: Market, **more: str) -> int:
    form = {"campid": "CARS", "sid": "1", "phone1": "07700900123", "firstname": "Jo", "lastname": "B", **more}
    answer = await market.http.post("/restapi/v1.3/leads", json=form)
    assert answer.json()["status"] == "Success", answer.text
    return int((await market.rows("leads"))[-1]["id"])


async def test_its_address_becomes_a_person_with_the_visitors_credit(market: Market) -> None:
    visitor = await came(market)
    lead_id = await post(market, email="jo@example.com", trackingid=visitor.tracking_code)
    await market.settle()
    person = await market.person("jo@example.com")
    assert (person.latest_visitor_id, person.credit.affiliate_id) == (
        visitor.id,
        visitor.credit.affiliate_id,
    )
    assert await market.shares() == ["2.5 GBP due", "0.62 GBP due"]
    [one, _] = await market.listed()
    assert (one.lead_id, one.person_id) == (lead_id, person.id)
    assert await market.differences() == []


async def test_a_lead_without_an_address_earns_by_its_visitor(market: Market) -> None:
    visitor = await came(market)
    lead_id = await post(market, trackingid=visitor.tracking_code)
    await market.settle()
    assert await market.shares() == ["2.5 GBP due", "0.62 GBP due"]
    [one, _] = await market.listed()
    assert (one.visitor_id, one.person_id, one.touch_id) == (visitor.id, None, visitor.credit.touch_id)
    await market.pay()
    await market.give_back(lead_id)
    assert await market.shares() == ["2.5 GBP paid", "0.62 GBP paid", "-2.5 GBP due", "-0.62 GBP due"]
    assert [c.visitor_id for c in await market.listed()] == [visitor.id] * 4
    assert await market.differences() == []


async def test_a_visitor_who_is_known_by_another_address_earns_by_that_person(market: Market) -> None:
    known = await market.visitor("jo@example.com", "child", NOW)
    async with market.database.connection() as connection:
        visitor = await tracking.find_visitor(
            connection, market.account_id, visitor_id=known.latest_visitor_id
        )
    assert visitor is not None
    await post(market, trackingid=visitor.tracking_code)
    await market.settle()
    assert [c.person_id for c in await market.listed()] == [known.id] * 2


@pytest.mark.parametrize("code", ["{{leaddyno.visit.id}}", "nobody's", "x" * 3000])
async def test_an_id_that_nobody_knows_moves_nothing(market: Market, code: str) -> None:
    await post(market, email="jo@example.com", trackingid=code)
    await market.settle()
    assert await market.shares() == []
    (person,) = await market.rows("people")
    assert (person["affiliate_id"], person["latest_visitor_id"]) == (None, None)
    assert await market.rows("affiliate_occasions") == []

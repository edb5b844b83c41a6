"""A tracked person posts a lead form; it is sold, and the affiliate earns its share of what the lead really brings."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from tests.affiliates.shop import Shop, new_shop, shown
from tests.delivery.buyers import Buyer, Call, buyer

from leadyard.affiliates.affiliates import service as affiliates
from leadyard.affiliates.commissions import store
from leadyard.affiliates.commissions.booking import Booking
from leadyard.affiliates.model import Program
from leadyard.affiliates.plans.service import plans
from leadyard.app import Services
from leadyard.identity.versions import bump_version
from leadyard.kit.money import to_micros
from leadyard.leads.after_sale.model import Ask
from leadyard.people import service as people
from leadyard.storage.database import Database
from leadyard.tracking import service as tracking
from leadyard.tracking.model import TouchSource
from leadyard.web import Web

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SHARES = (
    {"pays_for": "sold_lead", "percent": "20"},
    {"pays_for": "sold_lead", "percent": "5", "level": 1},
)


async def take(call: Call) -> None:
    await call.answer('{"status": "accepted"}')


class Market(Shop):
    """A shop that also sells leads at 12.5 GBP to a buyer over HTTP."""

    http: httpx.AsyncClient
    buyer_id: int

    async def post(self, email: str, phone: str = "07700900123") -> int:
        """Post a lead form through LeadByte's API."""
        form = {
            "campid": "CARS",
            "sid": "1",
            "email": email,
            "phone1": phone,
            "firstname": "Jo",
            "lastname": "B",
        }
        answer = await self.http.post("/restapi/v1.3/leads", json=form)
        assert answer.json()["status"] == "Success", answer.text
        return int((await self.rows("leads"))[-1]["id"])

    async def settle(self) -> None:
        """Let the workers sell what waits and share out what it brought."""
        await self.work()
        while await self.worker.work_once(datetime.now(UTC)):
            pass

    async def shares(self) -> list[str]:
        return [f"{shown(c.amount)} {c.currency} {c.status}" for c in await self.listed()]

    async def give_back(self, lead_id: int) -> None:
        ask = Ask(self.buyer_id, "DNCC", reverse_payout=True)
        assert await self.after_sale.return_leads(self.principal, [lead_id], ask) == {lead_id: ""}
        await self.settle()

    async def reprice(self, lead_id: int, revenue: str) -> None:
        changed = await self.leads.change_financials(
            self.principal, [lead_id], revenue=to_micros(Decimal(revenue))
        )
        assert changed == {lead_id: ""}
        await self.settle()

    async def pay(self) -> None:
        """Mark everything as paid, as a payout does."""
        async with self.database.unit_of_work() as connection:
            for one in await self.listed(status="due"):
                rows = await store.lock(connection, self.account_id, "id", one.id)
                booking = Booking(self.ledger, self.account_id, datetime.now(UTC))
                booking.pay(rows, "a payout")
                await booking.write(connection)


@pytest.fixture
async def market(database: Database, dsn: str, tmp_path: Path) -> AsyncIterator[Market]:
    made = await new_shop(database, dsn, tmp_path)
    market = Market(made.database, made.actor, made.principal, made.key)
    market.dsn, market.settings = dsn, made.settings
    await market.plan("shares", *SHARES, currency="GBP")
    await market.line_of("child", "parent")
    campaign = await market.campaign()
    market.buyer_id = await market.buyer()
    web = Web(Services(database, market.settings))
    transport = httpx.ASGITransport(cast("Any", web))
    async with (
        buyer(take) as running,
        httpx.AsyncClient(
            transport=transport, base_url="http://leads.test", headers={"X_KEY": market.key}
        ) as client,
    ):
        await sell_to(market, campaign.id, running)
        market.http = client
        yield market
    await web.close()


async def sell_to(market: Market, campaign_id: int, running: Buyer) -> None:
    await market.delivery(campaign_id, market.buyer_id, running.url)


async def test_the_affiliate_earns_and_loses_with_the_lead(market: Market) -> None:
    person = await market.visitor("jo@example.com", "child", NOW)
    lead_id = await market.post("JO@example.com")
    await market.settle()
    assert (await market.lead(lead_id))["revenue"] == 12_500_000
    assert await market.shares() == ["2.5 GBP due", "0.62 GBP due"]
    [one, _] = await market.listed()
    assert (one.lead_id, one.person_id, one.touch_id) == (lead_id, person.id, person.credit.touch_id)
    assert one.reason == "sold lead: 20 % of 12.5 GBP"
    await market.give_back(lead_id)
    assert await market.shares() == ["2.5 GBP cancelled", "0.62 GBP cancelled"]
    assert await market.differences() == []


async def test_a_share_follows_a_changed_amount(market: Market) -> None:
    await market.visitor("jo@example.com", "child", NOW)
    lead_id = await market.post("jo@example.com")
    await market.settle()
    await market.reprice(lead_id, "20")
    assert await market.shares() == ["4 GBP due", "1 GBP due"]
    await market.reprice(lead_id, "0")
    await market.reprice(lead_id, "10")
    assert (await market.shares())[2:] == ["2 GBP due", "0.5 GBP due"]
    assert await market.differences() == []


async def test_what_was_paid_is_taken_back_when_the_lead_is_returned(market: Market) -> None:
    await market.visitor("jo@example.com", "child", NOW)
    lead_id = await market.post("jo@example.com")
    await market.settle()
    await market.pay()
    await market.reprice(lead_id, "10")
    assert await market.shares() == ["2.5 GBP paid", "0.62 GBP paid", "-0.5 GBP due", "-0.12 GBP due"]
    await market.give_back(lead_id)
    assert await market.shares() == ["2.5 GBP paid", "0.62 GBP paid", "-2.5 GBP due", "-0.62 GBP due"]
    await market.pay()
    assert await market.differences() == []


async def test_more_after_paying_is_a_line_of_its_own(market: Market) -> None:
    await market.visitor("jo@example.com", "child", NOW)
    lead_id = await market.post("jo@example.com")
    await market.settle()
    await market.pay()
    await market.reprice(lead_id, "22.5")
    assert await market.shares() == ["2.5 GBP paid", "0.62 GBP paid", "2 GBP due", "0.5 GBP due"]
    await market.reprice(lead_id, "12.5")
    assert (await market.shares())[2:] == ["2 GBP cancelled", "0.5 GBP cancelled"]
    assert await market.differences() == []


async def test_a_rejected_share_stays_rejected(market: Market) -> None:
    await market.visitor("jo@example.com", "child", NOW)
    lead_id = await market.post("jo@example.com")
    await market.settle()
    [first, _] = await market.listed()
    await market.commissions.reject(market.account_id, first.id)
    await market.reprice(lead_id, "20")
    assert await market.shares() == ["2.5 GBP cancelled", "1 GBP due"]


async def test_a_lead_of_nobodys_pays_nobody(market: Market) -> None:
    await market.visitor("jo@example.com", None, NOW)
    await market.post("jo@example.com")
    await market.post("stranger@example.com", "07700900124")
    await market.settle()
    assert await market.shares() == []
    assert await market.rows("affiliate_occasions") == []


async def test_an_archived_affiliate_has_no_share(market: Market) -> None:
    await market.visitor("jo@example.com", "child", NOW)
    child = await market.known("child")
    await affiliates.set_status(market.database, market.actor, child.id, "archive")
    await market.post("jo@example.com")
    await market.settle()
    assert await market.shares() == ["0.62 GBP due"]


async def test_several_workers_settle_each_lead_once(market: Market) -> None:
    for number in range(4):
        await market.visitor(f"{number}@example.com", "child", NOW)
        await market.post(f"{number}@example.com", f"0770090012{number}")
    await market.work()
    await asyncio.gather(*(market.worker.work_once(datetime.now(UTC)) for _ in range(4)))
    assert sorted(await market.shares()) == ["0.62 GBP due"] * 4 + ["2.5 GBP due"] * 4
    assert await market.differences() == []


@pytest.mark.parametrize(
    ("tier", "expected"),
    [({"from_count": 2}, ["2.5", "5", "5"]), ({"from_revenue": "30"}, ["2.5", "2.5", "5"])],
)
async def test_tiers_count_the_months_sold_leads_and_a_share_keeps_its_tier(
    market: Market, tier: dict[str, Any], expected: list[str]
) -> None:
    [known], _ = await plans.search(market.database, market.account_id)
    line = {"pays_for": "sold_lead", "percent": "20", "tiers": [{**tier, "percent": "40"}]}
    await plans.update(market.database, market.actor, known.id, {"lines": [line]})
    lead_ids = []
    for number in range(3):
        await market.visitor(f"{number}@example.com", "child", NOW)
        lead_ids.append(await market.post(f"{number}@example.com", f"0770090012{number}"))
        await market.settle()
    assert await market.shares() == [f"{amount} GBP due" for amount in expected]

    await market.reprice(lead_ids[0], "10")
    await market.reprice(lead_ids[2], "10")
    assert await market.shares() == ["2 GBP due", f"{expected[1]} GBP due", "4 GBP due"]
    assert await market.differences() == []


@pytest.mark.parametrize("comes_first", ["the visit", "the sale", "the visit of a known person"])
async def test_a_share_is_had_whichever_is_worked_in_first(market: Market, comes_first: str) -> None:
    if comes_first == "the visit of a known person":
        await market.visitor("jo@example.com", None, NOW)
    if comes_first == "the visit":
        await market.visitor("jo@example.com", "child", NOW)
    await market.post("Jo@example.com")
    await market.settle()
    for _ in range(2):
        await market.visitor("jo@example.com", "child", NOW)
        await market.settle()

    assert await market.shares() == ["2.5 GBP due", "0.62 GBP due"]
    assert await market.rows("affiliate_occasions") == []
    assert await market.differences() == []


async def test_a_page_may_tell_of_the_visit_a_little_after_the_sale(market: Market) -> None:
    await market.post("jo@example.com")
    await market.settle()
    await market.visitor("jo@example.com", "child", datetime.now(UTC) + timedelta(minutes=5))
    await market.settle()

    assert await market.shares() == ["2.5 GBP due", "0.62 GBP due"]


async def test_whoever_brings_a_person_back_after_the_sale_has_no_share_in_it(market: Market) -> None:
    lead_id = await market.post("jo@example.com")
    await market.settle()
    await market.visitor("jo@example.com", "child", datetime.now(UTC) + timedelta(hours=2))
    await market.settle()
    assert await market.shares() == []

    await market.reprice(lead_id, "20")
    assert await market.shares() == []


async def test_a_person_given_by_hand_after_the_sale_brings_no_share_in_it(market: Market) -> None:
    await market.visitor("jo@example.com", None, NOW)
    await market.post("jo@example.com")
    await market.settle()
    child = await market.known("child")
    async with market.database.unit_of_work() as connection:
        person = await people.lock(connection, market.account_id, (await market.person()).id)
        assert person is not None
        await tracking.touch_person(
            connection, Program(), person, datetime.now(UTC), source=TouchSource.MANUAL, affiliate_id=child.id
        )
    await market.settle()

    assert await market.shares() == []


async def test_a_later_visit_by_another_affiliate_does_not_take_the_share(market: Market) -> None:
    other = await market.affiliate("other")
    await market.program(attribution={"first_affiliate_wins": False})
    await market.visitor("jo@example.com", "child", NOW)
    await market.post("jo@example.com")
    await market.work()
    await market.visitor("jo@example.com", "other", datetime.now(UTC) + timedelta(seconds=5))
    await market.settle()

    assert await market.shares() == ["2.5 GBP due", "0.62 GBP due"]
    assert other.id not in {c.affiliate_id for c in await market.listed()}


async def test_many_workers_and_visits_at_the_same_moment_miss_no_share(market: Market) -> None:
    for number in range(8):
        await market.post(f"{number}@example.com", f"0770090012{number}")
    await market.work()

    visits = [market.visitor(f"{number}@example.com", "child", NOW) for number in range(8)]
    await asyncio.gather(*visits, *(market.worker.work_once(datetime.now(UTC)) for _ in range(4)))
    await asyncio.gather(*(market.worker.work_once(datetime.now(UTC)) for _ in range(4)))

    assert sorted(await market.shares()) == ["0.62 GBP due"] * 8 + ["2.5 GBP due"] * 8
    assert await market.differences() == []


async def test_an_account_without_such_plans_notes_nothing(market: Market) -> None:
    async with market.database.unit_of_work() as connection:
        await connection.execute("DELETE FROM plan_lines WHERE account_id = $1", market.account_id)
        await bump_version(connection, market.account_id)
    lead_id = await market.post("jo@example.com")
    await market.work()
    await market.leads.change_financials(market.principal, [lead_id], revenue=5)
    await market.visitor("jo@example.com", "child", NOW)
    assert await market.rows("affiliate_occasions") == []

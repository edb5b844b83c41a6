"""A campaign's filter accepts, refuses or puts aside by rule, after duplicates and caps; payouts may go by rule."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.desk import Desk, new_desk
from tests.routing.rules.settings import when

from leadyard.campaigns.limits import AmountCaps
from leadyard.campaigns.model import AcceptOn, Caps, Payout
from leadyard.campaigns.rule_settings import FilterAction, FilterRule, OutOfHours, PayoutRule, Weekday
from leadyard.leads.model import Channel, Standing, SystemStatus
from leadyard.storage.database import Database

LONDON = when("postcode", "begins with", "SW1")
ABERDEEN: dict[str, Any] = {"values": {"postcode": "AB10 1AB"}}
WESTMINSTER: dict[str, Any] = {"values": {"postcode": "SW1A 1AA"}}


@pytest.fixture
async def desk(database: Database, dsn: str, tmp_path: Path) -> Desk:
    return await new_desk(database, dsn, tmp_path)


async def test_a_lead_that_the_filter_refuses_is_told_the_operators_text(desk: Desk) -> None:
    text = "We only buy in London"
    await desk.campaign(filter=(FilterRule(LONDON, FilterAction.ACCEPT, text),))
    accepted, refused = await desk.submit(1, **WESTMINSTER), await desk.submit(2, **ABERDEEN)

    assert (accepted.code, accepted.system_status) == (1, SystemStatus.VALID)
    assert (refused.code, refused.errors, refused.system_status) == (-5, (text,), SystemStatus.INVALID)
    assert (await desk.lead(refused.lead_id))["standing"] == Standing.INVALID
    assert await desk.differences() == []


async def test_the_first_line_that_refuses_speaks(desk: Desk) -> None:
    lines = (
        FilterRule(when("email.domain", "is", "mail.test"), FilterAction.REJECT, "No test addresses"),
        FilterRule(LONDON, FilterAction.REJECT),
    )
    await desk.campaign(filter=lines)
    both = await desk.submit(1, values={"postcode": "SW1A 1AA", "email": "a@mail.test"})
    one = await desk.submit(2, **WESTMINSTER)

    assert both.errors == ("No test addresses",)
    assert one.errors == ("Lead does not match the campaign's filter",)


async def test_caps_and_duplicates_come_before_the_filter(desk: Desk) -> None:
    refusing = (FilterRule(LONDON, FilterAction.REJECT),)
    await desk.campaign(filter=refusing, caps=Caps(day=2))
    assert (await desk.submit(1, **ABERDEEN)).code == 1
    assert (await desk.submit(1, **WESTMINSTER)).code == -2
    assert (await desk.submit(2, **WESTMINSTER)).code == -5
    assert (await desk.submit(3, **ABERDEEN)).code == 1
    assert (await desk.submit(4, **WESTMINSTER)).code == -4


async def test_a_filtered_lead_gives_its_duplicate_keys_back(desk: Desk) -> None:
    await desk.campaign(filter=(FilterRule(LONDON, FilterAction.REJECT),))
    assert (await desk.submit(1, **WESTMINSTER)).code == -5
    assert (await desk.submit(1, **ABERDEEN)).code == 1


async def test_leads_that_collide_with_a_filtered_one_have_their_chance(desk: Desk) -> None:
    await desk.campaign(filter=(FilterRule(LONDON, FilterAction.REJECT),))
    ids = await desk.submitted(*([1] * 5), **WESTMINSTER)
    rows = [await desk.lead(lead_id) for lead_id in ids]
    assert {row["code"] for row in rows} == {-5}


@pytest.mark.parametrize(
    ("operand", "value"), [("supplier", "1"), ("ssid", "GOLD"), ("channel", "classic"), ("sid", "1")]
)
async def test_where_a_lead_comes_from_can_be_filtered(desk: Desk, operand: str, value: str) -> None:
    await desk.campaign(filter=(FilterRule(when(operand, "is", value), FilterAction.REJECT),))
    refused = await desk.submit(1, ssid="gold", channel=Channel.CLASSIC)
    accepted = await desk.submit(2, sid="")
    assert (refused.code, accepted.code) == (-5, 1)


async def test_a_delivery_sees_the_same_sub_supplier(desk: Desk) -> None:
    campaign = await desk.campaign()
    await desk.delivery(campaign.id, await desk.buyer(), rule=when("ssid", "is", "gold"))
    (gold,) = await desk.sold(1, ssid="gold")
    (other,) = await desk.sold(2, ssid="lead")
    sold = [(await desk.view(lead_id)).lead.sale_status.name for lead_id in (gold, other)]
    assert sold == ["SOLD", "UNSOLD"]


@pytest.mark.parametrize("by_filter", [True, False])
async def test_leads_are_put_aside_by_rule_but_never_classic_ones(desk: Desk, *, by_filter: bool) -> None:
    lines = (FilterRule(LONDON, FilterAction.QUARANTINE),)
    await desk.campaign(**({"filter": lines} if by_filter else {"quarantine_rule": LONDON}))
    held, free = await desk.submit(1, **WESTMINSTER), await desk.submit(2, **ABERDEEN)
    classic = await desk.submit(3, channel=Channel.CLASSIC, skip_quarantine=True, **WESTMINSTER)

    assert held.system_status is SystemStatus.QUARANTINED
    assert (free.system_status, classic.system_status) == (SystemStatus.VALID, SystemStatus.VALID)
    assert await desk.differences() == []


async def test_a_refusal_comes_before_quarantine(desk: Desk) -> None:
    await desk.campaign(filter=(FilterRule(LONDON, FilterAction.REJECT),), quarantine=True)
    assert (await desk.submit(1, **WESTMINSTER)).code == -5


async def test_a_release_asks_the_filter_again_but_does_not_put_aside_again(desk: Desk) -> None:
    held = FilterRule(when("firstname", "is not empty"), FilterAction.QUARANTINE)
    london = FilterRule(LONDON, FilterAction.ACCEPT, "London only")
    await desk.campaign(filter=(held, london))
    first, second = await desk.submitted(1, 2, **WESTMINSTER)
    await desk.quarantine.update(desk.principal, second, {"postcode": "AB10 1AB"})
    assert await desk.quarantine.release(desk.principal, [first, second]) == {first: "", second: ""}

    rows = [await desk.lead(first), await desk.lead(second)]
    assert [row["system_status"] for row in rows] == [SystemStatus.VALID, SystemStatus.INVALID]
    assert (rows[1]["code"], rows[1]["info"]) == (-5, ["London only"])
    assert await desk.differences() == []


async def test_a_valid_lead_pays_by_rule_on_system_accept(desk: Desk) -> None:
    payout = Payout(amount=Decimal(2), rules=(PayoutRule(Decimal(6), rule=LONDON),))
    await desk.campaign(accept_on=AcceptOn.SYSTEM, payout=payout, quarantine_rule=when("source", "is", "odd"))
    paid = await desk.submitted(1, **WESTMINSTER) + await desk.submitted(2, **ABERDEEN)
    (held,) = await desk.submitted(3, values={"postcode": "SW1A 1AA", "source": "odd"})
    assert (await desk.lead(held))["payout"] == 0
    await desk.quarantine.release(desk.principal, [held])

    amounts = [(await desk.lead(i))["payout"] for i in (*paid, held)]
    assert amounts == [6_000_000, 2_000_000, 6_000_000]
    assert await desk.differences() == []


async def test_a_cap_on_payouts_counts_what_the_rule_pays(desk: Desk) -> None:
    payout = Payout(amount=Decimal(2), rules=(PayoutRule(Decimal(6), rule=LONDON),))
    caps = Caps(payout=AmountCaps(total=Decimal(15)))
    await desk.campaign(accept_on=AcceptOn.SYSTEM, payout=payout, caps=caps)
    await desk.submitted(1, 2, 3, 4, **WESTMINSTER)
    await desk.submitted(5, **ABERDEEN)

    rows = await desk.rows("leads")
    assert [(row["code"], row["payout"] // 1_000_000) for row in rows] == [
        (1, 6), (1, 6), (-4, 0), (-4, 0), (1, 2),
    ]  # fmt: skip
    assert [row["used"] for row in await desk.rows("cap_counters")] == [14_000_000]
    assert await desk.differences() == []


@pytest.mark.parametrize(
    ("received_at", "expected"),
    [
        (datetime(2026, 7, 6, 17, 0, tzinfo=UTC), 1_000_000),
        (datetime(2026, 7, 6, 16, 59, tzinfo=UTC), 3_000_000),
        (datetime(2026, 7, 7, 7, 59, tzinfo=UTC), 1_000_000),
        (datetime(2026, 7, 7, 8, 0, tzinfo=UTC), 3_000_000),
        (datetime(2026, 7, 8, 20, 0, tzinfo=UTC), 3_000_000),
    ],
)
async def test_out_of_hours_a_fixed_payout_is_another(
    desk: Desk, received_at: datetime, expected: int
) -> None:
    window = OutOfHours("18:00", "09:00", Decimal(1), (Weekday.MONDAY, Weekday.TUESDAY))
    payout = Payout(amount=Decimal(3), out_of_hours=window)
    await desk.campaign(accept_on=AcceptOn.SYSTEM, payout=payout)
    (lead_id,) = await desk.submitted(1, received_at=received_at)
    assert (await desk.lead(lead_id))["payout"] == expected
    assert await desk.differences() == []

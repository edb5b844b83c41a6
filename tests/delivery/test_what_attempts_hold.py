"""An attempt keeps what it took until its end is known, and gives back exactly that, whatever was changed meanwhile."""

from decimal import Decimal
from pathlib import Path

import pytest
from tests.delivery.buyers import Call, buyer
from tests.desk import Desk, new_desk
from tests.exchange import ACCEPTING

from leadyard.campaigns import service as setup
from leadyard.campaigns.limits import AmountCaps
from leadyard.campaigns.model import Caps
from leadyard.delivery.model import AnswerRules, Extract
from leadyard.identity.actor import Actor
from leadyard.ledger.credit.model import CreditMode, CreditTerms
from leadyard.ledger.credit.service import Credit
from leadyard.storage.database import Database, Row

MILLION = 1_000_000


@pytest.fixture
async def desk(database: Database, dsn: str, tmp_path: Path) -> Desk:
    return await new_desk(database, dsn, tmp_path)


async def hang_up(call: Call) -> None:
    call.writer.close()


async def prepaid(desk: Desk, amount: str) -> int:
    buyer_id = await desk.buyer(credit=CreditTerms(mode=CreditMode.PREPAID))
    credit = Credit(desk.database, desk.configuration, desk.ledger)
    await credit.add(Actor(desk.account_id, "test"), buyer_id, Decimal(amount))
    return buyer_id


async def credit_of(desk: Desk) -> tuple[int, int, int]:
    (row,) = await desk.rows("buyer_credit")
    return row["added"], row["spent"], row["reserved"]


async def used(desk: Desk) -> list[int]:
    rows: list[Row] = await desk.rows("cap_counters")
    return sorted(row["used"] for row in rows)


async def unknown_attempt(desk: Desk) -> tuple[int, int]:
    """A lead that a prepaid buyer under two caps may have; gives lead and delivery."""
    campaign = await desk.campaign()
    caps = Caps(total=2, revenue=AmountCaps(total=Decimal(40)))
    buyer_id = await prepaid(desk, "30")
    async with buyer(hang_up) as silent:
        delivery = await desk.delivery(campaign.id, buyer_id, silent.url, caps=caps)
        (lead_id,) = await desk.sold(1)
    return lead_id, delivery.id


async def test_an_unknown_attempt_keeps_its_caps_and_its_credit(desk: Desk) -> None:
    await unknown_attempt(desk)
    assert await used(desk) == [1, 12_500_000]
    assert await credit_of(desk) == (30 * MILLION, 0, 12_500_000)
    assert await desk.differences() == []


@pytest.mark.parametrize(
    ("accepted", "price", "spent", "counters"),
    [
        (False, None, 0, [0, 0]),
        (True, None, 12_500_000, [1, 12_500_000]),
        (True, 10 * MILLION, 10 * MILLION, [1, 10 * MILLION]),
        (True, 45 * MILLION, 30 * MILLION, [1, 45 * MILLION]),
    ],
)
async def test_settled_by_hand_it_holds_what_the_sale_really_was(
    desk: Desk, accepted: bool, price: int | None, spent: int, counters: list[int]
) -> None:
    lead_id, _ = await unknown_attempt(desk)
    done = await desk.leads.resolve_unknown(desk.principal, lead_id, 1, accepted=accepted, revenue=price)
    assert done == ""
    assert await used(desk) == counters
    assert await credit_of(desk) == (30 * MILLION, spent, 0)
    assert await desk.differences() == []


async def test_limits_that_were_changed_meanwhile_do_not_change_what_is_given_back(desk: Desk) -> None:
    lead_id, delivery_id = await unknown_attempt(desk)
    patch = {"settings": {"caps": {"total": 0, "day": 5, "revenue": None}}}
    await setup.deliveries.update(desk.database, desk.actor, delivery_id, patch)
    buyer_id = (await desk.rows("buyers"))[0]["id"]
    await setup.buyers.update(desk.database, desk.actor, buyer_id, {"settings": {"credit": None}})
    await desk.leads.resolve_unknown(desk.principal, lead_id, 1, accepted=False)
    assert await used(desk) == [0, 0]
    assert await credit_of(desk) == (30 * MILLION, 0, 0)
    assert await desk.differences() == []


async def test_a_price_that_the_answer_names_is_what_is_taken(desk: Desk) -> None:
    async def name_a_price(call: Call) -> None:
        await call.answer('{"status": "accepted", "price": 4}')

    campaign = await desk.campaign()
    buyer_id = await prepaid(desk, "15")
    answers = AnswerRules(rules=ACCEPTING.rules, revenue=Extract(kind="json_path", expression="price"))
    async with buyer(name_a_price) as naming:
        await desk.delivery(
            campaign.id, buyer_id, naming.url, answers=answers, caps=Caps(revenue=AmountCaps(day=Decimal(40)))
        )
        await desk.sold(1)
    assert await used(desk) == [4 * MILLION]
    assert await credit_of(desk) == (15 * MILLION, 4 * MILLION, 0)
    assert await desk.differences() == []


async def test_what_a_refusal_gives_back_sells_the_next_lead(desk: Desk) -> None:
    async def refuse(call: Call) -> None:
        await call.answer('{"status": "no"}')

    campaign = await desk.campaign()
    buyer_id = await prepaid(desk, "12.5")
    async with buyer(refuse) as refusing:
        await desk.delivery(campaign.id, buyer_id, refusing.url, caps=Caps(total=1), priority=1)
        await desk.delivery(campaign.id, buyer_id, priority=2)
        await desk.sold(1)
    assert await credit_of(desk) == (12_500_000, 12_500_000, 0)
    assert await used(desk) == [0]
    assert await desk.differences() == []


async def test_free_leads_need_no_credit(desk: Desk) -> None:
    campaign = await desk.campaign(revenue=Decimal(0))
    buyer_id = await desk.buyer(credit=CreditTerms(mode=CreditMode.PREPAID))
    await desk.delivery(campaign.id, buyer_id)
    (lead_id,) = await desk.sold(1)
    assert (await desk.view(lead_id)).lead.sale_status.name == "SOLD"
    assert await desk.differences() == []

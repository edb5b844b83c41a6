"""Cancelled purchases lose what is unpaid and take back what is paid (docs/affiliates.md, "Purchases")."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.affiliates.shop import Shop, shown

from leadyard.affiliates.model import PurchaseState
from leadyard.affiliates.purchases.model import Cancellation
from leadyard.kit.errors import InvalidInputError, NotFoundError


async def test_unpaid_commissions_are_cancelled_on_every_level(shop: Shop) -> None:
    bought = await shop.buy(amount="80", code="child")
    after = await shop.cancel(bought, source="api", cancellation_code="C1")
    assert await shop.paid(bought) == ["8 cancelled", "1.6 cancelled", "0.8 cancelled"]
    assert after.cancellation is not None
    assert (after.cancellation.source, after.cancellation.cancellation_code) == ("api", "C1")
    assert (after.state, shown(after.commission_amount)) == (PurchaseState.CANCELLED, "0")
    assert not (await shop.person()).is_customer
    assert await shop.differences() == []


async def test_a_paid_commission_gets_a_negative_counterpart(shop: Shop) -> None:
    bought = await shop.buy(amount="80", code="child")
    child = await shop.known("child")
    await shop.mark_paid(bought, child)
    await shop.cancel(bought)
    found = await shop.listed(purchase_id=bought.id)
    assert [f"{shown(c.amount)} {c.status}" for c in found] == [
        "8 paid",
        "1.6 cancelled",
        "0.8 cancelled",
        "-8 due",
    ]
    assert (found[3].note, found[3].counterpart_of) == (f"takes back commission {found[0].id}", found[0].id)
    assert (found[3].affiliate_id, found[3].purchase_id) == (child.id, bought.id)
    assert [c.status for c in await shop.mark_paid(bought, child)] == ["paid", "due"]
    assert await shop.differences() == []


async def test_nothing_is_taken_back_where_the_programme_says_so(shop: Shop) -> None:
    await shop.program(claw_back=False)
    bought = await shop.buy(amount="80", code="child")
    await shop.mark_paid(bought, await shop.known("child"))
    await shop.cancel(bought)
    assert await shop.paid(bought) == ["8 paid", "1.6 cancelled", "0.8 cancelled"]


async def test_what_a_payout_has_taken_is_taken_back_and_not_cancelled(shop: Shop) -> None:
    bought = await shop.buy(amount="80", code="child")
    async with shop.database.unit_of_work() as connection:
        await connection.execute(
            "UPDATE commissions SET payout_id = 7 WHERE account_id = $1 AND level = 0", shop.account_id
        )
    await shop.cancel(bought)
    assert await shop.paid(bought) == ["8 due", "1.6 cancelled", "0.8 cancelled", "-8 due"]


async def test_a_second_cancellation_leaves_the_first_as_it_was(shop: Shop) -> None:
    bought = await shop.buy(amount="80", code="child")
    await shop.mark_paid(bought, await shop.known("child"))
    first = await shop.cancel(bought, source="first")
    assert await shop.cancel(bought, source="second", cancellation_code="X") == first
    assert len(await shop.paid(bought)) == 4
    assert (await shop.person()).standing_purchases == 0


async def test_a_cancellation_to_come_keeps_what_was_earned(shop: Shop) -> None:
    bought = await shop.buy(amount="80", code="child")
    after = await shop.cancel(bought, effective_at=datetime.now(UTC) + timedelta(days=3))
    assert after.state is PurchaseState.CANCELLED
    assert await shop.paid(bought) == ["8 due", "1.6 due", "0.8 due"]
    assert not (await shop.person()).is_customer


async def test_all_purchases_of_a_person_each_by_a_cancellation_of_its_own(shop: Shop) -> None:
    bought = [await shop.buy(amount="80", code="child") for _ in range(3)]
    await shop.cancel(bought[0], cancellation_code="first")
    wanted = Cancellation(cancellation_code="all")
    found = await shop.purchases.cancel_all_of(shop.account_id, (await shop.person()).id, wanted)
    assert sorted(p.id for p in found) == sorted(p.id for p in bought)
    cancellations = {p.id: p.cancellation for p in found}
    codes = [c.cancellation_code for p in bought if (c := cancellations[p.id]) is not None]
    assert codes == ["first", "all", "all"]
    assert len({c.id for c in cancellations.values() if c is not None}) == 3
    assert await shop.differences() == []


async def test_a_customer_who_cancelled_everything_is_new_again(shop: Shop) -> None:
    first = await shop.buy(amount="60", code="child", plan_code="plus")
    await shop.cancel(first)
    assert await shop.paid(await shop.buy(amount="60", plan_code="plus")) == ["25 due", "5 due", "6 pending"]


async def test_bad_cancellations_change_nothing(shop: Shop) -> None:
    bought = await shop.buy(amount="80", code="child")
    with pytest.raises(InvalidInputError):
        await shop.cancel(bought, source="x" * 256)
    with pytest.raises(NotFoundError):
        await shop.purchases.cancel(shop.account_id, bought.id + 1, Cancellation())
    with pytest.raises(NotFoundError):
        await shop.purchases.cancel_all_of(shop.account_id, 999, Cancellation())
    assert (await shop.purchases.read(shop.account_id, bought.id)).state is PurchaseState.APPROVED


async def test_rejecting_cancels_and_approving_an_approved_one_changes_nothing(shop: Shop) -> None:
    bought = await shop.buy(amount="80", code="child")
    assert await shop.purchases.approve(shop.account_id, bought.id) == bought
    rejected = await shop.purchases.reject(shop.account_id, bought.id)
    assert rejected.cancellation is not None
    assert rejected.cancellation.source == "rejected"
    assert (await shop.purchases.approve(shop.account_id, bought.id)).is_cancelled


async def test_a_changed_amount_never_touches_what_is_paid(shop: Shop) -> None:
    bought = await shop.buy(amount="80", code="child")
    await shop.mark_paid(bought, await shop.known("child"))
    after = await shop.change(bought, "40", note="partly returned", description="Shoes")
    assert await shop.paid(bought) == ["8 paid", "0.8 due", "0.4 due"]
    assert (after.note, after.description) == ("partly returned", "Shoes")
    cleared = await shop.change(bought, note=None)
    assert (cleared.note, cleared.description) == (None, "Shoes")
    assert await shop.differences() == []


async def test_a_rejected_commission_is_not_made_again(shop: Shop) -> None:
    bought = await shop.buy(amount="80", code="child")
    [first, *_] = await shop.listed(purchase_id=bought.id)
    await shop.commissions.reject(shop.account_id, first.id, "agreed otherwise")
    await shop.change(bought, "40")
    assert await shop.paid(bought) == ["8 cancelled", "0.8 due", "0.4 due"]


async def test_another_currency_is_another_commission(shop: Shop) -> None:
    bought = await shop.buy(amount="80", code="child")
    await shop.change(bought, currency="eur")
    found = await shop.listed(purchase_id=bought.id)
    assert [(c.currency, c.status) for c in found] == [("USD", "cancelled")] * 3 + [("EUR", "due")] * 3
    assert await shop.differences() == []

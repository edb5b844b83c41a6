"""Purchases are recorded once, with what they earn (docs/affiliates.md, "Purchases")."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.affiliates.shop import Shop, shown

from leadyard.affiliates.affiliates import service as affiliates
from leadyard.affiliates.commissions import exchange_rates
from leadyard.affiliates.commissions.exchange_rates import ExchangeRate
from leadyard.affiliates.plans.service import plans
from leadyard.kit.errors import ConflictError, InvalidInputError, NotFoundError

NOW = datetime.now(UTC)


async def test_the_worked_out_examples(shop: Shop) -> None:
    bought = await shop.buy(amount="80", code="child")
    assert await shop.paid(bought) == ["8 due", "1.6 due", "0.8 due"]
    assert await shop.paid(await shop.buy(amount="4.45")) == ["0.44 due", "0.09 due", "0.04 due"]
    first = await shop.buy("new@example.com", "60", code="child", plan_code="PLUS")
    assert await shop.paid(first) == ["25 due", "5 due", "6 pending"]
    second = await shop.buy("new@example.com", "60", plan_code="plus")
    assert await shop.paid(second) == ["25 due", "6 pending"]
    assert (first.plan_code, first.is_first, second.is_first) == ("plus", True, False)
    assert shown(first.commission_amount) == "36"
    assert await shop.differences() == []


async def test_a_purchase_without_a_code_gets_one_and_an_unknown_address_is_made_a_person(shop: Shop) -> None:
    bought, is_new = await shop.record(" Jo@Example.com ", "10")
    assert is_new
    assert len(bought.purchase_code) == 36
    person = await shop.person()
    assert (person.email, person.standing_purchases, person.is_customer) == ("Jo@Example.com", 1, True)
    assert person.latest_visitor_id is not None
    assert bought.affiliate_id is None
    assert bought.referral_source == "direct"


async def test_the_same_code_again_is_the_same_purchase(shop: Shop) -> None:
    bought = await shop.buy(amount="80", purchase_code="A1", code="child")
    again, is_new = await shop.record("JO@example.com", "80", "A1")
    assert (again.id, is_new) == (bought.id, False)
    assert await shop.paid(bought) == ["8 due", "1.6 due", "0.8 due"]
    assert (await shop.person()).standing_purchases == 1


async def test_codes_are_compared_exactly(shop: Shop) -> None:
    assert (await shop.buy(purchase_code="A1")).id != (await shop.buy(purchase_code="a1")).id


async def test_the_same_code_with_another_amount_works_commissions_out_anew(shop: Shop) -> None:
    await shop.buy(amount="80", purchase_code="A1", code="child")
    again = await shop.buy(amount="40", purchase_code="A1")
    assert await shop.paid(again) == ["4 due", "0.8 due", "0.4 due"]
    assert again.amount == Decimal(40)
    assert await shop.differences() == []


async def test_a_repeat_without_amounts_changes_nothing(shop: Shop) -> None:
    bought = await shop.buy(amount="80", purchase_code="A1", code="child")
    again = await shop.buy(purchase_code="A1")
    assert (again.amount, again.updated_at) == (bought.amount, bought.updated_at)


async def test_an_amount_of_nothing_cancels_and_a_later_one_earns_again(shop: Shop) -> None:
    bought = await shop.buy(amount="80", purchase_code="A1", code="child")
    await shop.buy(amount="0", purchase_code="A1")
    assert await shop.paid(bought) == ["8 cancelled", "1.6 cancelled", "0.8 cancelled"]
    await shop.buy(amount="20", purchase_code="A1")
    assert (await shop.paid(bought))[3:] == ["2 due", "0.4 due", "0.2 due"]
    assert await shop.differences() == []


async def test_nothing_changes_once_a_commission_is_paid(shop: Shop) -> None:
    child = await shop.known("child")
    bought = await shop.buy(amount="80", purchase_code="A1", code="child")
    await shop.mark_paid(bought, child)
    again, is_new = await shop.record(amount="40", purchase_code="A1")
    assert (again.amount, is_new) == (Decimal(80), False)
    assert await shop.paid(again) == ["8 paid", "1.6 due", "0.8 due"]


async def test_nothing_changes_once_the_purchase_is_cancelled(shop: Shop) -> None:
    bought = await shop.buy(amount="80", purchase_code="A1", code="child")
    await shop.cancel(bought)
    assert (await shop.buy(amount="40", purchase_code="A1")).amount == Decimal(80)


async def test_another_customers_code_is_refused_and_nobody_is_made(shop: Shop) -> None:
    await shop.buy(purchase_code="A1")
    with pytest.raises(ConflictError, match="purchase_code has already been taken"):
        await shop.buy("other@example.com", purchase_code="A1")
    assert len(await shop.rows("people")) == 1


async def test_an_unknown_plan_is_the_default_one_and_the_note_says_so(shop: Shop) -> None:
    bought = await shop.buy(amount="80", code="child", plan_code="gold")
    assert (bought.plan_code, bought.note) == ("basic", 'unknown plan "gold", default plan used')
    assert len(await shop.paid(bought)) == 3


async def test_an_account_without_plans_records_purchases(shop: Shop) -> None:
    async with shop.database.unit_of_work() as connection:
        await connection.execute("DELETE FROM plan_lines WHERE account_id = $1", shop.account_id)
        await connection.execute("DELETE FROM plans WHERE account_id = $1", shop.account_id)
    bought = await shop.buy(amount="80", code="child")
    assert (bought.plan_code, await shop.paid(bought)) == ("default", [])


async def test_an_override_pays_exactly_that_to_the_credited_one_alone(shop: Shop) -> None:
    bought = await shop.buy(amount="80", override="3.5", code="child", plan_code="plus")
    [one] = await shop.listed(purchase_id=bought.id)
    assert (shown(one.amount), one.status, one.level, one.plan_id) == ("3.5", "due", 0, None)
    assert await shop.paid(await shop.buy("b@example.com", "80", override="0", code="child")) == []
    assert await shop.paid(await shop.buy("c@example.com", "80", override="9")) == []
    assert await shop.differences() == []


async def test_line_items(shop: Shop) -> None:
    await shop.plan(
        "items",
        {"pays_for": "line_item", "percent": "50", "only_skus": ["sku1"]},
        {"pays_for": "line_item", "fixed": "3", "except_skus": ["sku1"]},
    )
    items = [("sku1", "2", "15"), ("sku2", "1", "20")]
    bought = await shop.buy(amount="50", items=items, code="child", plan_code="items", purchase_code="A1")
    assert await shop.paid(bought) == ["15 due", "3 due"]
    again = await shop.buy(items=[("sku2", "4", "20")], purchase_code="A1")
    assert await shop.paid(again) == ["15 cancelled", "12 due"]
    assert again.line_items is not None
    assert again.line_items[0].quantity == 4
    assert await shop.differences() == []


async def test_a_coupon_moves_the_person_unless_it_is_not_to(shop: Shop) -> None:
    await shop.affiliate("other")
    first = await shop.buy(code="child")
    kept = await shop.buy(code="other", reassign_affiliate=False)
    moved = await shop.buy(code="OTHER")
    later = await shop.buy()
    emails = [p.affiliate_email for p in (first, kept, moved, later)]
    assert emails == [f"{name}@partners.example" for name in ("child", "child", "other", "other")]
    fresh = await shop.buy("fresh@example.com", code="other", reassign_affiliate=False)
    assert fresh.affiliate_email == "other@partners.example"


async def test_unknown_and_archived_codes_credit_nobody(shop: Shop) -> None:
    gone = await shop.affiliate("gone")
    await affiliates.set_status(shop.database, shop.actor, gone.id, "archive")
    assert (await shop.buy("a@example.com", "10", code="gone")).affiliate_id is None
    assert (await shop.buy("b@example.com", "10", code="nobody")).affiliate_id is None


async def test_an_archived_affiliate_earns_nothing_and_its_parents_do(shop: Shop) -> None:
    await shop.buy(amount="80", code="child")
    child = await shop.known("child")
    await affiliates.set_status(shop.database, shop.actor, child.id, "archive")
    bought = await shop.buy(amount="80")
    assert await shop.paid(bought) == ["1.6 due", "0.8 due"]
    await affiliates.set_status(shop.database, shop.actor, child.id, "unarchive")
    assert len(await shop.paid(await shop.buy(amount="80"))) == 3


async def test_commissions_wait_for_an_affiliate_who_waits_for_approval(shop: Shop) -> None:
    await shop.program(approves_affiliates=True)
    fresh = await shop.affiliate("fresh")
    bought = await shop.buy(amount="80", code="fresh")
    assert await shop.paid(bought) == ["8 pending"]
    await affiliates.set_status(shop.database, shop.actor, fresh.id, "approve")
    assert await shop.paid(bought) == ["8 due"]


@pytest.mark.parametrize(
    ("setting", "expected", "is_listed"),
    [("exclude", [], True), ("review", ["8 pending", "1.6 pending", "0.8 pending"], True), ("allow", ["8 due", "1.6 due", "0.8 due"], False)],
)  # fmt: skip
@pytest.mark.parametrize("email", ["CHILD@partners.example", "Pay@partners.example"])
async def test_the_affiliates_own_purchase(
    shop: Shop, setting: str, expected: list[str], is_listed: bool, email: str
) -> None:
    child = await shop.known("child")
    await affiliates.update(shop.database, shop.actor, child.id, {"paypal_email": "pay@PARTNERS.example"})
    await shop.program(self_purchase=setting)
    bought = await shop.buy(email, "80", code="child")
    assert await shop.paid(bought) == expected
    assert bought.affiliate_email == "child@partners.example"
    assert ("affiliate's own address" in (bought.note or "")) == is_listed
    assert len(await shop.rows("fraud_signals", "kind = 'self_purchase'")) == int(is_listed)


async def test_the_merchants_own_purchase_pays_nobody(shop: Shop) -> None:
    await shop.program(merchant_emails=["me@shop.example"])
    bought = await shop.buy("Me@Shop.example", "80", code="child")
    assert (await shop.paid(bought), bought.note) == ([], "no commission: the merchant's own address")


async def test_currencies_are_converted_at_the_rate_of_the_day(shop: Shop) -> None:
    today = datetime.now(UTC).date()
    unknown = await shop.buy("a@example.com", "100", currency="eur", code="child")
    await put_rate(shop, today - timedelta(days=3), "1.1")
    await put_rate(shop, today + timedelta(days=3), "9")
    known = await shop.buy("b@example.com", "100", currency="EUR", code="child")
    assert [c.currency for c in await shop.listed(purchase_id=unknown.id)] == ["EUR"] * 3
    first = (await shop.listed(purchase_id=known.id))[0]
    assert (shown(first.amount), first.currency, first.rate) == ("11", "USD", Decimal("1.1"))
    await shop.change(unknown, "200")
    assert [c.currency for c in await shop.listed(purchase_id=unknown.id)] == ["EUR"] * 3 + ["USD"] * 3
    assert await shop.differences() == []


async def put_rate(shop: Shop, day: date, rate: str) -> None:
    wanted = ExchangeRate("EUR", "USD", day, Decimal(rate))
    await exchange_rates.put(shop.database, shop.account_id, wanted)


async def test_tiers_count_the_purchases_of_the_month(shop: Shop) -> None:
    tiers = [{"from_count": 2, "percent": "20"}, {"from_count": 3, "fixed": "1"}]
    await shop.plan("tiers", {"pays_for": "purchase", "percent": "10", "tiers": tiers})
    bought = [await shop.buy(f"{i}@example.com", "100", code="child", plan_code="tiers") for i in range(3)]
    assert [await shop.paid(one) for one in bought] == [["10 due"], ["20 due"], ["1 due"]]
    await shop.cancel(bought[0])
    again = await shop.buy("4@example.com", "100", code="child", plan_code="tiers")
    assert await shop.paid(again) == ["1 due"]


async def test_tiers_sum_the_revenue_of_the_month_in_the_plans_currency(shop: Shop) -> None:
    tiers = [{"from_revenue": "200", "percent": "20"}]
    await shop.plan("tiers", {"pays_for": "purchase", "percent": "10", "tiers": tiers})
    await put_rate(shop, date(2026, 1, 1), "1.1")
    more: dict[str, Any] = {"code": "child", "plan_code": "tiers"}
    first = await shop.buy("1@example.com", "90", currency="EUR", **more)
    second = await shop.buy("2@example.com", "100", **more)
    third = await shop.buy("3@example.com", "1", **more)
    assert [await shop.paid(one) for one in (first, second, third)] == [["9.9 due"], ["10 due"], ["0.2 due"]]
    assert await shop.paid(await shop.change(second, "101")) == ["20.2 due"]
    assert await shop.differences() == []


async def test_a_plan_that_changes_pays_later_purchases_alone(shop: Shop) -> None:
    bought = await shop.buy(amount="80", code="child", purchase_code="A1")
    [basic, _], _ = await plans.search(shop.database, shop.account_id)
    await plans.update(
        shop.database, shop.actor, basic.id, {"lines": [{"pays_for": "purchase", "percent": "50"}]}
    )
    await shop.buy(amount="40", purchase_code="A1")
    assert await shop.paid(bought) == ["4 due", "0.8 due", "0.4 due"]
    assert await shop.paid(await shop.buy(amount="40")) == ["20 due"]


@pytest.mark.parametrize(
    ("wanted", "fields"),
    [
        ({"email": ""}, ["email"]),
        ({"email": "nobody"}, ["email"]),
        ({"amount": "-1"}, ["amount"]),
        ({"amount": "NaN"}, ["amount"]),
        ({"amount": "Infinity"}, ["amount"]),
        ({"amount": "1000000000000"}, ["amount"]),
        ({"amount": "999999999999.9999999"}, ["amount"]),
        ({"override": "-0.01"}, ["amount_override"]),
        ({"currency": "XYZ"}, ["currency"]),
        ({"currency": "dollars", "amount": "-1"}, ["amount", "currency"]),
        ({"purchase_code": "x" * 256}, ["purchase_code"]),
        ({"purchase_code": "a\0b"}, ["purchase_code"]),
        ({"description": "x" * 2001}, ["description"]),
        ({"items": [("a", "-1", "1")]}, ["line_items[0].quantity"]),
        ({"items": [("a", "1", "NaN")]}, ["line_items[0].amount"]),
        ({"items": [("a", "999999999", "999999999")]}, ["line_items"]),
    ],
)
async def test_bad_input_is_named_and_changes_nothing(
    shop: Shop, wanted: dict[str, Any], fields: list[str]
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        await shop.buy(**wanted)
    assert [problem.field for problem in refused.value.problems] == fields
    assert await shop.rows("purchases") == await shop.rows("people") == []


async def test_floats_are_rounded_to_six_decimals(shop: Shop) -> None:
    assert (await shop.buy(amount="59.99000000000000198")).amount == Decimal("59.99")
    assert (await shop.buy(amount="0.0000005")).amount == 0


async def test_absurd_amounts_are_paid_without_failing(shop: Shop) -> None:
    await shop.plan("pieces", {"pays_for": "line_item", "fixed": "1000000000"})
    bought = await shop.buy(items=[("a", "999999999999", None)], code="child", plan_code="pieces")
    assert await shop.paid(bought) == ["999999999999 due"]
    assert await shop.differences() == []


async def test_a_purchase_of_another_account_is_not_found(shop: Shop) -> None:
    bought = await shop.buy()
    with pytest.raises(NotFoundError):
        await shop.purchases.read(shop.account_id + 1, bought.id)
    with pytest.raises(NotFoundError):
        await shop.purchases.read(shop.account_id, 2**63)

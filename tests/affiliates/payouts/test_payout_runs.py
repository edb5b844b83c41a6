"""A run takes what is due, once, nets negative lines, and leaves small balances for later."""

import asyncio
from typing import Any

import httpx
from hypothesis import given
from hypothesis import strategies as st
from tests.affiliates.payouts.conftest import Programme
from tests.exchange import Exchange

from leadyard.affiliates.commissions.model import Commission
from leadyard.affiliates.model import CommissionKind, CommissionState
from leadyard.affiliates.payouts.rules import payable
from leadyard.kit import clock


async def run(client: httpx.AsyncClient, **wanted: Any) -> dict[str, Any]:
    answer = await client.post("/payout-runs", json={"method": "manual", **wanted})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_a_run_pays_what_is_due_per_affiliate_and_currency(
    client: httpx.AsyncClient, programme: Programme, exchange: Exchange
) -> None:
    ann, bob = await programme.affiliate("ann"), await programme.affiliate("bob")
    await programme.earn(ann, "10.25")
    await programme.earn(ann, "4.75")
    await programme.earn(ann, "7", currency="EUR")
    await programme.earn(bob, "3", days=1)

    made = await run(client)
    again = await run(client)

    shown = [(p["email"], p["currency"], p["amount"], p["state"], len(p["lines"])) for p in made["payouts"]]
    assert shown == [
        ("ann@example.com", "EUR", "7", "open", 1),
        ("ann@example.com", "USD", "15", "open", 2),
    ]
    assert again["id"] is None
    assert again["payouts"] == []
    assert await exchange.differences() == []


async def test_marking_as_paid_books_it_once(
    client: httpx.AsyncClient, programme: Programme, exchange: Exchange
) -> None:
    ann = await programme.affiliate("ann")
    await programme.earn(ann, "10")
    made = await run(client)
    path = f"/payouts/{made['payouts'][0]['id']}"

    first = (await client.post(f"{path}/paid")).json()
    second = (await client.post(f"{path}/paid")).json()

    assert first == second
    assert first["state"] == "paid"
    paid = await exchange.rows("ledger_entries", "kind = 'commission_paid'")
    assert len(paid) == 1
    assert [row["state"] for row in await exchange.rows("commissions")] == [CommissionState.PAID]
    assert await exchange.differences() == []


async def test_a_trial_shows_the_payouts_and_makes_none(
    client: httpx.AsyncClient, programme: Programme
) -> None:
    ann = await programme.affiliate("ann")
    await programme.earn(ann, "10")

    shown = await run(client, dry_run=True)

    assert shown["id"] is None
    assert [(p["amount"], len(p["lines"])) for p in shown["payouts"]] == [("10", 1)]
    assert (await client.get("/payouts")).json()["total"] == 0


async def test_balances_below_the_minimum_wait_for_a_later_run(
    client: httpx.AsyncClient, programme: Programme
) -> None:
    await client.patch("/affiliate-program", json={"minimum_payout": "50"})
    ann = await programme.affiliate("ann")
    await programme.earn(ann, "49.99")
    assert (await run(client))["payouts"] == []

    await programme.earn(ann, "0.01")

    assert [p["amount"] for p in (await run(client))["payouts"]] == ["50"]


async def test_twenty_runs_at_once_pay_once(client: httpx.AsyncClient, programme: Programme) -> None:
    for name in ("ann", "bob", "cat"):
        await programme.earn(await programme.affiliate(name), "10")

    runs = await asyncio.gather(*(run(client) for _ in range(20)))

    assert sorted(p["email"] for made in runs for p in made["payouts"]) == [
        "ann@example.com",
        "bob@example.com",
        "cat@example.com",
    ]


async def test_a_cancelled_payout_leaves_its_commissions_to_another_run(
    client: httpx.AsyncClient, programme: Programme, exchange: Exchange
) -> None:
    ann = await programme.affiliate("ann")
    await programme.earn(ann, "10")
    first = (await run(client))["payouts"][0]

    cancelled = (await client.post(f"/payouts/{first['id']}/cancel")).json()
    refused = await client.post(f"/payouts/{first['id']}/paid")
    second = (await run(client))["payouts"][0]

    assert cancelled["state"] == "failed"
    assert [line["amount"] for line in cancelled["lines"]] == ["10"]
    assert refused.status_code == 409
    assert second["amount"] == "10"
    assert second["reference"] != first["reference"]
    assert await exchange.differences() == []


async def test_affiliates_that_wait_for_approval_are_not_paid(
    client: httpx.AsyncClient, programme: Programme
) -> None:
    await client.patch("/affiliate-program", json={"approves_affiliates": True})
    ann = await programme.affiliate("ann")
    await programme.earn(ann, "10")

    waiting = (await run(client))["payouts"]
    await client.post(f"/affiliates/{ann}/approve")
    approved = (await run(client))["payouts"]

    assert waiting == []
    assert [p["amount"] for p in approved] == ["10"]


async def test_commissions_of_a_purchase_that_waits_for_approval_are_not_paid(
    client: httpx.AsyncClient, programme: Programme, exchange: Exchange
) -> None:
    await programme.affiliate("ann", code="ann")
    plan = {
        "code": "basic",
        "currency": "USD",
        "is_default": True,
        "lines": [{"pays_for": "purchase", "fixed": "5"}],
    }
    await client.post("/plans", json=plan)
    made = await client.post("/purchases", json={"email": "buyer@example.com", "amount": "50", "code": "ann"})
    assert made.status_code == 201, made.text
    async with exchange.database.connection() as connection:
        await connection.execute("UPDATE purchases SET state = 1 WHERE account_id = $1", exchange.account_id)

    waiting = (await run(client))["payouts"]
    await client.post(f"/purchases/{made.json()['id']}/approve")
    approved = (await run(client))["payouts"]

    assert waiting == []
    assert [p["amount"] for p in approved] == ["5"]


async def test_another_account_sees_nothing(
    client: httpx.AsyncClient, foreign: httpx.AsyncClient, programme: Programme
) -> None:
    ann = await programme.affiliate("ann")
    await programme.earn(ann, "10")
    made = await run(client)

    assert (await foreign.get(f"/payout-runs/{made['id']}")).status_code == 404
    assert (await foreign.post(f"/payouts/{made['payouts'][0]['id']}/paid")).status_code == 404
    assert (await foreign.get("/payouts")).json()["items"] == []


async def test_bad_wishes_are_refused(client: httpx.AsyncClient) -> None:
    for wanted in (
        {"method": "cash"},
        {"until": "2999-01-01T00:00:00Z"},
        {"method": "paypal"},
        {"until": "soon"},
    ):
        answer = await client.post("/payout-runs", json=wanted)
        assert answer.status_code == 422, (wanted, answer.text)
    assert (await client.get("/payout-runs/9")).status_code == 404
    assert (await client.post("/payouts/9/resolve", json={"paid": True})).status_code == 404


def _due(index: int, affiliate_id: int, currency: str, amount: int) -> Commission:
    at = clock.now()
    return Commission(
        id=index, affiliate_id=affiliate_id, kind=CommissionKind.MANUAL, origin=str(index), amount=amount,
        currency=currency, reason="", due_at=at, state=CommissionState.OPEN, payout_id=None, paid_at=None,
        created_at=at, updated_at=at,
    )  # fmt: skip


@given(
    st.lists(
        st.tuples(st.integers(1, 3), st.sampled_from(["USD", "EUR"]), st.integers(-(10**9), 10**9)),
        max_size=30,
    ),
    st.integers(0, 10**9),
)
def test_every_line_is_paid_with_all_of_its_balance_or_waits(
    lines: list[tuple[int, str, int]], minimum: int
) -> None:
    commissions = [_due(index, *line) for index, line in enumerate(lines)]

    dues = payable(commissions, minimum, "USD")

    paid = {number: due for due in dues for number in due.commission_ids}
    assert len(paid) == sum(len(due.commission_ids) for due in dues)
    for due in dues:
        assert due.amount == sum(commissions[number].amount for number in due.commission_ids)
        assert due.amount >= (max(minimum, 1) if due.currency == "USD" else 1)
    for one in commissions:
        balance = sum(
            other.amount
            for other in commissions
            if (other.affiliate_id, other.currency) == (one.affiliate_id, one.currency)
        )
        least = max(minimum, 1) if one.currency == "USD" else 1
        assert (one.id in paid) == (balance >= least)


async def test_runs_are_listed_newest_first_with_what_is_not_settled(
    client: httpx.AsyncClient, foreign: httpx.AsyncClient, programme: Programme
) -> None:
    ann, bob = await programme.affiliate("ann"), await programme.affiliate("bob")
    await programme.earn(ann, "10")
    await programme.earn(bob, "10")
    first = await run(client)
    await programme.earn(ann, "5")
    second = await run(client)
    await client.post(f"/payouts/{first['payouts'][0]['id']}/paid")
    await client.post(f"/payout-runs/{second['id']}/paid")

    listed = (await client.get("/payout-runs")).json()
    paged = (await client.get("/payout-runs", params={"per_page": 1, "page": 2})).json()

    assert [(one["id"], one["payouts"], one["unsettled"]) for one in listed["items"]] == [
        (second["id"], 1, 0), (first["id"], 2, 1),
    ]  # fmt: skip
    assert (listed["items"][0]["method"], listed["items"][0]["started_by"]) == (
        "manual", "key 1 (test)",
    )  # fmt: skip
    assert [one["id"] for one in paged["items"]] == [first["id"]]
    assert (await foreign.get("/payout-runs")).json()["items"] == []

"""The end: what suppliers were told, what the exchange holds and what buyers have must be the same."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import asyncpg
import msgspec

from benchmarks.market.limits import micros
from benchmarks.market.scenario import METHODS, SELL_LIMITS, Method
from benchmarks.market.set_up import Market, good
from benchmarks.market.suppliers import ACCEPTED, CAP, DUPLICATE, Answers, posted
from benchmarks.market.wire import Line, line, over
from leadyard.kit.ids import read_queue_id
from leadyard.leads.model import AttemptState, SaleStatus, SystemStatus

_LEADS = """
SELECT id, uuid, campaign_id, system_status, sale_status, code, payout, revenue, (fields ->> 'data1')::int AS number
FROM leads WHERE account_id = $1
"""
_ATTEMPTS = """
SELECT lead_id, number, delivery_id, buyer_id, state, revenue, sale FROM delivery_attempts
WHERE account_id = $1 AND state <> 4
"""
_CHARGED = """
SELECT party_id, sum(amount)::bigint AS amount FROM ledger_postings p
JOIN ledger_entries e ON e.account_id = p.account_id AND e.id = p.entry_id
WHERE p.account_id = $1 AND book = 'buyer' AND e.kind IN ('sold', 'returned') GROUP BY 1
"""
_PAID = """
SELECT coalesce(sum(amount), 0)::bigint FROM ledger_postings WHERE account_id = $1 AND book = 'payout'
"""
BUSY = "SELECT EXISTS (SELECT 1 FROM delivery_jobs)"
_OPEN = """
SELECT (SELECT count(*) FROM delivery_jobs) + (SELECT count(*) FROM delivery_attempts WHERE state = 1)
"""
_SOLD, _BACK, UNKNOWN = AttemptState.SOLD, AttemptState.RETURNED, AttemptState.UNKNOWN


class Books(msgspec.Struct):
    """The exchange's rows and the buyers' records of one moment without work under way."""

    leads: list[Any]
    attempts: list[Any]
    charged: dict[int, int]
    paid: int
    open: int
    taken: dict[tuple[int, int], tuple[str, str]]
    """Delivery id and lead id to the kind of sale and the price, as buyers say."""
    again: int
    wrong_bids: int

    def states(self) -> Counter[str]:
        """Count attempts by state."""
        return Counter(AttemptState(row["state"]).name.lower() for row in self.attempts)

    def in_state(self, *states: AttemptState) -> set[tuple[int, int]]:
        """Give delivery and lead id of the attempts in some states."""
        return {(row["delivery_id"], row["lead_id"]) for row in self.attempts if row["state"] in states}


async def read(dsn: str, market: Market, shop_port: int) -> Books:
    """Read everybody's books."""
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            leads = await connection.fetch(_LEADS, market.account_id)
            attempts = await connection.fetch(_ATTEMPTS, market.account_id)
            charged = await connection.fetch(_CHARGED, market.account_id)
            paid = await connection.fetchval(_PAID, market.account_id)
            waiting = await connection.fetchval(_OPEN)
    finally:
        await connection.close()
    async with line(shop_port) as shop:
        told = (await shop.ask("GET", "/records")).document
    ids = [market.ids[f"delivery-{plan.index}"] for plan in market.scenario.deliveries]
    taken = {(ids[index], lead_id): (sale, price) for index, lead_id, sale, price in told["records"]}
    by_party = {row["party_id"]: row["amount"] for row in charged}
    return Books(leads, attempts, by_party, paid, waiting, taken, told["again"], told["wrong_bids"])


def differences(market: Market, answers: Answers, books: Books) -> list[str]:
    """Name everything that one party says otherwise than another."""
    return [
        *_of_suppliers(market, answers, books),
        *_of_leads(books),
        *_of_buyers(market, books),
        *_of_money(market, books),
    ]


def _of_suppliers(market: Market, answers: Answers, books: Books) -> Iterator[str]:
    yield from answers.surprises[:5]
    count = market.scenario.leads
    if sum(answers.codes.values()) != posted(count):
        yield f"{posted(count)} posts got {sum(answers.codes.values())} answers"
    valid = {row["uuid"]: row["number"] for row in books.leads if row["system_status"] == SystemStatus.VALID}
    told = {read_queue_id(id_): number for number, ids in answers.accepted.items() for id_ in ids}
    if told != valid:
        yield f"suppliers were told of {len(told)} accepted leads, {len(valid)} are there, {len(told.items() & valid.items())} are both"
    twice = [number for number, ids in answers.accepted.items() if len(ids) > 1]
    if twice:
        yield f"{len(twice)} leads were accepted twice: {twice[:5]}"
    refused = Counter(row["code"] for row in books.leads if row["system_status"] == SystemStatus.INVALID)
    if refused != {code: count for code, count in answers.codes.items() if code != ACCEPTED and count}:
        yield f"suppliers were told {answers.codes}, refused leads are {refused}"
    codes = set(answers.codes) - {ACCEPTED, CAP, DUPLICATE}
    if codes:
        yield f"suppliers got the codes {codes}"


def _of_leads(books: Books) -> Iterator[str]:
    if books.open:
        yield f"{books.open} leads are still under way"
    unknown = {lead_id for _, lead_id in books.in_state(UNKNOWN)}
    sold = {lead_id for _, lead_id in books.in_state(_SOLD, AttemptState.ASSIGNED)}
    stuck: Counter[str] = Counter()
    for row in books.leads:
        if row["system_status"] != SystemStatus.VALID:
            continue
        status = SaleStatus(row["sale_status"])
        if status is SaleStatus.NONE or (status is SaleStatus.PENDING and row["id"] not in unknown):
            stuck[status.name] += 1
        if (status is SaleStatus.SOLD) is not (row["id"] in sold):
            stuck[f"{status.name} against its attempts"] += 1
    yield from (
        f"{count} valid leads are {what} and nothing will change that" for what, count in stuck.items()
    )


def _of_buyers(market: Market, books: Books) -> Iterator[str]:
    bought, unknown, taken = books.in_state(_SOLD, _BACK), books.in_state(UNKNOWN), set(books.taken)
    if bought - taken:
        yield f"{len(bought - taken)} leads are sold to buyers who do not have them"
    if taken - bought - unknown:
        yield f"{len(taken - bought - unknown)} leads are with buyers and neither sold nor unknown"
    if books.again:
        yield f"{books.again} leads were offered again to buyers who had them"
    if books.wrong_bids:
        yield f"{books.wrong_bids} leads came at another price than was bid in time"
    plans, holders = market.delivery_ids(), defaultdict[int, list[tuple[Method, str, bool]]](list)
    back = books.in_state(_BACK)
    for (delivery_id, lead_id), (sale, _) in books.taken.items():
        plan = plans[delivery_id]
        holders[lead_id].append((plan.method, sale, (delivery_id, lead_id) in back))
    for lead_id, who in holders.items():
        most = 1 if any(sale == "exclusive" for _, sale, _ in who) else SELL_LIMITS.get(who[0][0], 1)
        now = sum(not came_back for _, _, came_back in who)
        if now > most:
            yield f"lead {lead_id} of {who[0][0]} is with {now} buyers, {most} may have it"


def _of_money(market: Market, books: Books) -> Iterator[str]:
    due: Counter[int] = Counter()
    wrong = 0
    buyers = {id_: market.ids[f"buyer-{plan.buyer}"] for id_, plan in market.delivery_ids().items()}
    for row in books.attempts:
        if row["state"] not in (_SOLD, _BACK):
            continue
        price = micros(Decimal(books.taken.get((row["delivery_id"], row["lead_id"]), ("", "-1"))[1]))
        wrong += row["revenue"] != price
        if row["state"] == _SOLD:
            due[buyers[row["delivery_id"]]] += price
    if wrong:
        yield f"{wrong} sales are booked at another price than the buyer's"
    charged = Counter({party: amount for party, amount in books.charged.items() if amount})
    if charged != Counter({party: amount for party, amount in due.items() if amount}):
        yield f"buyers owe {sum(due.values())} by their own books, the ledger says {charged.total()}"
    revenue, payout = sum(row["revenue"] for row in books.leads), sum(row["payout"] for row in books.leads)
    if revenue != due.total():
        yield f"the leads' revenue is {revenue}, the sales' {due.total()}"
    if payout != books.paid:
        yield f"the leads' payout is {payout}, the ledger's {books.paid}"


async def report_differences(asking: Line, market: Market, books: Books) -> list[str]:
    """Compare the report on campaigns with the leads."""
    rows = good(await asking.ask("GET", "/api/v1/reports/campaigns?preset=this_year")).document["rows"]
    broken = []
    for method in METHODS:
        own = [row for row in books.leads if row["campaign_id"] == market.ids[method]]
        valid = [row for row in own if row["system_status"] == SystemStatus.VALID]
        counted = (len(own), len(valid), sum(row["revenue"] for row in own))
        told = next(row for row in rows if row["campaign_id"] == market.ids[method])
        reported = (told["leads"], told["valid"], micros(Decimal(told["revenue"])))
        if counted != reported:
            broken.append(f"the report on {method} says {reported}, the leads are {counted}")
    return broken


async def settle_unknown(market: Market, books: Books) -> int:
    """Tell the exchange of each unknown attempt what its buyer says, as an operator does; gives how many there were."""
    unknown = [row for row in books.attempts if row["state"] == UNKNOWN]

    async def settle(asking: Line, row: Any) -> None:
        known = books.taken.get((row["delivery_id"], row["lead_id"]))
        body: dict[str, Any] = {"accepted": known is not None}
        if known is not None:
            body["revenue"] = known[1]
        good(
            await asking.ask("POST", f"/api/v1/leads/{row['lead_id']}/attempts/{row['number']}/resolve", body)
        )

    await over(market.port, market.key, unknown, settle)
    return len(unknown)

"""What becomes of the caps and the credit that attempts hold, when they end and when a lead comes back."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from leadyard.campaigns.configuration import AccountSetup
from leadyard.delivery import notices, store
from leadyard.delivery.holds import NOTHING, Holds, document_of, holds_of, kept
from leadyard.delivery.message_costs import sms_cost_of
from leadyard.delivery.sending import Result, Sending
from leadyard.leads.model import AttemptState
from leadyard.ledger.credit import entries
from leadyard.ledger.credit.counters import lock_credit, write_credit
from leadyard.ledger.credit.model import (
    Alert,
    CreditKey,
    CreditTerms,
    due_alert,
    limit_of,
    settled_take,
)
from leadyard.ledger.model import Entry, made
from leadyard.routing.caps import CapKey, move_caps
from leadyard.storage.database import Connection


def most_entries(results: Iterable[Result]) -> int:
    """Tell how many ledger entries results can make at most: the sale's, its credit's, and its message's."""
    return sum(
        1 + (result.sending.holds.credit is not None) + (sms_cost_of(result) != 0) for result in results
    )


class _Ended(msgspec.Struct):
    """An attempt that has ended: what it held, what it keeps, and what it sold for in micro-units."""

    sending: Sending
    keeps: Holds
    revenue: int


class Settling:
    """Settles the holds of one account's ended attempts, together with their booking."""

    def __init__(self, setup: AccountSetup, now: datetime) -> None:
        """Take the set-up and the instant of the booking."""
        self._setup = setup
        self._now = now
        self._cap_moves: dict[CapKey, int] = {}
        self._ended: list[_Ended] = []

    def add(self, result: Result, *, payout: int, is_first: bool) -> None:
        """Note how an attempt ended; `payout` is what its supplier was paid for it, in micro-units."""
        holds = result.sending.holds
        if not holds or result.state is AttemptState.UNKNOWN:
            return
        keeps = kept(holds, result.state, revenue=result.revenue, payout=payout, is_first=is_first)
        self._ended.append(_Ended(result.sending, keeps, result.revenue))
        left = dict(keeps.caps)
        for key, amount in holds.caps:
            self._cap_moves[key] = self._cap_moves.get(key, 0) + left.get(key, 0) - amount

    async def write(self, connection: Connection) -> list[Entry]:
        """Move caps and credit and write what attempts keep; gives the entries that belong to it."""
        await move_caps(connection, self._cap_moves)
        taken = await self._settle_credit(connection)
        changed = {
            (e.sending.job.lead_id, e.sending.number): document_of(e.keeps)
            for e in self._ended
            if e.keeps != e.sending.holds
        }
        await store.keep_holds(connection, self._setup.account.id, changed)
        return taken

    async def _settle_credit(self, connection: Connection) -> list[Entry]:
        account_id = self._setup.account.id
        ended = [(_key(e.sending), e) for e in self._ended if e.sending.holds.credit is not None]
        rows = await lock_credit(connection, account_id, [key for key, _ in ended])
        terms: dict[CreditKey, CreditTerms] = {}
        booked: list[Entry | None] = []
        for key, each in ended:
            row, held = rows[key], each.sending.holds.credit or 0
            terms[key] = each.sending.buyer.settings.credit
            row.reserved -= held
            if each.keeps.credit is None:
                continue
            amount = settled_take(row, terms[key], held, each.revenue)
            row.spent += amount
            each.keeps = msgspec.structs.replace(each.keeps, credit=amount)
            memo = f"delivery {each.sending.delivery.id}"
            booked.append(entries.taken(account_id, self._now, each.sending.job.lead_id, key, amount, memo))
        news = {}
        for key, row in rows.items():
            alert = due_alert(row, terms[key])
            if alert > row.alert:
                row.alert = alert
                news[key] = (alert, max(0, row.added + limit_of(terms[key]) - row.spent))
        await write_credit(connection, account_id, rows)
        await notices.tell_of_credit(connection, self._setup, self._now, news)
        return made(booked)


def _key(sending: Sending) -> CreditKey:
    return CreditKey(sending.buyer.id, sending.job.currency)


async def give_back(
    connection: Connection, account_id: int, lead_id: int, number: int, now: datetime, memo: str
) -> list[Entry]:
    """Give back what a sold attempt holds, caps and credit, because its lead is returned.

    Called once in the unit of work that returns the lead, while that is locked; at most one entry comes back for the
    caller to post. A second call gives nothing more.
    """
    held = await store.lock_holds(connection, account_id, lead_id, number)
    if held is None:
        return []
    holds = holds_of(account_id, held.holds)
    await move_caps(connection, {key: -amount for key, amount in holds.caps})
    entry = None
    if holds.credit is not None:
        key = CreditKey(held.buyer_id, held.currency)
        rows = await lock_credit(connection, account_id, [key])
        rows[key].spent -= holds.credit
        rows[key].alert = Alert.NONE
        await write_credit(connection, account_id, rows)
        entry = entries.given_back(account_id, now, lead_id, key, holds.credit, memo)
    await store.keep_holds(connection, account_id, {(lead_id, number): document_of(NOTHING)})
    return made([entry])

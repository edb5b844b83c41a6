"""Payout runs, and what operators do with payouts; sending is the worker's (`sending.py`)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

import msgspec

from leadyard.affiliates.commissions.booking import Booking
from leadyard.affiliates.model import PayoutMethod, PayoutState, Program
from leadyard.affiliates.payouts import channels, store
from leadyard.affiliates.payouts.files import payment_file
from leadyard.affiliates.payouts.model import (
    FILE_METHODS,
    SENT_BY_WORKER,
    Due,
    Payout,
    PayoutRecord,
    Resolution,
    RunInput,
    RunListed,
    RunRecord,
    StatementLine,
)
from leadyard.affiliates.payouts.rules import payable
from leadyard.affiliates.program import service as programs
from leadyard.campaigns.webhooks import WebhookEvent
from leadyard.delivery.outbox import announce_programme_news
from leadyard.identity.actor import Actor
from leadyard.identity.service import record_change
from leadyard.kit import clock
from leadyard.kit.errors import ConflictError, FieldProblem, InvalidInputError, NotFoundError
from leadyard.kit.money import from_micros, to_micros
from leadyard.ledger.service import Ledger
from leadyard.notices.model import NoticeKind
from leadyard.notices.service import note
from leadyard.storage.counters import next_id
from leadyard.storage.database import Connection, Database

_NONE = "There is no such payout."


class Payouts:
    """The payouts of every account."""

    def __init__(self, database: Database, ledger: Ledger) -> None:
        """Share the process's database and ledger."""
        self._database = database
        self._ledger = ledger

    async def run(self, actor: Actor, wanted: RunInput) -> RunRecord:
        """Make payouts of what is due, or show them (`dry_run`); raises InvalidInputError.

        A method that the worker sends begins at once; files are fetched, paid and then marked as paid.
        """
        at = clock.now()
        until = at if wanted.until is None else wanted.until
        if until > at:
            raise InvalidInputError([FieldProblem("until", "is in the future: nothing is due then yet")])
        async with self._database.unit_of_work() as connection:
            program = await programs.read(connection, actor.account_id)
            method = wanted.method or program.payout_method
            await channels.require(connection, actor.account_id, method)
            dues = await self._dues(connection, actor.account_id, program, until, wanted.affiliate_ids)
            run_id = None
            payouts = [_draft(actor.account_id, due, method, at) for due in dues]
            if not wanted.dry_run and dues:
                run_id = await next_id(connection, actor.account_id, "payout_runs")
                await store.insert_run(connection, actor.account_id, run_id, method, until, actor.name, at)
                payouts = [
                    await self._insert(connection, run_id, due, one)
                    for due, one in zip(dues, payouts, strict=True)
                ]
            shown = tuple(await _records(connection, actor.account_id, payouts))
        return RunRecord(id=run_id, method=method, until=until, created_at=at, payouts=shown)

    async def read_run(self, account_id: int, run_id: int) -> RunRecord:
        """Give a run with its payouts; raises NotFoundError."""
        async with self._database.connection() as connection:
            row = await store.find_run(connection, account_id, run_id)
            if row is None:
                raise NotFoundError("There is no such payout run.")
            payouts = await store.of_run(connection, account_id, run_id)
            shown = tuple(await _records(connection, account_id, payouts))
        return RunRecord(
            id=run_id,
            method=PayoutMethod(row["method"]),
            until=row["until"],
            created_at=row["created_at"],
            payouts=shown,
        )

    async def search_runs(self, account_id: int, *, page: int, per_page: int) -> tuple[list[RunListed], int]:
        """Give runs, newest first, and how many there are."""
        async with self._database.connection() as connection:
            return await store.page_of_runs(
                connection, account_id, limit=per_page, offset=(page - 1) * per_page
            )

    async def file(self, account_id: int, run_id: int) -> bytes:
        """Write a run's open payouts as the file that PayPal or a bank takes; raises NotFoundError, ConflictError."""
        run = await self.read_run(account_id, run_id)
        if run.method not in FILE_METHODS:
            raise ConflictError("method", "is not one that pays by a file")
        async with self._database.connection() as connection:
            payouts = [
                p for p in await store.of_run(connection, account_id, run_id) if p.state is PayoutState.OPEN
            ]
            payees = await store.payees(connection, account_id, [payout.affiliate_id for payout in payouts])
        pairs = [(payout, payees[payout.affiliate_id]) for payout in payouts]
        return payment_file(run.method, pairs, f"Affiliate commissions, run {run_id}")

    async def read(self, account_id: int, payout_id: int) -> PayoutRecord:
        """Give a payout with its statement; raises NotFoundError."""
        async with self._database.connection() as connection:
            payout = await store.find(connection, account_id, payout_id)
            if payout is None:
                raise NotFoundError(_NONE)
            (record,) = await _records(connection, account_id, [payout])
        return record

    async def search(
        self,
        account_id: int,
        *,
        affiliate_id: int | None,
        state: PayoutState | None,
        page: int,
        per_page: int,
    ) -> tuple[list[PayoutRecord], int]:
        """Give payouts with their statements, newest first, and how many there are."""
        async with self._database.connection() as connection:
            found, total = await store.page(
                connection,
                account_id,
                affiliate_id=affiliate_id,
                state=state,
                limit=per_page,
                offset=(page - 1) * per_page,
            )
            return await _records(connection, account_id, found), total

    async def mark_paid(self, actor: Actor, payout_id: int) -> PayoutRecord:
        """Book an open payout as paid by hand; one that is paid already stays so. Raises NotFoundError, ConflictError."""
        async with self._database.unit_of_work() as connection:
            payout = await self._locked(connection, actor.account_id, payout_id)
            if payout.state is not PayoutState.PAID:
                _require(payout, PayoutState.OPEN)
                await self.book_paid(connection, payout)
                await _record(connection, actor, "mark as paid", payout)
        return await self.read(actor.account_id, payout_id)

    async def mark_run_paid(self, actor: Actor, run_id: int) -> RunRecord:
        """Book all open payouts of a run as paid; raises NotFoundError."""
        run = await self.read_run(actor.account_id, run_id)
        for shown in run.payouts:
            if shown.state is PayoutState.OPEN and shown.id is not None:
                await self.mark_paid(actor, shown.id)
        return await self.read_run(actor.account_id, run_id)

    async def cancel(self, actor: Actor, payout_id: int) -> PayoutRecord:
        """Give up an open payout: what it would have paid waits for another run. Raises NotFoundError, ConflictError."""
        async with self._database.unit_of_work() as connection:
            payout = await self._locked(connection, actor.account_id, payout_id)
            _require(payout, PayoutState.OPEN)
            await self.book_failed(connection, payout, f"cancelled by {actor.name}")
            await _record(connection, actor, "cancel", payout)
        return await self.read(actor.account_id, payout_id)

    async def resolve(self, actor: Actor, payout_id: int, found: Resolution) -> PayoutRecord:
        """Settle a payout whose outcome was not known by what its receiver says; raises NotFoundError, ConflictError."""
        async with self._database.unit_of_work() as connection:
            payout = await self._locked(connection, actor.account_id, payout_id)
            _require(payout, PayoutState.UNKNOWN)
            if found.paid:
                await self.book_paid(connection, payout)
            else:
                await self.book_failed(connection, payout, f"not paid, says {actor.name}")
            await _record(connection, actor, "resolve", payout)
        return await self.read(actor.account_id, payout_id)

    async def retry(self, actor: Actor, payout_id: int) -> PayoutRecord:
        """Send a payout of unknown outcome once more under its reference, by which the receiver knows it.

        Raises NotFoundError, ConflictError.
        """
        async with self._database.unit_of_work() as connection:
            payout = await self._locked(connection, actor.account_id, payout_id)
            _require(payout, PayoutState.UNKNOWN)
            await store.settle(connection, payout, PayoutState.OPEN, due_at=clock.now())
            await _record(connection, actor, "retry", payout)
        return await self.read(actor.account_id, payout_id)

    async def book_paid(
        self, connection: Connection, payout: Payout, details: dict[str, Any] | None = None
    ) -> None:
        """Book a payout, whose row is locked, and its commissions as paid."""
        at = clock.now()
        booking = Booking(self._ledger, payout.account_id, at)
        booking.pay(await store.lock_lines(connection, payout), f"payout {payout.id}")
        await booking.write(connection)
        await store.settle(connection, payout, PayoutState.PAID, paid_at=at, details=details)
        await announce_programme_news(
            connection, payout.account_id, at, WebhookEvent.PAYOUT_PAID, [payout.told()]
        )

    async def book_failed(self, connection: Connection, payout: Payout, problem: str) -> None:
        """Book a payout, whose row is locked, as surely not paid; its commissions wait for another run."""
        lines = await store.lock_lines(connection, payout)
        details = {"commission_ids": [line.id for line in lines]}
        await store.untie(connection, payout)
        await store.settle(connection, payout, PayoutState.FAILED, problem=problem, details=details)
        told = [{"payout": {**payout.told()["payout"], "problem": problem}}]
        await note(connection, payout.account_id, NoticeKind.PAYOUT_FAILED, told)
        await announce_programme_news(
            connection, payout.account_id, clock.now(), WebhookEvent.PAYOUT_FAILED, told
        )

    async def note_unknown(self, connection: Connection, payout: Payout, problem: str | None) -> None:
        """Write down that nobody knows what became of a payout, whose row is locked, and tell people."""
        await store.settle(connection, payout, PayoutState.UNKNOWN, problem=problem)
        told = {"payout": {**payout.told()["payout"], "problem": problem}}
        await note(connection, payout.account_id, NoticeKind.PAYOUT_UNKNOWN, [told])

    async def _dues(
        self,
        connection: Connection,
        account_id: int,
        program: Program,
        until: datetime,
        affiliate_ids: Sequence[int],
    ) -> list[Due]:
        due = await store.due(connection, account_id, until, affiliate_ids)
        return payable(due, to_micros(program.minimum_payout), program.currency)

    async def _insert(self, connection: Connection, run_id: int, due: Due, draft: Payout) -> Payout:
        payout_id = await next_id(connection, draft.account_id, "payouts")
        payout = _numbered(draft, payout_id, run_id)
        due_at = payout.created_at if payout.method in SENT_BY_WORKER else None
        await store.insert(connection, payout, due.commission_ids, due_at)
        return payout

    async def _locked(self, connection: Connection, account_id: int, payout_id: int) -> Payout:
        payout = await store.find(connection, account_id, payout_id, lock=True)
        if payout is None:
            raise NotFoundError(_NONE)
        return payout


def _draft(account_id: int, due: Due, method: PayoutMethod, at: datetime) -> Payout:
    return Payout(
        account_id=account_id, id=0, run_id=0, affiliate_id=due.affiliate_id, currency=due.currency, amount=due.amount,
        method=method, state=PayoutState.OPEN, reference=uuid4(), details={"commission_ids": list(due.commission_ids)},
        tries=0, problem=None, created_at=at, paid_at=None,
    )  # fmt: skip


def _numbered(draft: Payout, payout_id: int, run_id: int) -> Payout:
    return msgspec.structs.replace(draft, id=payout_id, run_id=run_id)


def _require(payout: Payout, state: PayoutState) -> None:
    if payout.state is not state:
        raise ConflictError("state", f"is {payout.state}, not {state}")


async def _records(connection: Connection, account_id: int, payouts: Sequence[Payout]) -> list[PayoutRecord]:
    payees = await store.payees(connection, account_id, {payout.affiliate_id for payout in payouts})
    return [
        PayoutRecord(
            id=payout.id or None, run_id=payout.run_id or None, affiliate_id=payout.affiliate_id,
            email=payees[payout.affiliate_id].email, currency=payout.currency, amount=from_micros(payout.amount),
            method=payout.method, state=payout.state, reference=payout.reference if payout.id else None,
            problem=payout.problem, created_at=payout.created_at, paid_at=payout.paid_at,
            lines=tuple(map(StatementLine.of, await store.lines(connection, payout))),
        )
        for payout in payouts
    ]  # fmt: skip


async def _record(connection: Connection, actor: Actor, action: str, payout: Payout) -> None:
    await record_change(
        connection, actor.account_id, actor.name, action, "payout", payout.id, payout.state, None
    )

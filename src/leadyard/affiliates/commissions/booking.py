"""Commissions of one unit of work: made, changed, cancelled and paid, with their entries and their news."""

from collections.abc import Iterable
from datetime import datetime

from leadyard.affiliates.commissions import store
from leadyard.affiliates.commissions.model import Commission, Draft
from leadyard.campaigns.webhooks import WebhookEvent
from leadyard.delivery.outbox import announce_programme_news
from leadyard.ledger.model import Entry, EntryKind, commission, commission_paid, made
from leadyard.ledger.service import Ledger
from leadyard.storage.counters import ids_in_order
from leadyard.storage.database import Connection


class Booking:
    """Collects what becomes of one account's commissions; `write` does it.

    Who changes, cancels or pays a commission has its row locked.
    """

    def __init__(self, ledger: Ledger, account_id: int, at: datetime) -> None:
        """Take the instant at which everything is booked."""
        self._ledger = ledger
        self._account_id = account_id
        self._at = at
        self._drafts: list[Draft] = []
        self._changed: list[Commission] = []
        self._cancelled: list[tuple[Commission, str | None, bool]] = []
        self._held: list[tuple[Commission, str]] = []
        self._paid: list[Commission] = []
        self._entries: list[Entry | None] = []

    def make(self, drafts: Iterable[Draft]) -> None:
        """Make commissions, each once: one whose origin is known already is left out."""
        self._drafts += drafts

    def change(self, before: Commission, after: Commission) -> None:
        """Give an open commission another amount in the same currency, or another reason."""
        self._changed.append(after)
        memo = f"changed: {after.reason}"
        self._book(EntryKind.COMMISSION_CHANGED, after, after.amount - before.amount, memo)

    def cancel(
        self, commissions: Iterable[Commission], *, note: str | None = None, frees_origin: bool = False
    ) -> None:
        """Cancel open commissions; `frees_origin` when the same event may make them again."""
        for one in commissions:
            self._cancelled.append((one, note, frees_origin))
            self._book(EntryKind.COMMISSION_CANCELLED, one, -one.amount, note or "cancelled")

    def hold(self, commissions: Iterable[Commission], *, note: str) -> None:
        """Let open commissions wait for a person's word; nothing is booked."""
        self._held += [(one, note) for one in commissions]

    def pay(self, commissions: Iterable[Commission], memo: str) -> None:
        """Mark open commissions as paid."""
        for one in commissions:
            self._paid.append(one)
            self._entries.append(
                commission_paid(
                    self._account_id, self._at, one.id, affiliate_id=one.affiliate_id, amount=one.amount,
                    currency=one.currency, memo=memo,
                )
            )  # fmt: skip

    async def write(self, connection: Connection) -> list[Commission]:
        """Write everything, book it and queue the news of it; gives the commissions that were made."""
        for one, note, frees_origin in self._cancelled:
            await store.cancel(
                connection, self._account_id, [one.id], self._at, note=note, frees_origin=frees_origin
            )
        await store.change(connection, self._account_id, self._changed, self._at)
        for one, note in self._held:
            await store.hold(connection, self._account_id, [one.id], self._at, note=note)
        if self._paid:
            await store.pay(connection, self._account_id, [one.id for one in self._paid], self._at)
        new = await self._insert(connection)
        await self._ledger.post_in(connection, self._account_id, made(self._entries))
        for event, told in (
            (WebhookEvent.COMMISSION_CREATED, new),
            (WebhookEvent.COMMISSION_CHANGED, self._changed),
            (WebhookEvent.COMMISSION_CANCELLED, [one for one, _, _ in self._cancelled]),
            (WebhookEvent.COMMISSION_HELD, [one for one, _ in self._held]),
            (WebhookEvent.COMMISSION_PAID, self._paid),
        ):
            payloads = [one.told() for one in told]
            await announce_programme_news(connection, self._account_id, self._at, event, payloads)
        return new

    async def _insert(self, connection: Connection) -> list[Commission]:
        if not self._drafts:
            return []
        ids = await ids_in_order(connection, self._account_id, "commissions", len(self._drafts))
        new = await store.insert(connection, self._account_id, self._drafts, ids, self._at)
        for one in new:
            self._book(EntryKind.COMMISSION_EARNED, one, one.amount, one.reason)
        return new

    def _book(self, kind: EntryKind, one: Commission, amount: int, memo: str) -> None:
        self._entries.append(
            commission(
                self._account_id, kind, self._at, one.id, affiliate_id=one.affiliate_id, amount=amount,
                currency=one.currency, lead_id=one.lead_id, memo=memo,
            )
        )  # fmt: skip

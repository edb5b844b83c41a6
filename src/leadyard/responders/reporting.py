"""Sums over messages, for lists and reports (docs/leadbyte.md, "Calls")."""

from collections.abc import Sequence
from typing import Any

import msgspec

from leadyard.reports.model import CampaignReportRequest
from leadyard.reports.segments import NO_TIME_GROUP
from leadyard.reports.service import window_of
from leadyard.responders import reporting_store, store
from leadyard.responders.model import Advertiser, Medium, Push
from leadyard.responders.reporting_store import MEASURES
from leadyard.storage.database import Connection, Database, Row


class MessageSums(msgspec.Struct, frozen=True):
    """Sums over messages that were handed over: counts, and money in micro-units; members in the order of MEASURES."""

    sent: int = 0
    pending: int = 0
    undelivered: int = 0
    delivered: int = 0
    opened: int = 0
    clicks: int = 0
    conversions: int = 0
    unsubscribed: int = 0
    cost: int = 0
    revenue: int = 0

    @property
    def profit(self) -> int:
        """Take costs from the revenue."""
        return self.revenue - self.cost

    def plus(self, other: "MessageSums") -> "MessageSums":
        """Add two sums."""
        pairs = zip(msgspec.structs.astuple(self), msgspec.structs.astuple(other), strict=True)
        return MessageSums(*(mine + theirs for mine, theirs in pairs))


class MessageReportRow(msgspec.Struct, frozen=True):
    """One row: `supplier_id` 0 stands for leads without a supplier, None where suppliers are not shown."""

    label: str | None
    campaign_id: int | None
    responder_id: int
    reference: str
    supplier_id: int | None
    push_id: int
    push: str
    redirect: str
    advertiser: Advertiser
    currency: str
    sums: MessageSums


async def sums_of_pushes(
    database: Database, account_id: int, responder_ids: Sequence[int]
) -> dict[int, MessageSums]:
    """Sum all messages of responders by push; pushes without any are left out."""
    async with database.connection() as connection:
        rows = await reporting_store.sums_of_pushes(connection, account_id, responder_ids)
    return {push_id: _sums(row) for push_id, row in rows.items()}


async def message_report(
    connection: Connection, request: CampaignReportRequest, medium: Medium
) -> list[MessageReportRow]:
    """Sum the messages to leads received in a window, by campaign, responder, supplier and push."""
    window = await window_of(connection, request)
    if window is None:
        return []
    rows = await reporting_store.report(
        connection,
        request,
        medium,
        window.period,
        [segment.start for segment in window.segments],
        by_campaign=request.show_campaign or request.group == NO_TIME_GROUP,
    )
    found: dict[tuple[Any, ...], MessageReportRow] = {}
    for row in rows:
        made = _row(window.segments[row["segment"] - 1].label, row)
        key = (made.label, made.campaign_id, made.responder_id, made.supplier_id, made.push_id, made.currency)
        if key in found:
            made = msgspec.structs.replace(made, sums=made.sums.plus(found[key].sums))
        found[key] = made
    return list(found.values())


async def list_messages(
    database: Database,
    account_id: int,
    responder_id: int | None,
    lead_id: int | None,
    *,
    page: int = 1,
    per_page: int = 50,
) -> tuple[list[Row], int]:
    """Give one page of messages, newest first, and how many there are on all pages with any."""
    async with database.connection() as connection:
        rows = await store.messages(
            connection, account_id, responder_id, lead_id, per_page, (page - 1) * per_page
        )
    return rows, rows[0]["total"] if rows else 0


def _row(label: str | None, row: Row) -> MessageReportRow:
    push = msgspec.convert(row["push"], Push)
    return MessageReportRow(
        label,
        row["campaign_id"],
        row["responder_id"],
        row["reference"],
        row["supplier_id"],
        row["push_id"],
        push.name,
        push.redirect,
        push.advertiser,
        row["currency"],
        _sums(row),
    )


def _sums(row: Row) -> MessageSums:
    return MessageSums(*(int(row[name]) for name in MEASURES))

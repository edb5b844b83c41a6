"""Leads as the own API shows them: money as exact text, statuses as words, times in UTC."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

import msgspec

from leadyard.kit.ids import queue_id
from leadyard.kit.money import from_micros
from leadyard.leads.model import Lead, SaleStatus, SystemStatus
from leadyard.leads.views import AttemptView, LeadEvent, LeadView
from leadyard.ledger.model import Entry

StatusWord = Literal["Pending", "Quarantined", "Valid", "Invalid"]
SaleWord = Literal["None", "Pending", "Sold", "Unsold", "Returned", "Assigned"]


class LeadRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A lead in a list."""

    id: int
    queue_id: str
    uuid: str
    campaign_id: int | None
    supplier_id: int | None
    sub_supplier_id: int | None
    channel: str
    test: bool
    status: StatusWord
    sale_status: SaleWord
    code: int
    errors: Any
    fields: dict[str, str]
    currency: str
    payout: Decimal
    revenue: Decimal
    received_at: datetime
    decided_at: datetime | None
    process_seconds: float


class LeadPage(msgspec.Struct, frozen=True):
    """Leads by falling id; `next_before` is the `before` of the next page, null on the last one."""

    items: list[LeadRecord]
    next_before: int | None


class AttemptRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One delivery that was considered: who got the lead or why not, and what was sent and answered."""

    number: int
    delivery_id: int
    buyer_id: int
    state: str
    reason: str
    revenue: Decimal
    started_at: datetime
    finished_at: datetime | None
    trace: dict[str, Any] | None


class PostingRecord(msgspec.Struct, frozen=True):
    """One line of a ledger entry; a debit is positive."""

    book: str
    party_id: int
    currency: str
    amount: Decimal


class EntryRecord(msgspec.Struct, frozen=True):
    """One thing that was booked; its postings sum to zero."""

    kind: str
    at: datetime
    memo: str
    postings: list[PostingRecord]


class CostsRecord(msgspec.Struct, frozen=True):
    """What checks and messages cost."""

    validation: Decimal
    email: Decimal
    sms: Decimal


class LeadDetail(LeadRecord, frozen=True, kw_only=True):
    """A lead with everything that is known of it.

    `redirect_url` is the page for whoever filled in the form: the buyer's, else the campaign's for sold or unsold
    leads; empty while the sale is open, without such a page, and where the record is masked.
    """

    delivery_status: str
    redirect_url: str
    costs: CostsRecord
    attempts: list[AttemptRecord]
    history: list[LeadEvent]
    entries: list[EntryRecord]


def word(status: SystemStatus | SaleStatus) -> Any:
    """Write a status as it is read: its name with a capital."""
    return status.name.title()


def record_of(lead: Lead) -> LeadRecord:
    """Show a lead in a list."""
    return LeadRecord(**_members(lead))


def page_of(leads: list[Lead], most: int) -> LeadPage:
    """Show a page; one that is full may have another behind it."""
    return LeadPage([record_of(lead) for lead in leads], leads[-1].id if len(leads) == most else None)


def detail_of(view: LeadView, entries: list[Entry], redirect_url: str) -> LeadDetail:
    """Show a lead with everything that is known of it."""
    costs = CostsRecord(*(from_micros(amount) for amount in msgspec.structs.astuple(view.costs)))
    return LeadDetail(
        **_members(view.lead),
        delivery_status=view.delivery_status,
        redirect_url=redirect_url,
        costs=costs,
        attempts=[_attempt(attempt) for attempt in view.attempts],
        history=list(view.events),
        entries=[_entry(entry) for entry in entries],
    )


def _members(lead: Lead) -> dict[str, Any]:
    return {
        "id": lead.id,
        "queue_id": queue_id(lead.uuid),
        "uuid": str(lead.uuid),
        "campaign_id": lead.campaign_id,
        "supplier_id": lead.supplier_id,
        "sub_supplier_id": lead.sub_supplier_id,
        "channel": lead.channel.name.lower(),
        "test": lead.is_test,
        "status": word(lead.system_status),
        "sale_status": word(lead.sale_status),
        "code": lead.code,
        "errors": lead.info or [],
        "fields": lead.fields,
        "currency": lead.currency,
        "payout": from_micros(lead.payout),
        "revenue": from_micros(lead.revenue),
        "received_at": lead.received_at,
        "decided_at": lead.decided_at,
        "process_seconds": lead.process_micros / 1_000_000,
    }


def _attempt(attempt: AttemptView) -> AttemptRecord:
    members = msgspec.structs.asdict(attempt)
    members |= {"state": attempt.state.name.lower(), "revenue": from_micros(attempt.revenue)}
    return AttemptRecord(**members)


def _entry(entry: Entry) -> EntryRecord:
    postings = [PostingRecord(p.book, p.party_id, p.currency, from_micros(p.amount)) for p in entry.postings]
    return EntryRecord(entry.kind, entry.at, entry.memo, postings)

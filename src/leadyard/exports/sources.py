"""What can be exported besides leads: attempts, returns, feedback and the ledger, and where their rows stand."""

from collections.abc import Callable, Sequence

import msgspec

from leadyard.affiliates.exporting import PROGRAMME
from leadyard.exports.leads import lead_columns, members_of
from leadyard.exports.model import Column, Kind, choose, named, plain, worded
from leadyard.exports.store import (
    Key,
    Range,
    Statement,
    Wanted,
    leads_range,
    leads_statement,
    range_of,
    statement_of,
)
from leadyard.exports.viewing import View
from leadyard.leads.after_sale.model import ReturnState
from leadyard.leads.model import AttemptState
from leadyard.leads.reading import LeadFilter
from leadyard.storage.database import Connection, Row

ATTEMPTS, RETURNS, FEEDBACK, LEDGER = "attempts", "returns", "feedback", "ledger"


class Source(msgspec.Struct, frozen=True):
    """Rows in the order of their keys, to be read page by page."""

    columns: Sequence[Column]
    statement: Statement
    ids: Range
    key: Callable[[Row], Key]


async def leads_source(connection: Connection, view: View, wanted: LeadFilter, columns: str | None) -> Source:
    """Find the leads of a filter, of which a supplier's or buyer's key sees its own."""
    known, groups = lead_columns(view, wanted.campaign_id)
    chosen = choose(columns, known, groups)
    statement = leads_statement(view.setup, wanted, members_of(chosen), view.buyer_id)
    return Source(
        chosen, statement, await leads_range(connection, view.setup, wanted), lambda row: (row["id"], 0)
    )


async def other_source(
    connection: Connection, view: View, name: str, wanted: Wanted, columns: str | None
) -> Source:
    """Find attempts, returns, feedback, postings or what is of the affiliate programme."""
    ids = await range_of(connection, wanted.account_id, name)
    if name in PROGRAMME:
        chosen = choose(columns, PROGRAMME[name].columns, {})
        return Source(chosen, statement_of(name, wanted), ids, _by_id)
    make, key = _OTHERS[name]
    chosen = choose(columns, make(view), {})
    return Source(chosen, statement_of(name, wanted), ids, key)


def _attempts(view: View) -> list[Column]:
    return [
        plain("lead_id", Kind.NUMBER),
        plain("number", Kind.NUMBER),
        plain("started_at", Kind.MOMENT),
        plain("finished_at", Kind.MOMENT),
        *_delivery(view),
        *_buyer(view),
        worded("state", {int(one): one.name.lower() for one in AttemptState}),
        plain("reason"),
        plain("revenue", Kind.MICROS),
        plain("offer", Kind.MICROS),
    ]


def _returns(view: View) -> list[Column]:
    amounts = [] if view.buyer_id is not None else [plain("payout", Kind.MICROS)]
    return [
        plain("id", Kind.NUMBER),
        plain("lead_id", Kind.NUMBER),
        plain("received_at", Kind.MOMENT),
        *_buyer(view),
        *_delivery(view),
        plain("reason"),
        worded("state", {int(one): one.name.title() for one in ReturnState}),
        plain("currency"),
        plain("revenue", Kind.MICROS),
        *amounts,
        plain("reverse_payout", Kind.FLAG),
        plain("asked_at", Kind.MOMENT),
        plain("asked_by"),
        plain("decided_at", Kind.MOMENT),
        plain("decided_by"),
    ]


def _feedback(view: View) -> list[Column]:
    return [
        plain("lead_id", Kind.NUMBER),
        plain("number", Kind.NUMBER, member="id"),
        plain("at", Kind.MOMENT),
        *_buyer(view),
        plain("feedback"),
        plain("notes"),
        plain("actor"),
    ]


def _ledger(_: View) -> list[Column]:
    return [
        plain("entry_id", Kind.NUMBER),
        plain("line", Kind.NUMBER),
        plain("at", Kind.MOMENT),
        plain("kind"),
        plain("lead_id", Kind.NUMBER),
        plain("book"),
        plain("party_id", Kind.NUMBER),
        plain("currency"),
        plain("amount", Kind.MICROS),
        plain("memo"),
    ]


def _buyer(view: View) -> tuple[Column, Column]:
    companies = {buyer.id: buyer.company for buyer in view.setup.buyers.values()}
    return plain("buyer_id", Kind.NUMBER), named("buyer", companies, member="buyer_id")


def _delivery(view: View) -> tuple[Column, Column]:
    references = {
        delivery.id: delivery.reference
        for campaign in view.setup.campaigns.values()
        for delivery in campaign.deliveries
    }
    return plain("delivery_id", Kind.NUMBER), named("delivery", references, member="delivery_id")


def _by_id(row: Row) -> Key:
    return row["id"], 0


_OTHERS: dict[str, tuple[Callable[[View], list[Column]], Callable[[Row], Key]]] = {
    ATTEMPTS: (_attempts, lambda row: (row["lead_id"], row["number"])),
    RETURNS: (_returns, _by_id),
    FEEDBACK: (_feedback, lambda row: (row["lead_id"], row["id"])),
    LEDGER: (_ledger, lambda row: (row["entry_id"], row["line"])),
}

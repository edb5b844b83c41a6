"""Reading and finding leads: nothing here changes anything."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from leadyard.campaigns.configuration import AccountSetup
from leadyard.intake.fields import email_key, phone_key
from leadyard.kit.documents import text_problem
from leadyard.leads import events
from leadyard.leads.model import APPROVED_STATES, AttemptState, Lead, SaleStatus, SystemStatus
from leadyard.leads.store import LEAD_COLUMNS, StoredLead, lead_of
from leadyard.leads.views import LeadView
from leadyard.storage.database import LARGEST_ID, Connection, fetch
from leadyard.storage.tables.leads import delivery_attempts
from leadyard.storage.tables.leads import leads as table

DEFAULT_COUNTRY = "GB"
HELD = tuple(sorted({*APPROVED_STATES, AttemptState.RETURNED}))
"""States of attempts whose buyer may see the lead."""


class LeadFilter(msgspec.Struct, frozen=True):
    """What leads of a list have in common; None is no condition, received times are from (inside) to (outside).

    `attempt` is a state that at least one attempt is in; the buyer has the lead, or had it until it came back. `email`
    and `phone` are as people write them; `before_id` is the last id of the page before.
    """

    campaign_id: int | None = None
    supplier_id: int | None = None
    system_status: SystemStatus | None = None
    sale_status: SaleStatus | None = None
    attempt: AttemptState | None = None
    email: str | None = None
    phone: str | None = None
    received_from: datetime | None = None
    received_to: datetime | None = None
    before_id: int | None = None
    buyer_id: int | None = None


class LeadFacts(msgspec.Struct, frozen=True):
    """What rules ask of a stored lead."""

    id: int
    fields: dict[str, str]
    received_at: datetime
    supplier_id: int | None
    channel: int


def view_of(stored: StoredLead) -> LeadView:
    """Put a lead together with its history."""
    past = events.history(stored.lead, stored.attempts, stored.events)
    return LeadView(stored.lead, stored.attempts, past, stored.costs)


def email_keys(emails: Iterable[str]) -> list[str]:
    """Give the keys by which addresses are found; texts that no lead can hold have none."""
    return sorted({email_key(text) for text in emails if text_problem(text) is None} - {""})


def phone_keys(phones: Iterable[str], setup: AccountSetup, campaign_ids: Sequence[int] | None) -> list[str]:
    """Give the keys by which numbers are found: a number without a country is one of any campaign's country."""
    wanted = setup.campaigns if campaign_ids is None else set(campaign_ids)
    countries = {c.settings.country for c in setup.campaigns.values() if c.id in wanted} or {DEFAULT_COUNTRY}
    storable = [text for text in phones if text_problem(text) is None]
    return sorted({phone_key(text, country) for text in storable for country in countries} - {""})


async def page(connection: Connection, setup: AccountSetup, wanted: LeadFilter, most: int) -> list[Lead]:
    """List leads by falling id, at most so many."""
    return [lead_of(row) for row in await fetch(connection, page_query(setup, wanted, most))]


def page_query(setup: AccountSetup, wanted: LeadFilter, most: int) -> sa.Select[Any]:
    """Compose the query for a page of leads."""
    columns = [table.c[name] for name in LEAD_COLUMNS]
    return sa.select(*columns).where(*conditions_of(setup, wanted)).order_by(table.c.id.desc()).limit(most)


async def ids_after(
    connection: Connection, setup: AccountSetup, wanted: LeadFilter, after_id: int, most: int
) -> list[int]:
    """List ids of leads, tests left out, by rising id after one, at most so many."""
    conditions = (*conditions_of(setup, wanted), table.c.is_test.is_(False), table.c.id > after_id)
    query = sa.select(table.c.id).where(*conditions).order_by(table.c.id).limit(most)
    return [row["id"] for row in await fetch(connection, query)]


async def facts_after(
    connection: Connection, setup: AccountSetup, wanted: LeadFilter, after_id: int, most: int
) -> list[LeadFacts]:
    """Read what rules ask of leads, tests left out, by rising id after one, at most so many."""
    conditions = (*conditions_of(setup, wanted), table.c.is_test.is_(False), table.c.id > after_id)
    columns = [table.c[name] for name in LeadFacts.__struct_fields__]
    query = sa.select(*columns).where(*conditions).order_by(table.c.id).limit(most)
    return [LeadFacts(*row.values()) for row in await fetch(connection, query)]


async def extent(connection: Connection, setup: AccountSetup, wanted: LeadFilter) -> tuple[int, int]:
    """Count leads, tests left out, and give the highest id of them (0 without any)."""
    conditions = (*conditions_of(setup, wanted), table.c.is_test.is_(False))
    columns = (sa.func.count().label("count"), sa.func.coalesce(sa.func.max(table.c.id), 0).label("last"))
    (row,) = await fetch(connection, sa.select(*columns).where(*conditions))
    return row["count"], row["last"]


def conditions_of(setup: AccountSetup, wanted: LeadFilter) -> list[sa.ColumnElement[bool]]:
    """Compose the conditions of a filter, the account first."""
    account_id = setup.account.id
    return [
        *_equalities(account_id, wanted),
        *_states(account_id, wanted),
        *_ranges(wanted),
        *_keys(setup, wanted),
    ]


def _equalities(account_id: int, wanted: LeadFilter) -> list[sa.ColumnElement[bool]]:
    values = {
        "campaign_id": wanted.campaign_id,
        "supplier_id": wanted.supplier_id,
    }
    found = [table.c[name] == value for name, value in values.items() if value is not None]
    return [table.c.account_id == account_id, *found]


def _states(account_id: int, wanted: LeadFilter) -> list[sa.ColumnElement[bool]]:
    # Written into the statement: a partial index cannot serve a parameter.
    found = []
    if wanted.system_status is not None:
        found.append(table.c.system_status == _literal(wanted.system_status))
    if wanted.sale_status is not None:
        found.append(table.c.sale_status == _literal(wanted.sale_status))
    if wanted.attempt is not None:
        attempts = delivery_attempts.c
        of_account = attempts.account_id == account_id
        in_state: sa.ColumnElement[bool] = attempts.state == _literal(wanted.attempt)
        if wanted.attempt is AttemptState.UNKNOWN:
            in_state = attempts.is_unknown
        found.append(table.c.id.in_(sa.select(attempts.lead_id).where(of_account, in_state)))
    if wanted.buyer_id is not None:
        found.append(_held_by(account_id, wanted.buyer_id))
    return found


def _held_by(account_id: int, buyer_id: int) -> sa.ColumnElement[bool]:
    attempts = delivery_attempts.c
    of_lead = (attempts.account_id == account_id) & (attempts.lead_id == table.c.id)
    is_held = (attempts.buyer_id == buyer_id) & attempts.state.in_(HELD)
    return sa.exists().where(of_lead, is_held)


def _literal(state: int) -> sa.ColumnElement[int]:
    return sa.literal_column(str(int(state)), sa.Integer)


def _ranges(wanted: LeadFilter) -> list[sa.ColumnElement[bool]]:
    found = []
    if wanted.received_from is not None:
        found.append(table.c.received_at >= wanted.received_from)
    if wanted.received_to is not None:
        found.append(table.c.received_at < wanted.received_to)
    if wanted.before_id is not None:
        found.append(table.c.id < min(wanted.before_id, LARGEST_ID))
    return found


def _keys(setup: AccountSetup, wanted: LeadFilter) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if wanted.email is not None:
        found.append(table.c.email_key.in_(email_keys([wanted.email])))
    if wanted.phone is not None:
        campaign_ids = None if wanted.campaign_id is None else [wanted.campaign_id]
        keys = phone_keys([wanted.phone], setup, campaign_ids)
        found.append(
            sa.or_(*(table.c[name].in_(keys) for name in ("phone1_key", "phone2_key", "phone3_key")))
        )
    return found

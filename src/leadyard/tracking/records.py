"""People, visitors, touches, signals and events as the own API shows them."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from leadyard.people.model import Person, Profile, Submission
from leadyard.storage.database import Row
from leadyard.tracking.attribution import read_rule
from leadyard.tracking.collector.model import Problem
from leadyard.tracking.fraud.model import SignalState
from leadyard.tracking.model import TouchSource, Visitor

Id = Annotated[int, Meta(ge=1, le=2**53 - 1)]


class Credited(msgspec.Struct, frozen=True):
    """Who is credited, and the touch by which they are."""

    affiliate_id: int | None
    traffic_campaign_id: int | None
    touch_id: int | None


class TouchRecord(msgspec.Struct, frozen=True):
    """One touch; `rule` are the settings of its moment, `origin_id` is the touch whose credit it hands on."""

    id: int
    at: datetime
    source: str
    visitor_id: int | None
    person_id: int | None
    affiliate_id: int | None
    traffic_campaign_id: int | None
    code: str | None
    subid: str | None
    channel: str | None
    url: str | None
    referrer: str | None
    remote_ip: str | None
    agent: str | None
    origin_id: int | None
    rule: dict[str, Any]


class PersonRecord(msgspec.Struct, frozen=True):
    """A person as lists show one."""

    id: int
    uuid: UUID
    email: str | None
    status: str
    custom_status: str | None
    profile: Profile
    credit: Credited
    first_visitor_id: int | None
    latest_visitor_id: int | None
    standing_purchases: int
    created_at: datetime
    updated_at: datetime


class VisitorRecord(msgspec.Struct, frozen=True):
    """A visitor; `url` and `referrer` are those of the first visit."""

    id: int
    tracking_code: str
    person_id: int | None
    url: str | None
    referrer: str | None
    search_term: str | None
    credit: Credited
    latest_click: datetime | None
    is_bot: bool
    created_at: datetime
    updated_at: datetime


class PersonInFull(msgspec.Struct, frozen=True):
    """A person with the touch of the credit, the latest visitors and the latest submissions of the same address."""

    person: PersonRecord
    credited_by: TouchRecord | None
    visitors: list[VisitorRecord]
    submissions: list[Submission]


class VisitorInFull(msgspec.Struct, frozen=True):
    """A visitor with the touch of the credit."""

    visitor: VisitorRecord
    credited_by: TouchRecord | None


class CreditGiven(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a person is given to by hand; without an affiliate nobody is credited."""

    affiliate_id: Id | None = None
    traffic_campaign_id: Id | None = None


class Recounted(msgspec.Struct, frozen=True):
    """What a person's touches give under settings, and what is kept."""

    recounted: Credited
    kept: Credited
    agrees: bool


class SignalRecord(msgspec.Struct, frozen=True):
    """What looked wrong, and what a person made of it."""

    id: int
    kind: str
    state: str
    detail: str
    affiliate_id: int | None
    person_id: int | None
    purchase_id: int | None
    at: datetime
    decided_by: str | None
    decided_at: datetime | None


class EventRecord(msgspec.Struct, frozen=True):
    """An event of the tracker that could not be worked in, and why."""

    id: UUID
    kind: str
    problem: str
    at: datetime
    set_aside_at: datetime
    body: dict[str, Any]


def credit_record(row: Any) -> Credited:
    """Show a credit."""
    return Credited(row.affiliate_id, row.traffic_campaign_id, row.touch_id)


def touch_record(row: Row) -> TouchRecord:
    """Show a touch."""
    shown = {name: row[name] for name in TouchRecord.__struct_fields__ if name not in {"source", "rule"}}
    source = TouchSource(row["source"]).name.lower()
    return TouchRecord(**shown, source=source, rule=msgspec.to_builtins(read_rule(row["rule"])))


def person_record(person: Person) -> PersonRecord:
    """Show a person."""
    return PersonRecord(
        id=person.id, uuid=person.uuid, email=person.email,
        status="customer" if person.is_customer else "registered", custom_status=person.custom_status,
        profile=person.profile, credit=credit_record(person.credit), first_visitor_id=person.first_visitor_id,
        latest_visitor_id=person.latest_visitor_id, standing_purchases=person.standing_purchases,
        created_at=person.created_at, updated_at=person.updated_at,
    )  # fmt: skip


def visitor_record(visitor: Visitor) -> VisitorRecord:
    """Show a visitor."""
    return VisitorRecord(
        id=visitor.id, tracking_code=visitor.tracking_code, person_id=visitor.person_id, url=visitor.url,
        referrer=visitor.referrer, search_term=visitor.search_term, credit=credit_record(visitor.credit),
        latest_click=visitor.latest_click, is_bot=visitor.is_bot, created_at=visitor.created_at,
        updated_at=visitor.updated_at,
    )  # fmt: skip


def signal_record(row: Row) -> SignalRecord:
    """Show a signal."""
    shown = {name: row[name] for name in SignalRecord.__struct_fields__ if name != "state"}
    return SignalRecord(**shown, state=SignalState(row["state"]).name.lower())


def event_record(problem: Problem) -> EventRecord:
    """Show an event that was set aside."""
    event = problem.event
    body = msgspec.to_builtins(event.body)
    return EventRecord(
        event.id, event.kind.name.lower(), problem.problem, event.at, problem.set_aside_at, body
    )

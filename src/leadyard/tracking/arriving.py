"""Arrivals, one or many: visitors found or made, touches kept, credit moved, counts raised. In the caller's unit of work."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from leadyard.affiliates.model import Program
from leadyard.kit.clock import whole_second
from leadyard.people import service as people
from leadyard.people.model import Credit, Person
from leadyard.storage import tallies
from leadyard.storage.database import Connection
from leadyard.tracking import store
from leadyard.tracking.attribution import credited, rule_number
from leadyard.tracking.bots import is_bot
from leadyard.tracking.claims import LONGEST_TEXT, claim_of, cut, cut_arrival
from leadyard.tracking.counting import count_days, moved
from leadyard.tracking.crediting import look_at_sales
from leadyard.tracking.model import (
    Arrival,
    Claim,
    DayCount,
    KeptTouch,
    Resolved,
    Touch,
    TouchSource,
    Visitor,
)
from leadyard.tracking.news import tell_of_visitors
from leadyard.tracking.resolving import resolve

TALLY = "visitors"
_NO_CLICK = frozenset({TouchSource.DIRECT, TouchSource.PAGE})


class Coming(msgspec.Struct, frozen=True):
    """One arrival of a browser; `weighs_person` False when its person is weighed by the caller."""

    arrival: Arrival
    at: datetime
    tracking_code: str
    event_id: UUID | None = None
    weighs_person: bool = True

    @property
    def says_something(self) -> bool:
        """Tell whether it is more than a mention of a visitor."""
        told = self.arrival
        return any((told.url, told.referrer, told.code, told.page_affiliate))


class Arrived(msgspec.Struct, frozen=True):
    """What a batch came to: visitors as they are now, by code, and the codes of those who are new."""

    visitors: dict[str, Visitor]
    new: frozenset[str]


def coming(
    arrival: Arrival,
    at: datetime,
    *,
    tracking_code: str | None,
    event_id: UUID | None = None,
    weighs_person: bool = True,
) -> Coming:
    """Bring an arrival to its limits, and give it a tracking code when it has none."""
    code = cut((tracking_code or "").strip(), LONGEST_TEXT) or str(uuid.uuid4())
    return Coming(cut_arrival(arrival), at, code, event_id, weighs_person)


async def take_in(
    connection: Connection, account_id: int, program: Program, batch: Sequence[Coming]
) -> Arrived:
    """Record arrivals in their order; those whose event is known already change nothing."""
    known = await store.known_events(connection, account_id, [c.event_id for c in batch if c.event_id])
    fresh = _once([c for c in batch if c.event_id not in known])
    claims = [claim_of(c.arrival) for c in fresh]
    resolved = await resolve(connection, account_id, claims)
    ids = await store.address_ids(
        connection, account_id, {a for c in fresh for a in (c.arrival.url, c.arrival.referrer) if a}
    )
    codes = {c.tracking_code for c in batch}
    owners = await people.lock_all(
        connection, account_id, await store.people_of(connection, account_id, codes)
    )
    visitors, new = await _visitors(connection, account_id, codes, fresh, claims, ids)
    # Somebody may have been attached between the look and the lock.
    others = {v.person_id for v in visitors.values() if v.person_id is not None} - owners.keys()
    owners |= await people.lock_all(connection, account_id, others)
    world = _World(visitors=visitors, new=new, people=owners, addresses=ids)
    telling = [
        (c, claim, found)
        for c, claim, found in zip(fresh, claims, resolved, strict=True)
        if c.says_something or c.tracking_code in new
    ]
    touch_ids = await store.touch_ids(
        connection, account_id, len(telling), visitors=[v.id for v in visitors.values()], people=owners
    )
    world.untouched = await store.untouched(connection, account_id, owners)
    for touch_id, (c, claim, found) in zip(touch_ids, telling, strict=True):
        _weigh(world, program, touch_id, c, claim, found)
    await _write(connection, account_id, world)
    return Arrived(world.visitors, frozenset(new))


class _World(msgspec.Struct):
    """What a batch has come to so far."""

    visitors: dict[str, Visitor]
    new: set[str]
    people: dict[int, Person]
    addresses: dict[str, int]
    untouched: set[int] = msgspec.field(default_factory=set)
    seen: set[str] = msgspec.field(default_factory=set)
    touches: list[KeptTouch] = msgspec.field(default_factory=list)
    counts: list[DayCount] = msgspec.field(default_factory=list)
    moved_people: list[tuple[Credit, int]] = msgspec.field(default_factory=list)
    changed_people: dict[int, datetime] = msgspec.field(default_factory=dict)


def _once(batch: list[Coming]) -> list[Coming]:
    """Leave out an event that comes twice in one batch."""
    seen: set[UUID] = set()
    kept = []
    for c in batch:
        if c.event_id is None or c.event_id not in seen:
            kept.append(c)
        if c.event_id is not None:
            seen.add(c.event_id)
    return kept


async def _visitors(
    connection: Connection,
    account_id: int,
    codes: set[str],
    fresh: Sequence[Coming],
    claims: Sequence[Claim],
    ids: dict[str, int],
) -> tuple[dict[str, Visitor], set[str]]:
    """Lock the visitors of a batch, making those who are not there, each as its first arrival says."""
    found = await store.lock_all(connection, account_id, codes)
    missing: dict[str, Visitor] = {}
    firsts: dict[str, tuple[Coming, Claim]] = {}
    for c, claim in zip(fresh, claims, strict=True):
        if c.tracking_code not in found:
            firsts.setdefault(c.tracking_code, (c, claim))
    new_ids = await store.visitor_ids(connection, account_id, len(firsts)) if firsts else range(0)
    for new_id, (code, (c, claim)) in zip(new_ids, firsts.items(), strict=True):
        missing[code] = _new_visitor(account_id, new_id, c, claim, ids)
    made = await store.insert(connection, account_id, list(missing.values())) if missing else set()
    found |= {code: visitor for code, visitor in missing.items() if code in made}
    raced = missing.keys() - made
    if raced:
        found |= await store.lock_all(connection, account_id, raced)
    return found, made


def _new_visitor(account_id: int, new_id: int, c: Coming, claim: Claim, ids: dict[str, int]) -> Visitor:
    told = c.arrival
    return Visitor(
        account_id=account_id,
        id=new_id,
        tracking_code=c.tracking_code,
        person_id=None,
        url_id=ids[told.url] if told.url else None,
        url=told.url,
        referrer_id=ids[told.referrer] if told.referrer else None,
        referrer=told.referrer,
        search_term=claim.search_term,
        credit=Credit(),
        latest_click=None,
        created_at=whole_second(c.at),
        updated_at=whole_second(c.at),
        is_bot=is_bot(told.agent),
    )


def _weigh(world: _World, program: Program, touch_id: int, c: Coming, claim: Claim, found: Resolved) -> None:
    """Keep a touch, and move what it moves."""
    visitor = world.visitors[c.tracking_code]
    owner = world.people.get(visitor.person_id) if visitor.person_id and c.weighs_person else None
    touch = Touch(
        id=touch_id,
        at=c.at,
        source=found.source,
        credit=Credit(found.affiliate_id, found.traffic_campaign_id, touch_id, c.at, claim.subid),
        code=found.code,
        subid=claim.subid,
        visitor_id=visitor.id,
        person_id=None if owner is None else owner.id,
    )
    world.touches.append(kept_touch(touch, program, c.arrival, world.addresses, event_id=c.event_id))
    is_first = c.tracking_code in world.new and c.tracking_code not in world.seen
    world.seen.add(c.tracking_code)
    credit = credited(visitor.credit, touch, program.attribution, is_first=is_first)
    is_click = found.source not in _NO_CLICK
    world.visitors[c.tracking_code] = msgspec.structs.replace(
        visitor,
        credit=credit,
        latest_click=c.at if is_click else visitor.latest_click,
        updated_at=c.at,
    )
    if not visitor.is_bot:
        world.counts += moved(visitor.credit, credit, visitor.created_at, "visitors")
        if is_click and found.affiliate_id is not None:
            world.counts.append(DayCount(found.affiliate_id, claim.subid or "", c.at, clicks=1))
    if owner is not None:
        _weigh_person(world, program, owner, touch)


def _weigh_person(world: _World, program: Program, owner: Person, touch: Touch) -> None:
    credit = credited(owner.credit, touch, program.attribution, is_first=owner.id in world.untouched)
    world.untouched.discard(owner.id)
    if credit != owner.credit:
        world.counts += moved(owner.credit, credit, owner.created_at, "leads")
        world.people[owner.id] = msgspec.structs.replace(owner, credit=credit)
        world.changed_people[owner.id] = touch.at
        world.moved_people.append((owner.credit, owner.id))


async def _write(connection: Connection, account_id: int, world: _World) -> None:
    if world.touches:
        await store.insert_touches(connection, account_id, world.touches)
    changed = [v for code, v in world.visitors.items() if code in world.seen]
    if changed:
        await store.update(connection, account_id, changed)
    for at in sorted(set(world.changed_people.values())):
        ids = [i for i, changed_at in world.changed_people.items() if changed_at == at]
        await people.save_credits(connection, account_id, [(i, world.people[i].credit) for i in ids], at)
    if world.moved_people:
        moved_people = [(before, world.people[i]) for before, i in world.moved_people]
        await look_at_sales(connection, account_id, moved_people, max(world.changed_people.values()))
    counted = [world.visitors[code] for code in world.new if not world.visitors[code].is_bot]
    tallies.add_many(connection, account_id, TALLY, [v.created_at for v in counted])
    count_days(connection, account_id, world.counts)
    if counted:
        await tell_of_visitors(connection, account_id, counted, max(v.updated_at for v in counted))


def kept_touch(
    touch: Touch,
    program: Program,
    told: Arrival,
    addresses: dict[str, int],
    *,
    event_id: UUID | None = None,
) -> KeptTouch:
    """Give a touch as it is kept, with the settings of its moment and what was said of the visit."""
    return KeptTouch(
        touch=touch,
        rule=rule_number(program.attribution),
        event_id=event_id,
        channel=told.channel,
        url_id=addresses[told.url] if told.url else None,
        referrer_id=addresses[told.referrer] if told.referrer else None,
        remote_ip=told.remote_ip,
        agent=told.agent,
    )

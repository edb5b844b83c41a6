"""Use cases of tracking: somebody arrives, turns out to be a person, or is given to an affiliate."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from leadyard.affiliates.model import Program
from leadyard.kit.paging import Created, Page
from leadyard.people import service as people
from leadyard.people.model import Credit, Person
from leadyard.storage import tallies
from leadyard.storage.database import Connection
from leadyard.tracking import store
from leadyard.tracking.arriving import TALLY, Coming, coming, kept_touch, take_in
from leadyard.tracking.attribution import counts_as_first, credited
from leadyard.tracking.claims import claim_of, cut_arrival
from leadyard.tracking.counting import count_days, moved
from leadyard.tracking.crediting import look_at_sales
from leadyard.tracking.following import NOTHING, Following
from leadyard.tracking.fraud.service import look_at_lead
from leadyard.tracking.model import Arrival, KeptTouch, Resolved, Touch, TouchSource, Visitor
from leadyard.tracking.news import tell_of_person
from leadyard.tracking.resolving import resolve

ALWAYS = Created()


async def arrive(
    connection: Connection,
    account_id: int,
    program: Program,
    arrival: Arrival,
    at: datetime,
    *,
    tracking_code: str | None = None,
    event_id: UUID | None = None,
    weighs_person: bool = True,
    following: Following = NOTHING,
) -> tuple[Visitor, bool]:
    """Find or make a visitor, and keep the arrival as a touch; True when the visitor is new.

    A known visitor of whom nothing is said gets no touch. `weighs_person` False when the caller attaches the visitor
    to a person next, who may be another than the visitor's so far.
    """
    one = coming(arrival, at, tracking_code=tracking_code, event_id=event_id, weighs_person=weighs_person)
    arrived = await take_in(connection, account_id, program, [one])
    visitor = arrived.visitors[one.tracking_code]
    is_new = one.tracking_code in arrived.new
    if is_new and visitor.credit.affiliate_id is not None and not visitor.is_bot:
        await following.visitor_seen(connection, program, visitor, at)
    return visitor, is_new


async def arrive_together(
    connection: Connection,
    account_id: int,
    program: Program,
    batch: Sequence[Coming],
    following: Following = NOTHING,
) -> dict[str, Visitor]:
    """Find or make the visitors of arrivals at once, and keep a touch of each; gives them by tracking code."""
    if not batch:
        return {}
    arrived = await take_in(connection, account_id, program, batch)
    firsts: dict[str, Coming] = {}
    for one in batch:
        firsts.setdefault(one.tracking_code, one)
    for code, first in firsts.items():
        visitor = arrived.visitors[code]
        if code in arrived.new and visitor.credit.affiliate_id is not None and not visitor.is_bot:
            await following.visitor_seen(connection, program, visitor, first.at)
    return arrived.visitors


async def attach(
    connection: Connection,
    program: Program,
    person: Person,
    visitor: Visitor,
    at: datetime,
    *,
    is_new_person: bool,
    following: Following = NOTHING,
) -> Person:
    """Make a visitor the latest of a person whose row is locked, and weigh its credit for the person.

    What the visitor is credited by is weighed once: a person who was reassigned by hand is not moved back by the same
    visitor's next purchase.
    """
    account_id = person.account_id
    locked = (await store.lock_all(connection, account_id, [visitor.tracking_code]))[visitor.tracking_code]
    before = locked
    if locked.person_id != person.id:
        locked = msgspec.structs.replace(locked, person_id=person.id, updated_at=at)
        await store.update(connection, account_id, [locked])
    is_first = person.id in await store.untouched(connection, account_id, [person.id])
    after = msgspec.structs.replace(
        person,
        first_visitor_id=person.first_visitor_id or locked.id,
        latest_visitor_id=locked.id,
    )
    origin = locked.credit.touch_id
    is_news = origin is not None and not await store.is_weighed(connection, account_id, person.id, origin)
    if is_first or is_news:
        [touch_id] = await store.touch_ids(connection, account_id, 1, people=[person.id])
        touch = Touch(
            id=touch_id, at=at, source=TouchSource.VISITOR, credit=locked.credit, subid=locked.credit.subid,
            visitor_id=locked.id, person_id=person.id, origin_id=origin,
        )  # fmt: skip
        kept = kept_touch(touch, program, Arrival(), {})
        after = await _touched(connection, program, after, kept, is_first=is_first)
    if after != person:
        after = msgspec.structs.replace(after, updated_at=at)
        await people.save(connection, after)
        await look_at_sales(connection, account_id, [(person.credit, after)], at)
    await look_at_lead(connection, program, after, before, at, is_new_person=is_new_person)
    if is_new_person:
        await tell_of_person(connection, after, at)
        await following.lead_seen(connection, program, after, at)
    return after


async def touch_person(
    connection: Connection,
    program: Program,
    person: Person,
    at: datetime,
    *,
    source: TouchSource,
    affiliate_code: str | None = None,
    affiliate_id: int | None = None,
    traffic_campaign_id: int | None = None,
    arrival: Arrival | None = None,
) -> Person:
    """Keep a touch on a person whose row is locked: a code, a coupon, a link of its own, or a person's word.

    `affiliate_id` is one that the caller has found; a code or an address that resolves to nobody is kept and moves
    nothing, except that MANUAL without an affiliate takes the credit away.
    """
    account_id = person.account_id
    told = cut_arrival(msgspec.structs.replace(arrival or Arrival(), code=affiliate_code))
    claim = claim_of(told)
    [found] = await resolve(connection, account_id, [claim])
    if affiliate_id is not None or traffic_campaign_id is not None or source is TouchSource.MANUAL:
        found = Resolved(source, affiliate_id, traffic_campaign_id, affiliate_code)
    elif source is TouchSource.COUPON or found.affiliate_id is None:
        found = msgspec.structs.replace(found, source=source)
    addresses = await store.address_ids(connection, account_id, {a for a in (told.url, told.referrer) if a})
    [touch_id] = await store.touch_ids(connection, account_id, 1, people=[person.id])
    credit = Credit(
        found.affiliate_id, found.traffic_campaign_id, touch_id, at, claim.subid,
        is_manual=source is TouchSource.MANUAL,
    )  # fmt: skip
    touch = Touch(
        id=touch_id, at=at, source=found.source, credit=credit, code=found.code, subid=claim.subid,
        person_id=person.id,
    )  # fmt: skip
    is_first = counts_as_first(touch) and person.id in await store.untouched(
        connection, account_id, [person.id]
    )
    kept = kept_touch(touch, program, told, addresses)
    after = await _touched(connection, program, person, kept, is_first=is_first)
    if after != person:
        after = msgspec.structs.replace(after, updated_at=at)
        await people.save(connection, after)
        await look_at_sales(connection, account_id, [(person.credit, after)], at)
    return after


async def _touched(
    connection: Connection, program: Program, person: Person, kept: KeptTouch, *, is_first: bool
) -> Person:
    """Write a touch and give the person as it is after it; the caller writes the person."""
    await store.insert_touches(connection, person.account_id, [kept])
    credit = credited(person.credit, kept.touch, program.attribution, is_first=is_first)
    counts = moved(person.credit, credit, person.created_at, "leads")
    count_days(connection, person.account_id, counts)
    return msgspec.structs.replace(person, credit=credit)


async def find_visitor(
    connection: Connection,
    account_id: int,
    *,
    tracking_code: str | None = None,
    visitor_id: int | None = None,
) -> Visitor | None:
    """Find a visitor by its tracking code or by its id."""
    return await store.find(connection, account_id, tracking_code=tracking_code, visitor_id=visitor_id)


async def visitors_of(connection: Connection, account_id: int, ids: Collection[int]) -> dict[int, Visitor]:
    """Give visitors by their ids."""
    return await store.by_ids(connection, account_id, sorted(ids)) if ids else {}


async def page(
    connection: Connection, account_id: int, page: Page, created: Created = ALWAYS
) -> list[Visitor]:
    """Give one page of visitors, bots left out; a far page of the whole list is found by the days on which they came."""
    if created == ALWAYS:
        created, page = await tallies.near(connection, account_id, TALLY, page)
    return await store.page(connection, account_id, created, page)


async def count(connection: Connection, account_id: int, created: Created = ALWAYS) -> int:
    """Tell how many visitors there are, bots left out; without bounds that costs the same however many they are."""
    if created == ALWAYS:
        return await tallies.total(connection, account_id, TALLY)
    return await store.count(connection, account_id, created)

"""Visitors and people who were credited elsewhere: their credit becomes a touch, so that it can be explained here.

What was decided elsewhere is not decided again: touches of the move are kept under a rule by which the first one
decides. In the caller's unit of work.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec

from leadyard.affiliates.model import Attribution
from leadyard.people import moving_in as people_moving_in
from leadyard.people import service as people
from leadyard.people.model import Credit, Person
from leadyard.storage import tallies
from leadyard.storage.database import Connection
from leadyard.tracking import moving_store, store
from leadyard.tracking.arriving import TALLY
from leadyard.tracking.attribution import NOBODY, credited, rule_number
from leadyard.tracking.claims import claim_of, cut_arrival
from leadyard.tracking.counting import count_days
from leadyard.tracking.model import Arrival, Claim, DayCount, KeptTouch, Touch, TouchSource, Visitor

DECIDED = Attribution(first_source_wins=True)
"""The first touch decides and no later one of the move moves anything."""


class Brought(msgspec.Struct, frozen=True):
    """How somebody came, and who is credited with that."""

    at: datetime
    affiliate_id: int | None
    traffic_campaign_id: int | None
    url: str | None = None
    referrer: str | None = None


class MovedVisitor(msgspec.Struct, frozen=True):
    """A visitor under its id here, of whom its credit and its addresses are still to be written."""

    id: int
    tracking_code: str
    person_id: int | None
    brought: Brought
    search_term: str | None
    latest_click: datetime | None
    created_at: datetime
    updated_at: datetime


async def bring_in_people(
    connection: Connection, account_id: int, moved: Sequence[tuple[Person, Brought]]
) -> None:
    """Write people with their credit, a touch for it, and the counts."""
    if not moved:
        return
    addresses = await _addresses(connection, account_id, [brought for _, brought in moved])
    touch_ids = await store.touch_ids(connection, account_id, len(moved))
    touches, made, counts = [], [], []
    for touch_id, (person, brought) in zip(touch_ids, moved, strict=True):
        kept = _first_touch(touch_id, brought, addresses, person_id=person.id)
        credit = _decided(kept.touch)
        touches.append(kept)
        made.append(msgspec.structs.replace(person, credit=credit))
        if credit.affiliate_id is not None:
            counts.append(DayCount(credit.affiliate_id, credit.subid or "", person.created_at, leads=1))
    await people_moving_in.bring_in(connection, account_id, made)
    await store.insert_touches(connection, account_id, touches)
    count_days(connection, account_id, counts)


async def bring_in_visitors(connection: Connection, account_id: int, moved: Sequence[MovedVisitor]) -> None:
    """Write visitors with their credit, a touch for it, and the counts; their people are not moved by them."""
    if not moved:
        return
    addresses = await _addresses(connection, account_id, [one.brought for one in moved])
    owners = {one.person_id for one in moved if one.person_id is not None}
    await people.lock_all(connection, account_id, owners)
    touch_ids = await store.touch_ids(connection, account_id, len(moved), people=owners)
    touches, made, counts = [], [], []
    for touch_id, one in zip(touch_ids, moved, strict=True):
        kept = _first_touch(touch_id, one.brought, addresses, visitor_id=one.id)
        visitor = _visitor(account_id, one, _decided(kept.touch), kept)
        touches.append(kept)
        made.append(visitor)
        counts += _counts(visitor)
    await moving_store.insert(connection, made)
    await store.insert_touches(connection, account_id, touches)
    tallies.add_many(connection, account_id, TALLY, [visitor.created_at for visitor in made])
    count_days(connection, account_id, counts)
    await _hand_on(connection, account_id, made, owners)
    await people_moving_in.set_first_visitors(connection, account_id, _earliest(made))


async def give_to_people(connection: Connection, account_id: int, told: Sequence[tuple[int, int]]) -> None:
    """Make visitors who are nobody's their people's: pairs of visitor and person."""
    owners = {person_id for _, person_id in told}
    await people.lock_all(connection, account_id, owners)
    given = await moving_store.give(connection, account_id, told) if told else []
    visitors = list((await store.by_ids(connection, account_id, given)).values()) if given else []
    await _hand_on(connection, account_id, visitors, {v.person_id for v in visitors if v.person_id})
    await people_moving_in.set_first_visitors(connection, account_id, _earliest(visitors))


async def ids_of(connection: Connection, account_id: int, codes: Collection[str]) -> dict[str, int]:
    """Give the ids of visitors who are here, by their tracking codes."""
    return await moving_store.by_codes(connection, account_id, codes) if codes else {}


async def _hand_on(
    connection: Connection, account_id: int, visitors: Sequence[Visitor], owners: Collection[int]
) -> None:
    """Note for people that their visitors' credit was weighed, so that no later purchase weighs it again."""
    untouched = await store.untouched(connection, account_id, owners)
    telling = [v for v in visitors if v.person_id is not None and v.person_id not in untouched]
    if not telling:
        return
    touch_ids = await store.touch_ids(connection, account_id, len(telling), people=owners)
    touches = [
        KeptTouch(
            Touch(
                id=touch_id, at=visitor.created_at, source=TouchSource.VISITOR, credit=visitor.credit,
                subid=visitor.credit.subid, visitor_id=visitor.id, person_id=visitor.person_id,
                origin_id=visitor.credit.touch_id,
            ),
            rule_number(DECIDED),
        )
        for touch_id, visitor in zip(touch_ids, telling, strict=True)
    ]  # fmt: skip
    await store.insert_touches(connection, account_id, touches)


def _first_touch(
    touch_id: int,
    brought: Brought,
    addresses: dict[str, int],
    *,
    visitor_id: int | None = None,
    person_id: int | None = None,
) -> KeptTouch:
    told = _told(brought)
    claim = claim_of(told)
    source, code = _source(brought, claim)
    credit = Credit(
        brought.affiliate_id, brought.traffic_campaign_id, touch_id, brought.at, claim.subid
    )  # fmt: skip
    touch = Touch(
        id=touch_id, at=brought.at, source=source, credit=credit, code=code, subid=claim.subid, visitor_id=visitor_id,
        person_id=person_id,
    )  # fmt: skip
    return KeptTouch(
        touch,
        rule_number(DECIDED),
        url_id=addresses[told.url] if told.url else None,
        referrer_id=addresses[told.referrer] if told.referrer else None,
    )


def _source(brought: Brought, claim: Claim) -> tuple[TouchSource, str | None]:
    """Tell by what somebody came, as far as the address shows."""
    if brought.affiliate_id is not None:
        return claim.affiliate_codes[0] if claim.affiliate_codes else (TouchSource.CODE, None)
    return (TouchSource.DIRECT if brought.traffic_campaign_id is None else TouchSource.CAMPAIGN), None


def _decided(touch: Touch) -> Credit:
    return credited(NOBODY, touch, DECIDED, is_first=True)


def _told(brought: Brought) -> Arrival:
    return cut_arrival(Arrival(url=brought.url, referrer=brought.referrer))


async def _addresses(connection: Connection, account_id: int, brought: Sequence[Brought]) -> dict[str, int]:
    told = [_told(one) for one in brought]
    urls = {address for one in told for address in (one.url, one.referrer) if address}
    return await store.address_ids(connection, account_id, urls)


def _visitor(account_id: int, one: MovedVisitor, credit: Credit, kept: KeptTouch) -> Visitor:
    return Visitor(
        account_id=account_id, id=one.id, tracking_code=one.tracking_code, person_id=one.person_id, url_id=kept.url_id,
        url=one.brought.url, referrer_id=kept.referrer_id, referrer=one.brought.referrer, search_term=one.search_term,
        credit=credit, latest_click=one.latest_click, created_at=one.created_at, updated_at=one.updated_at,
    )  # fmt: skip


def _counts(visitor: Visitor) -> list[DayCount]:
    credit = visitor.credit
    if credit.affiliate_id is None:
        return []
    return [DayCount(credit.affiliate_id, credit.subid or "", visitor.created_at, clicks=1, visitors=1)]


def _earliest(visitors: Sequence[Visitor]) -> list[tuple[int, int, datetime]]:
    """Give each person's earliest visitor of these."""
    found: dict[int, tuple[int, int, datetime]] = {}
    for visitor in sorted(visitors, key=lambda v: (v.created_at, v.id)):
        if visitor.person_id is not None:
            found.setdefault(visitor.person_id, (visitor.person_id, visitor.id, visitor.created_at))
    return list(found.values())

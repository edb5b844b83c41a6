"""Leads and visitors, made as they are there."""

from collections.abc import Sequence

from leadyard.affiliates.moving import store
from leadyard.affiliates.moving.store import Kept
from leadyard.affiliates.moving.unit import Unit
from leadyard.affiliates.moving.wire import Address, Coded, Party, Resource, TheirLead, TheirVisitor
from leadyard.kit.ids import new_uuid
from leadyard.people import moving_in as people_moving_in
from leadyard.people.model import Credit, Person, Profile, email_key
from leadyard.tracking import moving_in
from leadyard.tracking.moving_in import Brought, MovedVisitor


async def take_leads(unit: Unit, rows: Sequence[TheirLead]) -> None:
    """Make the leads that are not here; one whose e-mail is here already stays as it is."""
    known = await unit.known(Resource.LEADS, (row.id for row in rows))
    fresh = [row for row in rows if row.id not in known]
    if not fresh:
        return
    there = await people_moving_in.ids_of(
        unit.connection, unit.account_id, [row.email for row in fresh if row.email]
    )
    credit = await _Credits.of(unit, fresh)
    new = [row for row in fresh if not row.email or email_key(row.email) not in there]
    ids = await unit.ids(Resource.LEADS, [row.id for row in new])
    kept, made = [], []
    for row in fresh:
        key = email_key(row.email) if row.email else None
        if key is not None and key in there:
            kept.append(Kept(row.id, there[key], is_made=False))
            continue
        if key is not None:
            there[key] = ids[row.id]
        latest = row.latest_visitor
        kept.append(Kept(row.id, ids[row.id], awaits=None if latest is None else str(latest.id)))
        made.append((_person(unit, row, ids[row.id]), credit.brought(row)))
    await moving_in.bring_in_people(unit.connection, unit.account_id, made)
    await unit.remember(Resource.LEADS, kept)


async def take_visitors(unit: Unit, rows: Sequence[TheirVisitor]) -> None:
    """Make the visitors that are not here; one whose tracking code is here already stays as it is.

    Of those that are here, the ones who have turned out to be a lead since become that lead's.
    """
    known = await unit.known(Resource.VISITORS, (row.id for row in rows))
    fresh = [row for row in rows if row.id not in known]
    there = await moving_in.ids_of(unit.connection, unit.account_id, [row.tracking_code for row in fresh])
    people = await unit.ours(Resource.LEADS, (row.lead.id for row in rows if row.lead))
    credit = await _Credits.of(unit, fresh)
    new = [row for row in fresh if row.tracking_code not in there]
    ids = await unit.ids(Resource.VISITORS, [row.id for row in new])
    kept, made = [], []
    for row in fresh:
        if row.tracking_code in there:
            kept.append(Kept(row.id, there[row.tracking_code], is_made=False))
            continue
        there[row.tracking_code] = ids[row.id]
        kept.append(Kept(row.id, ids[row.id]))
        made.append(
            MovedVisitor(
                ids[row.id], row.tracking_code, None if row.lead is None else people.get(row.lead.id),
                credit.brought(row), row.search_term, row.latest_click, row.created_at,
                row.updated_at or row.created_at,
            )
        )  # fmt: skip
    await moving_in.bring_in_visitors(unit.connection, unit.account_id, made)
    await unit.remember(Resource.VISITORS, kept)
    told = [
        (known[row.id].our_id, people[row.lead.id])
        for row in rows
        if row.id in known and known[row.id].is_made and row.lead is not None and row.lead.id in people
    ]
    await moving_in.give_to_people(unit.connection, unit.account_id, told)
    await store.set_latest_visitors(unit.connection, unit.account_id, unit.source, [row.id for row in rows])


class _Credits:
    """Who is credited with rows of a page, under their ids here."""

    def __init__(self, affiliates: dict[int | None, int], campaigns: dict[int | None, int]) -> None:
        self._affiliates = affiliates
        self._campaigns = campaigns

    @classmethod
    async def of(cls, unit: Unit, rows: Sequence[TheirLead | TheirVisitor]) -> "_Credits":
        return cls(
            await unit.ours(Resource.AFFILIATES, (_id(row.affiliate) for row in rows)),
            await unit.ours(Resource.CAMPAIGNS, (_id(row.campaign) for row in rows)),
        )

    def brought(self, row: TheirLead | TheirVisitor) -> Brought:
        return Brought(
            row.created_at,
            self._affiliates.get(_id(row.affiliate)),
            self._campaigns.get(_id(row.campaign)),
            _url(row.url),
            _url(row.referrer),
        )


def _id(other: Party | Coded | None) -> int | None:
    return None if other is None else other.id


def _url(address: Address | None) -> str | None:
    return None if address is None else address.url


def _person(unit: Unit, row: TheirLead, our_id: int) -> Person:
    profile = Profile(**{name: getattr(row, name) for name in Profile.__struct_fields__})
    return Person(
        account_id=unit.account_id, id=our_id, uuid=new_uuid(), email=row.email.strip() if row.email else None,
        profile=profile, custom_status=row.custom_status, first_visitor_id=None, latest_visitor_id=None, credit=Credit(),
        standing_purchases=0, created_at=row.created_at, updated_at=row.updated_at or row.created_at,
    )  # fmt: skip

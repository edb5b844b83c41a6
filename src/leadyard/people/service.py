"""People: found by their address, made when it is new. All work in the caller's unit of work."""

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec

from leadyard.intake.fields import email_key as submission_key
from leadyard.kit.clock import whole_second
from leadyard.kit.ids import new_uuid, queue_id
from leadyard.kit.paging import Page
from leadyard.leads.model import SaleStatus, SystemStatus
from leadyard.people import store
from leadyard.people.model import (
    Credit,
    PeopleFilter,
    Person,
    Profile,
    Submission,
    Submitter,
    email_key,
    filled_in,
)
from leadyard.storage import tallies
from leadyard.storage.counters import ids_in_order, take_ids
from leadyard.storage.database import Connection, encode_json

TALLY = "people"
NOTHING_TOLD = Profile()
EVERYBODY = PeopleFilter()


async def lock_or_make(
    connection: Connection,
    account_id: int,
    email: str,
    at: datetime,
    *,
    profile: Profile = NOTHING_TOLD,
    custom_status: str | None = None,
) -> tuple[Person, bool]:
    """Give the person of an address with its row locked, and whether it is new: made just now, or only submitted so far.

    Of a known person only what is empty is filled in. Nothing is checked of the address but its key.
    """
    key = email_key(email)
    known = await store.lock_by_email(connection, account_id, key)
    while known is None:
        [new_id] = await ids_in_order(connection, account_id, "people")
        made = Person(
            account_id=account_id,
            id=new_id,
            uuid=new_uuid(),
            email=email.strip(),
            profile=profile,
            custom_status=custom_status,
            first_visitor_id=None,
            latest_visitor_id=None,
            credit=Credit(),
            standing_purchases=0,
            created_at=whole_second(at),
            updated_at=whole_second(at),
        )
        if await store.insert(connection, made):
            tallies.add(connection, account_id, TALLY, 1, at)
            return made, True
        known = await store.lock_by_email(connection, account_id, key)
    is_new = known.is_only_submitted
    fuller = msgspec.structs.replace(
        known,
        is_only_submitted=False,
        profile=filled_in(known.profile, profile),
        custom_status=known.custom_status or custom_status,
    )
    if fuller != known:
        known = msgspec.structs.replace(fuller, updated_at=at)
        await store.update(connection, known)
    return known, is_new


async def note_submitters(connection: Connection, account_id: int, submitters: Sequence[Submitter]) -> None:
    """Make those people of submissions that nobody knows yet; of known ones nothing changes."""
    by_key: dict[str, Submitter] = {}
    for submitter in submitters:
        by_key.setdefault(email_key(submitter.email), submitter)
    if not by_key:
        return
    # Who is known already is left to the unique index: asked beforehand, the planner may read everybody to find out.
    keys = sorted(by_key)
    ids = await take_ids(connection, account_id, "people", len(keys))
    rows = [
        (
            new_id,
            new_uuid(),
            one.email.strip(),
            key,
            encode_json(one.profile),
            whole_second(one.at),
        )
        for new_id, key, one in zip(ids, keys, (by_key[key] for key in keys), strict=True)
    ]
    tallies.add_many(
        connection, account_id, TALLY, await store.insert_submitters(connection, account_id, rows)
    )


async def lock(connection: Connection, account_id: int, person_id: int) -> Person | None:
    """Give a person with its row locked."""
    return (await store.lock_all(connection, account_id, [person_id])).get(person_id)


async def lock_all(connection: Connection, account_id: int, ids: Collection[int]) -> dict[int, Person]:
    """Give people with their rows locked, in one order for everybody."""
    return await store.lock_all(connection, account_id, sorted(ids)) if ids else {}


async def find(
    connection: Connection, account_id: int, *, email: str | None = None, person_id: int | None = None
) -> Person | None:
    """Find a person by address or by id."""
    if email is not None:
        return await store.find_by_email(connection, account_id, email_key(email))
    return None if person_id is None else await store.find_by_id(connection, account_id, person_id)


async def save(connection: Connection, person: Person) -> None:
    """Write a person that the caller has locked; its address must be nobody else's."""
    await store.update(connection, person)


async def save_credits(
    connection: Connection, account_id: int, credits_: Sequence[tuple[int, Credit]], at: datetime
) -> None:
    """Write who is credited with people that the caller has locked."""
    if credits_:
        await store.update_credits(connection, account_id, credits_, at)


async def page(connection: Connection, account_id: int, wanted: PeopleFilter, page: Page) -> list[Person]:
    """Give one page of people; a far page of the whole list is found by the days on which people came."""
    if wanted == EVERYBODY:
        created, page = await tallies.near(connection, account_id, TALLY, page)
        wanted = PeopleFilter(created=created)
    return await store.page(connection, account_id, wanted, page)


async def count(connection: Connection, account_id: int, wanted: PeopleFilter = EVERYBODY) -> int:
    """Tell how many people there are; without a filter that costs the same however many they are."""
    if wanted == EVERYBODY:
        return await tallies.total(connection, account_id, TALLY)
    return await store.count(connection, account_id, wanted)


async def emails(connection: Connection, account_id: int, ids: Collection[int]) -> dict[int, str | None]:
    """Give the addresses of people."""
    return await store.emails(connection, account_id, sorted(ids)) if ids else {}


async def submissions(connection: Connection, person: Person, most: int) -> list[Submission]:
    """Give the latest submissions with a person's address, which any campaign took or refused."""
    if person.email is None:
        return []
    rows = await store.submissions(connection, person.account_id, submission_key(person.email), most)
    return [
        Submission(
            row["id"],
            queue_id(row["uuid"]),
            row["campaign_id"],
            row["received_at"],
            SystemStatus(row["system_status"]).name.lower(),
            SaleStatus(row["sale_status"]).name.lower(),
        )
        for row in rows
    ]

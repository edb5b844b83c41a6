"""Leads as callers tell of them: people made, filled in and changed, each in a unit of work of its own."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg
import msgspec
from msgspec import UNSET, UnsetType

from leadyard.affiliates.affiliates import service as affiliates
from leadyard.affiliates.model import Program
from leadyard.affiliates.program import service as programs
from leadyard.kit import clock
from leadyard.kit.errors import ConflictError, NotFoundError
from leadyard.leads.unit import in_one_unit
from leadyard.people import service as people
from leadyard.people.model import Person, Profile, email_key
from leadyard.storage.database import Connection, Database
from leadyard.tracking import service
from leadyard.tracking.arriving import Coming, coming
from leadyard.tracking.following import Following
from leadyard.tracking.model import Arrival, TouchSource

TAKEN = "has already been taken"


class ToldLead(msgspec.Struct, frozen=True, kw_only=True):
    """What is told of a person and of the visit; `affiliate` is an affiliate's e-mail, which counts as a code."""

    email: str
    profile: Profile = Profile()
    custom_status: str | None = None
    tracking_code: str | None = None
    affiliate: str | None = None
    arrival: Arrival = Arrival()


class LeadChange(msgspec.Struct, frozen=True, kw_only=True):
    """What changes of a person: None clears a text, what is UNSET stays; `affiliate_id` gives the person by hand."""

    email: str | UnsetType = UNSET
    custom_status: str | UnsetType | None = UNSET
    profile: dict[str, str | None] = {}
    affiliate_id: int | UnsetType = UNSET


async def record(
    database: Database, account_id: int, told: ToldLead, following: Following
) -> tuple[Person, bool]:
    """Make a person, or fill in and weigh anew the one of this address; True when it was made."""
    at = clock.now()

    async def work(connection: Connection) -> tuple[Person, bool]:
        program = await programs.read(connection, account_id)
        [outcome] = await record_in(connection, account_id, program, [told], at, following)
        return outcome

    return await in_one_unit(database, work)


async def record_in(
    connection: Connection,
    account_id: int,
    program: Program,
    crowd: Sequence[ToldLead],
    at: datetime,
    following: Following,
) -> list[tuple[Person, bool]]:
    """Record leads as `record` does, inside the caller's unit of work; no two may be of one address or visitor."""
    known: list[tuple[Person, bool]] = []
    coming_with: dict[int, Coming] = {}
    arrivals: list[Arrival] = []
    for place, told in enumerate(crowd):
        arrivals.append(await _with_affiliate(connection, account_id, told))
        person, is_new = await people.lock_or_make(
            connection, account_id, told.email, at, profile=told.profile, custom_status=told.custom_status
        )
        known.append((person, is_new))
        if told.tracking_code is not None or person.latest_visitor_id is None:
            coming_with[place] = coming(
                arrivals[place], at, tracking_code=told.tracking_code, weighs_person=False
            )
    visitors = await service.arrive_together(
        connection, account_id, program, list(coming_with.values()), following
    )
    recorded: list[tuple[Person, bool]] = []
    for place, (person, is_new) in enumerate(known):
        if place not in coming_with:
            after = await _touched(connection, program, person, arrivals[place], at)
        else:
            visitor = visitors[coming_with[place].tracking_code]
            after = await service.attach(
                connection, program, person, visitor, at, is_new_person=is_new, following=following
            )
        recorded.append((after, is_new))
    return recorded


async def change(database: Database, account_id: int, person_id: int, wanted: LeadChange) -> Person:
    """Change a person; raises NotFoundError, and ConflictError for an address that is somebody else's."""
    at = clock.now()

    async def work(connection: Connection) -> Person:
        before = await people.lock(connection, account_id, person_id)
        if before is None:
            raise NotFoundError("There is no such lead.")
        after = _changed(before, wanted)
        if email_key(after.email or "") != email_key(before.email or ""):
            holder = await people.find(connection, account_id, email=after.email)
            if holder is not None and holder.id != person_id:
                raise ConflictError("email", TAKEN)
        if after != before:
            after = msgspec.structs.replace(after, updated_at=at)
            await people.save(connection, after)
        if wanted.affiliate_id is UNSET or wanted.affiliate_id == after.credit.affiliate_id:
            return after
        program = await programs.read(connection, account_id)
        return await service.touch_person(
            connection, program, after, at, source=TouchSource.MANUAL, affiliate_id=wanted.affiliate_id
        )

    try:
        return await in_one_unit(database, work)
    except asyncpg.UniqueViolationError:
        # Somebody took the address between the look and the write.
        raise ConflictError("email", TAKEN) from None


async def _with_affiliate(connection: Connection, account_id: int, told: ToldLead) -> Arrival:
    """Let an affiliate who is named by e-mail count as its code, unless a code is told."""
    if told.affiliate is None or told.arrival.code is not None:
        return told.arrival
    found = await affiliates.by_email(connection, account_id, told.affiliate)
    return told.arrival if found is None else msgspec.structs.replace(told.arrival, code=found.code)


async def _touched(
    connection: Connection, program: Program, person: Person, arrival: Arrival, at: datetime
) -> Person:
    """Keep what is told of a known person's visit as another touch; nothing told is none."""
    if not (arrival.code or arrival.url or arrival.referrer):
        return person
    source = TouchSource.DIRECT if arrival.code is None else TouchSource.CODE
    return await service.touch_person(
        connection, program, person, at, source=source, affiliate_code=arrival.code, arrival=arrival
    )


def _changed(person: Person, wanted: LeadChange) -> Person:
    changes: dict[str, object] = {"profile": msgspec.structs.replace(person.profile, **wanted.profile)}
    if wanted.email is not UNSET:
        changes["email"] = wanted.email
    if wanted.custom_status is not UNSET:
        changes["custom_status"] = wanted.custom_status
    return msgspec.structs.replace(person, **changes)

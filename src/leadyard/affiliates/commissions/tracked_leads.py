"""Submissions that name their visitor by the tracking id of the page: whose they are, with and without an address."""

from datetime import datetime

import msgspec

from leadyard.affiliates.commissions import tracked_lead_store as store
from leadyard.affiliates.commissions.occasion_store import SoldLead
from leadyard.affiliates.commissions.tracked_lead_store import TrackedLead
from leadyard.affiliates.model import Program
from leadyard.affiliates.program import service as programs
from leadyard.leads.unit import in_one_unit
from leadyard.people import service as people
from leadyard.people.model import Credit
from leadyard.storage.database import Connection, Database
from leadyard.tracking import service as tracking
from leadyard.tracking.attribution import standing
from leadyard.tracking.following import Following
from leadyard.tracking.recounting import credit_of_sale


class Credited(msgspec.Struct, frozen=True):
    """Who is credited with a submission, and the person or, where nobody knows one, the visitor that it goes by."""

    credit: Credit
    person_id: int | None = None
    visitor_id: int | None = None


async def credit_of(
    connection: Connection, program: Program, lead: SoldLead, at: datetime
) -> Credited | None:
    """Find who is credited with a submission: by its address, else by its tracking id; None where neither is known."""
    person, visitor = None, None
    if lead.email_key is not None:
        person = await people.find(connection, lead.account_id, email=lead.email_key)
    if person is None and lead.tracking_code:
        visitor = await tracking.find_visitor(connection, lead.account_id, tracking_code=lead.tracking_code)
        if visitor is not None and visitor.person_id is not None:
            person = await people.find(connection, lead.account_id, person_id=visitor.person_id)
    if person is not None:
        credit = await credit_of_sale(connection, person, at)
        return Credited(standing(credit, at, program.attribution), person_id=person.id)
    if visitor is not None:
        return Credited(standing(visitor.credit, at, program.attribution), visitor_id=visitor.id)
    return None


async def attach_visitors(database: Database, account_id: int, following: Following, most: int) -> None:
    """Make the visitors named by submissions that were just sold the latest of the people of their addresses.

    Each in a unit of work of its own, for it locks a person.
    """
    async with database.connection() as connection:
        waiting = await store.waiting(connection, account_id, most)
    for lead in waiting:
        await _attach(database, account_id, lead, following)


async def _attach(database: Database, account_id: int, lead: TrackedLead, following: Following) -> None:
    async def work(connection: Connection) -> None:
        visitor = await tracking.find_visitor(connection, account_id, tracking_code=lead.tracking_code)
        if visitor is None:
            return
        program = await programs.read(connection, account_id)
        at = lead.received_at
        person, is_new = await people.lock_or_make(connection, account_id, lead.email, at)
        if visitor.person_id != person.id:
            await tracking.attach(
                connection, program, person, visitor, at, is_new_person=is_new, following=following
            )

    await in_one_unit(database, work)

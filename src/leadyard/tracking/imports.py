"""Visitors and leads in crowds: many at once, in their order."""

from collections.abc import Iterator, Sequence

import asyncpg
import structlog

from leadyard.affiliates.program import service as programs
from leadyard.kit import clock
from leadyard.kit.errors import LeadyardError, UnavailableError
from leadyard.leads.unit import in_one_unit
from leadyard.people.model import Person, email_key
from leadyard.storage.database import Connection, Database
from leadyard.tracking.arriving import coming
from leadyard.tracking.following import Following
from leadyard.tracking.leads import ToldLead, record, record_in
from leadyard.tracking.model import Arrival, Visitor
from leadyard.tracking.service import arrive_together

_TOGETHER = 100
_LEADS_TOGETHER = 50
_log = structlog.get_logger(__name__)


async def import_visitors(
    database: Database,
    account_id: int,
    wanted: Sequence[tuple[Arrival, str | None]],
    following: Following,
) -> list[Visitor]:
    """Find or make the visitor of each arrival and tracking code, in their order; those of a crowd commit together."""
    found: list[Visitor] = []
    for first in range(0, len(wanted), _TOGETHER):
        found += await _crowd(database, account_id, wanted[first : first + _TOGETHER], following)
    return found


async def _crowd(
    database: Database,
    account_id: int,
    wanted: Sequence[tuple[Arrival, str | None]],
    following: Following,
) -> list[Visitor]:
    at = clock.now()
    batch = [coming(arrival, at, tracking_code=code) for arrival, code in wanted]

    async def work(connection: Connection) -> list[Visitor]:
        program = await programs.read(connection, account_id)
        visitors = await arrive_together(connection, account_id, program, batch, following)
        return [visitors[one.tracking_code] for one in batch]

    return await in_one_unit(database, work)


async def import_leads(
    database: Database, account_id: int, told: Sequence[ToldLead], following: Following
) -> list[Person | LeadyardError]:
    """Record leads in their order, those of a crowd together; gives the person of each, or why it was refused.

    Where one of a crowd fails, each is recorded by itself. Raises UnavailableError.
    """
    found: list[Person | LeadyardError] = []
    for first in range(0, len(told), _LEADS_TOGETHER):
        crowd = told[first : first + _LEADS_TOGETHER]
        try:
            found += await _leads_together(database, account_id, crowd, following)
        except UnavailableError:
            raise
        except (LeadyardError, asyncpg.PostgresError) as problem:
            _log.info("a crowd of leads is recorded one by one", error=type(problem).__name__)
            found += [await _lead_alone(database, account_id, one, following) for one in crowd]
    return found


async def _leads_together(
    database: Database, account_id: int, crowd: Sequence[ToldLead], following: Following
) -> list[Person]:
    at = clock.now()

    async def work(connection: Connection) -> list[Person]:
        program = await programs.read(connection, account_id)
        found: list[Person] = []
        for some in _without_repetition(crowd):
            recorded = await record_in(connection, account_id, program, some, at, following)
            found += [person for person, _ in recorded]
        return found

    return await in_one_unit(database, work)


def _without_repetition(crowd: Sequence[ToldLead]) -> Iterator[list[ToldLead]]:
    """Part a crowd wherever an address or a visitor comes again: what is said later is weighed later."""
    some: list[ToldLead] = []
    seen: set[tuple[str, str]] = set()
    for one in crowd:
        names = {("person", email_key(one.email)), ("visitor", (one.tracking_code or "").strip())}
        names.discard(("visitor", ""))
        if names & seen:
            yield some
            some, seen = [], set()
        some.append(one)
        seen |= names
    yield some


async def _lead_alone(
    database: Database, account_id: int, one: ToldLead, following: Following
) -> Person | LeadyardError:
    try:
        return (await record(database, account_id, one, following))[0]
    except UnavailableError:
        raise
    except LeadyardError as problem:
        return problem
    except asyncpg.PostgresError as problem:
        _log.error("a lead of an import was not recorded", error=type(problem).__name__)
        return LeadyardError("The lead could not be recorded")

"""Works events in: in their order, one worker at a time per account, each event once."""

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import takewhile
from uuid import UUID

import asyncpg
import structlog

from leadyard.affiliates.model import Program
from leadyard.affiliates.program import service as programs
from leadyard.kit import clock
from leadyard.kit.errors import InvalidInputError, LeadyardError, UnavailableError
from leadyard.people import service as people
from leadyard.people.model import Person
from leadyard.storage.database import Connection, Database
from leadyard.tracking.arriving import Coming, coming, take_in
from leadyard.tracking.collector import store
from leadyard.tracking.collector.model import Event, EventKind
from leadyard.tracking.collector.reading import arrival_of, email_of, event_id_of, profile_of, purchase_of
from leadyard.tracking.following import Following
from leadyard.tracking.model import Arrival, Visitor
from leadyard.tracking.service import arrive, attach, find_visitor

_MOST = 500
_MOST_TRIES = 5
_log = structlog.get_logger(__name__)


async def work_in(
    database: Database,
    account_id: int,
    until: datetime | None = None,
    *,
    following: Following,
    waits: bool = True,
    goes_on: Callable[[], bool] = lambda: True,
) -> int:
    """Work in the events of an account that are there now, of those received before `until` only; gives their number.

    Somebody who works the same account's events in is waited for, unless `waits` is False. An event that cannot be
    worked in is set aside with the reason. `goes_on` is asked before each batch.
    """
    async with database.connection() as connection:
        last = await store.latest(connection, account_id, until)
    done = 0
    while last is not None and goes_on():
        count = await _some(database, account_id, last, following, waits=waits)
        if count == 0:
            break
        done += count
    return done


async def _some(
    database: Database, account_id: int, last: UUID, following: Following, *, waits: bool, most: int = _MOST
) -> int:
    """Work in the next events that belong together; when they fail, one by one."""
    for tried in range(1, _MOST_TRIES + 1):
        events: list[Event] = []
        try:
            async with database.unit_of_work() as connection:
                if not await store.take_turn(connection, account_id, waits=waits):
                    return 0
                events = _together(await store.waiting(connection, account_id, last, most))
                if events:
                    await _work(connection, account_id, events, following)
                    await store.forget(connection, account_id, [event.id for event in events])
        except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError):
            if tried == _MOST_TRIES:
                raise UnavailableError("others are at work on the same people") from None
        except UnavailableError:
            raise
        except Exception as error:
            if not events:
                raise
            return await _apart(database, account_id, events, error, following, waits=waits)
        else:
            return len(events)
    return 0


async def _apart(
    database: Database,
    account_id: int,
    events: Sequence[Event],
    error: Exception,
    following: Following,
    *,
    waits: bool,
) -> int:
    if len(events) > 1:
        return await _some(database, account_id, events[0].id, following, waits=waits, most=1)
    [event] = events
    expected = isinstance(error, LeadyardError)
    if not expected:
        _log.error("an event could not be worked in", event_id=str(event.id), exc_info=error)
    problem = str(error) if expected else f"{type(error).__name__}: {error}"
    async with database.unit_of_work() as connection:
        await store.set_aside(connection, account_id, event.id, problem[:1000], clock.now())
    return 1


def _together(events: Sequence[Event]) -> list[Event]:
    """Give the visits that stand first, which are worked in at once; else the first event alone.

    What locks people is a unit of work of its own, so that no unit locks one person while it waits for another.
    """
    visits = list(takewhile(lambda event: event.kind is EventKind.VISIT, events))
    return visits or list(events[:1])


async def _work(
    connection: Connection, account_id: int, events: Sequence[Event], following: Following
) -> None:
    program = await programs.read(connection, account_id)
    if events[0].kind is EventKind.VISIT:
        await _visits(connection, account_id, program, events, following)
    else:
        await _told(connection, account_id, program, events[0], following)


async def _visits(
    connection: Connection, account_id: int, program: Program, events: Sequence[Event], following: Following
) -> None:
    batch = [_coming(event) for event in events]
    arrived = await take_in(connection, account_id, program, batch)
    firsts: dict[str, Coming] = {}
    for one in batch:
        firsts.setdefault(one.tracking_code, one)
    for code in firsts.keys() & arrived.new:
        visitor = arrived.visitors[code]
        if visitor.credit.affiliate_id is not None and not visitor.is_bot:
            await following.visitor_seen(connection, program, visitor, firsts[code].at)


def _coming(event: Event) -> Coming:
    return coming(arrival_of(event), event.at, tracking_code=event.body.t, event_id=event_id_of(event))


async def _told(
    connection: Connection, account_id: int, program: Program, event: Event, following: Following
) -> None:
    """Work in a lead, a purchase or a cancellation."""
    if event.kind is EventKind.CANCEL:
        cancelling = await _known_person(connection, account_id, event)
        if cancelling is not None:
            await following.cancellation_asked(connection, program, cancelling, event_id_of(event), event.at)
        return
    purchase = purchase_of(event) if event.kind is EventKind.PURCHASE else None
    person = await _person(connection, account_id, program, event, following)
    if purchase is not None:
        await following.purchase_seen(connection, program, person, purchase, event.at)


async def _person(
    connection: Connection, account_id: int, program: Program, event: Event, following: Following
) -> Person:
    """Find or make the person, and make the event's visitor their latest."""
    email = email_of(event)
    if email is None:
        known = await _known_person(connection, account_id, event)
        if known is None:
            raise InvalidInputError.of("email", "is missing, and the visitor has left none before")
        person, is_new = known, False
    else:
        profile, status = profile_of(event)
        person, is_new = await people.lock_or_make(
            connection, account_id, email, event.at, profile=profile, custom_status=status
        )
    visitor = await _visitor(connection, account_id, program, event, person, following)
    if visitor is None:
        return person
    return await attach(
        connection, program, person, visitor, event.at, is_new_person=is_new, following=following
    )


async def _visitor(
    connection: Connection,
    account_id: int,
    program: Program,
    event: Event,
    person: Person,
    following: Following,
) -> Visitor | None:
    """Find or make the visitor of an event; a known person of whom no visitor is told keeps those they have.

    The affiliate whom the page names counts for a known visitor too: it may be named after the visit was told.
    """
    code = event.body.t
    known = None if code is None else await find_visitor(connection, account_id, tracking_code=code)
    if code is None and person.latest_visitor_id is not None:
        return None
    told = event.body
    arrival = (
        arrival_of(event)
        if known is None
        else Arrival(page_affiliate=told.a, channel=told.ch if told.a else None)
    )
    visitor, _ = await arrive(
        connection, account_id, program, arrival, event.at, tracking_code=code,
        event_id=None if known is None else event_id_of(event), weighs_person=False, following=following,
    )  # fmt: skip
    return visitor


async def _known_person(connection: Connection, account_id: int, event: Event) -> Person | None:
    """Lock the person whom an event names, else the one whose visitor it names."""
    email = email_of(event)
    if email is not None:
        found = await people.find(connection, account_id, email=email)
        return None if found is None else await people.lock(connection, account_id, found.id)
    code = event.body.t
    visitor = None if code is None else await find_visitor(connection, account_id, tracking_code=code)
    if visitor is None or visitor.person_id is None:
        return None
    return await people.lock(connection, account_id, visitor.person_id)

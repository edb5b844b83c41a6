"""Why this affiliate: somebody with their touches, their credit worked out anew, and a person's word on it."""

from leadyard.affiliates.affiliates.service import by_id
from leadyard.affiliates.model import Attribution
from leadyard.affiliates.program import service as programs
from leadyard.affiliates.traffic_campaigns import service as traffic_campaigns
from leadyard.identity.actor import Actor
from leadyard.identity.service import record_change
from leadyard.kit import clock
from leadyard.kit.errors import InvalidInputError, NotFoundError
from leadyard.kit.paging import Page
from leadyard.leads.unit import in_one_unit
from leadyard.people import service as people
from leadyard.people.model import Person
from leadyard.storage.database import Connection, Database, Row
from leadyard.tracking import history_store, store
from leadyard.tracking.model import TouchSource
from leadyard.tracking.records import (
    CreditGiven,
    PersonInFull,
    Recounted,
    TouchRecord,
    VisitorInFull,
    credit_record,
    person_record,
    touch_record,
    visitor_record,
)
from leadyard.tracking.recounting import recounted
from leadyard.tracking.service import touch_person

ENTITY = "person"
_MOST = 20


async def person_in_full(connection: Connection, account_id: int, person_id: int) -> PersonInFull:
    """Give a person with what led to the credit; raises NotFoundError."""
    person = await _person(connection, account_id, person_id)
    visitors = await store.of_person(connection, account_id, person_id, _MOST)
    return PersonInFull(
        person_record(person),
        await _touch(connection, account_id, person.credit.touch_id),
        [visitor_record(visitor) for visitor in visitors],
        await people.submissions(connection, person, _MOST),
    )


async def visitor_in_full(connection: Connection, account_id: int, visitor_id: int) -> VisitorInFull:
    """Give a visitor with the touch of the credit; raises NotFoundError."""
    visitor = await store.find(connection, account_id, visitor_id=visitor_id)
    if visitor is None:
        raise NotFoundError("There is no visitor with this id.")
    touch = await _touch(connection, account_id, visitor.credit.touch_id)
    return VisitorInFull(visitor_record(visitor), touch)


async def touches_of_person(
    connection: Connection, account_id: int, person_id: int, page: Page
) -> tuple[list[Row], int]:
    """Give one page of a person's touches, latest first, and how many there are; raises NotFoundError."""
    await _person(connection, account_id, person_id)
    rows = await history_store.touches_of(
        connection, account_id, person_id=person_id, limit=page.limit, offset=page.offset
    )
    return rows, await history_store.count_touches(connection, account_id, person_id=person_id)


async def touches_of_visitor(
    connection: Connection, account_id: int, visitor_id: int, page: Page
) -> tuple[list[Row], int]:
    """Give one page of a visitor's touches, latest first, and how many there are; raises NotFoundError."""
    await visitor_in_full(connection, account_id, visitor_id)
    rows = await history_store.touches_of(
        connection, account_id, visitor_id=visitor_id, limit=page.limit, offset=page.offset
    )
    return rows, await history_store.count_touches(connection, account_id, visitor_id=visitor_id)


async def recompute(
    connection: Connection, account_id: int, person_id: int, attribution: Attribution
) -> Recounted:
    """Tell whom a person's touches give the credit to under settings; raises NotFoundError."""
    person = await _person(connection, account_id, person_id)
    found = await recounted(connection, account_id, person_id, attribution)
    expected, kept = credit_record(found), credit_record(person.credit)
    return Recounted(expected, kept, expected == kept)


async def give_credit(database: Database, actor: Actor, person_id: int, wanted: CreditGiven) -> PersonInFull:
    """Give a person to an affiliate by hand; raises NotFoundError and InvalidInputError."""
    account_id, now = actor.account_id, clock.now()

    async def work(connection: Connection) -> PersonInFull:
        await _refuse_unknown(connection, account_id, wanted)
        before = await people.lock(connection, account_id, person_id)
        if before is None:
            raise NotFoundError("There is no person with this id.")
        program = await programs.read(connection, account_id)
        after = await touch_person(
            connection, program, before, now, source=TouchSource.MANUAL, affiliate_id=wanted.affiliate_id,
            traffic_campaign_id=wanted.traffic_campaign_id,
        )  # fmt: skip
        await record_change(
            connection, account_id, actor.name, "credit", ENTITY, person_id,
            credit_record(before.credit), credit_record(after.credit),
        )  # fmt: skip
        return await person_in_full(connection, account_id, person_id)

    return await in_one_unit(database, work)


async def _refuse_unknown(connection: Connection, account_id: int, wanted: CreditGiven) -> None:
    if wanted.affiliate_id is not None:
        affiliate = await by_id(connection, account_id, wanted.affiliate_id)
        if affiliate is None or not affiliate.can_be_credited:
            raise InvalidInputError.of("affiliate_id", "is not an affiliate that can be credited")
    if wanted.traffic_campaign_id is not None:
        await _refuse_unknown_campaign(connection, account_id, wanted.traffic_campaign_id)


async def _refuse_unknown_campaign(connection: Connection, account_id: int, campaign_id: int) -> None:
    try:
        await traffic_campaigns.read(connection, account_id, campaign_id)
    except NotFoundError:
        raise InvalidInputError.of("traffic_campaign_id", "is not a traffic campaign") from None


async def _person(connection: Connection, account_id: int, person_id: int) -> Person:
    person = await people.find(connection, account_id, person_id=person_id)
    if person is None:
        raise NotFoundError("There is no person with this id.")
    return person


async def _touch(connection: Connection, account_id: int, touch_id: int | None) -> TouchRecord | None:
    row = None if touch_id is None else await history_store.touch(connection, account_id, touch_id)
    return None if row is None else touch_record(row)

"""Works the credit out anew from touches: of one person who asks, and of everybody for the audit."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import msgspec

from leadyard.affiliates.model import Attribution
from leadyard.people.model import Credit, Person
from leadyard.storage.database import Connection
from leadyard.tracking import history_store
from leadyard.tracking.attribution import NOBODY, read_rule, recount
from leadyard.tracking.model import Touch

_BATCH = 2000
_SAME_VISIT = timedelta(hours=1)


class CreditDifference(msgspec.Struct, frozen=True):
    """Somebody whose kept credit is not what the touches give; `whose` is `person` or `visitor`."""

    whose: str
    id: int
    expected: Credit
    found: Credit


async def recounted(
    connection: Connection, account_id: int, person_id: int, attribution: Attribution | None = None
) -> Credit:
    """Work out whom a person's touches give the credit to: under the settings of each moment, or under others."""
    rows = await history_store.history(connection, account_id, person_id - 1, person_id, people=True)
    return recount((touch, attribution or read_rule(rule)) for _, rule, touch in rows)


async def credit_of_sale(connection: Connection, person: Person, at: datetime) -> Credit:
    """Give who was credited with a person when something of theirs was sold, whenever that was learned.

    Where nobody was, a touch of the same visit counts that came a little later: a page's messages keep no order. A
    person's word counts for what is to come only.
    """
    now = person.credit
    if now.at is None or now.at <= at:
        return now
    rows = await history_store.history(connection, person.account_id, person.id - 1, person.id, people=True)
    told = [(touch, read_rule(rule)) for _, rule, touch in rows]
    then = recount(pair for pair in told if (pair[0].credit.at or pair[0].at) <= at)
    if then.affiliate_id is not None:
        return then
    soon = recount(
        pair
        for pair in told
        if (pair[0].credit.at or pair[0].at) <= at + _SAME_VISIT and not pair[0].credit.is_manual
    )
    return then if soon.affiliate_id is None else msgspec.structs.replace(soon, at=min(soon.at or at, at))


async def differences(connection: Connection, account_id: int) -> AsyncIterator[CreditDifference]:
    """Find people and visitors whose kept credit is not what the rule makes of their touches, in order of id."""
    for whose in ("visitor", "person"):
        is_people, after = whose == "person", 0
        while rows := await history_store.kept(connection, account_id, after, _BATCH, people=is_people):
            last = rows[-1]["id"]
            touched = await history_store.history(connection, account_id, after, last, people=is_people)
            histories: dict[int, list[tuple[Touch, Attribution]]] = {}
            for owner, rule, touch in touched:
                histories.setdefault(owner, []).append((touch, read_rule(rule)))
            for row in rows:
                expected = recount(histories.get(row["id"], ())) if row["id"] in histories else NOBODY
                found = Credit(row["affiliate_id"], row["traffic_campaign_id"], row["credited_touch_id"])
                if _decided(expected) != _decided(found):
                    yield CreditDifference(whose, row["id"], expected, found)
            after = last


def _decided(credit: Credit) -> tuple[int | None, int | None, int | None]:
    return credit.affiliate_id, credit.traffic_campaign_id, credit.touch_id

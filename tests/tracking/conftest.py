"""An account with affiliates and a traffic campaign, whose visitors are tracked."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from tests.exchange import Exchange, new_exchange

from leadyard.affiliates.model import Attribution, Program
from leadyard.leads.unit import in_one_unit
from leadyard.people import service as people
from leadyard.people.model import Person
from leadyard.storage.database import Connection, Database
from leadyard.tracking import service as tracking
from leadyard.tracking.model import Arrival, TouchSource, Visitor

SHOP = "https://shop.example.com/"
START = datetime(2026, 3, 1, 12, tzinfo=UTC)

_PARTNER = "INSERT INTO partners (account_id, id, name, status, settings) VALUES ($1, $2, $3, 1, '{}')"
_AFFILIATE = """
INSERT INTO affiliates (account_id, id, email, email_key, code, status, referrer_domain, custom_fields, settings,
  dashboard_token, created_at, updated_at)
VALUES ($1, $2, $3, $3, $4, 1, $5, '{}', '{}', md5($4), now(), now())
"""
_CODE = (
    "INSERT INTO affiliate_codes (account_id, code_key, code, affiliate_id) VALUES ($1, lower($2), $2, $3)"
)
_CAMPAIGN = """
INSERT INTO traffic_campaigns (account_id, id, code, code_key, link_code, created_at, updated_at)
VALUES ($1, $2, $3, lower($3), $4, now(), now())
"""


class Site:
    """One account's site, with a clock that each call moves on by a minute."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.program = Program()
        self.now = START

    @property
    def account_id(self) -> int:
        return self.exchange.account_id

    @property
    def database(self) -> Database:
        return self.exchange.database

    def rules(self, **settings: Any) -> None:
        self.program = msgspec.structs.replace(self.program, attribution=Attribution(**settings))

    def later(self, **more: int) -> datetime:
        self.now += timedelta(minutes=1, **more)
        return self.now

    async def affiliate(self, affiliate_id: int, code: str, domain: str | None = None) -> None:
        async with self.database.unit_of_work() as connection:
            await connection.execute(_PARTNER, self.account_id, affiliate_id, code)
            email = f"{code.lower()}@partners.example"
            await connection.execute(_AFFILIATE, self.account_id, affiliate_id, email, code, domain)
            await connection.execute(_CODE, self.account_id, code, affiliate_id)

    async def campaign(self, campaign_id: int, code: str, link_code: str) -> None:
        async with self.database.unit_of_work() as connection:
            await connection.execute(_CAMPAIGN, self.account_id, campaign_id, code, link_code)

    async def visit(
        self, tracking_code: str | None = None, url: str | None = SHOP, **told: Any
    ) -> tuple[Visitor, bool]:
        at = self.later()

        async def work(connection: Connection) -> tuple[Visitor, bool]:
            arrival = Arrival(url=url, **told)
            return await tracking.arrive(
                connection, self.account_id, self.program, arrival, at, tracking_code=tracking_code
            )

        return await in_one_unit(self.database, work)

    async def lead(self, email: str, visitor: Visitor | None = None) -> Person:
        at = self.later()

        async def work(connection: Connection) -> Person:
            person, is_new = await people.lock_or_make(connection, self.account_id, email, at)
            if visitor is None:
                return person
            return await tracking.attach(connection, self.program, person, visitor, at, is_new_person=is_new)

        return await in_one_unit(self.database, work)

    async def touch(self, person: Person, source: TouchSource, **told: Any) -> Person:
        async with self.database.unit_of_work() as connection:
            locked = await people.lock(connection, self.account_id, person.id)
            assert locked is not None
            return await tracking.touch_person(
                connection, self.program, locked, self.later(), source=source, **told
            )

    async def person(self, email: str) -> Person:
        async with self.database.connection() as connection:
            found = await people.find(connection, self.account_id, email=email)
        assert found is not None
        return found


@pytest.fixture
async def site(database: Database) -> Site:
    """A site with the affiliates 21 (ann), 22 (bob, blog.example) and the campaign 7 (News)."""
    site = Site(await new_exchange(database))
    await site.affiliate(21, "ann")
    await site.affiliate(22, "Bob", "blog.example")
    await site.campaign(7, "News", "n1")
    return site

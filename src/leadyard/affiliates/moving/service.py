"""Moves a LeadDyno account: page after page, each a unit of work of its own, so that any of them may be the last.

What a row refers to and is not here yet is fetched first, one by one: the account goes on living while it is read.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

import asyncpg

from leadyard.affiliates.affiliates.links import code_key
from leadyard.affiliates.affiliates.store import claim_code
from leadyard.affiliates.model import Program
from leadyard.affiliates.moving import affiliates, campaigns, commissions, ids, people, purchases, store
from leadyard.affiliates.moving.source import PER_PAGE, Source, SourceError
from leadyard.affiliates.moving.store import Ranges
from leadyard.affiliates.moving.unit import Unit
from leadyard.affiliates.moving.wire import KINDS, Resource, Row, TheirAffiliate, TheirVisitor
from leadyard.affiliates.program import service as programs
from leadyard.identity.actor import Actor
from leadyard.identity.service import record_change
from leadyard.kit import clock
from leadyard.kit.errors import InvalidInputError, LeadyardError
from leadyard.leads.unit import in_one_unit
from leadyard.ledger.service import Ledger
from leadyard.storage.database import Connection, Database
from leadyard.tracking.claims import claim_of
from leadyard.tracking.model import Arrival

_MOST_SWEEPS = 3
_MOST_TRIES = 5
_BATCH = 500

Moved = Callable[[Resource, int, int], None]
"""Told of a resource, how many of its rows were read and how many there are."""

_TAKERS: dict[Resource, Callable[[Unit, Any], Awaitable[None]]] = {
    Resource.AFFILIATES: affiliates.take,
    Resource.CAMPAIGNS: campaigns.take,
    Resource.LEADS: people.take_leads,
    Resource.VISITORS: people.take_visitors,
    Resource.PURCHASES: purchases.take,
    Resource.COMMISSIONS: commissions.take,
}
_REFERENCES: dict[Resource, tuple[tuple[str, Resource], ...]] = {
    Resource.LEADS: (("affiliate", Resource.AFFILIATES), ("campaign", Resource.CAMPAIGNS)),
    Resource.VISITORS: (
        ("affiliate", Resource.AFFILIATES),
        ("campaign", Resource.CAMPAIGNS),
        ("lead", Resource.LEADS),
    ),
    Resource.PURCHASES: (("affiliate", Resource.AFFILIATES), ("lead", Resource.LEADS)),
    Resource.COMMISSIONS: (("affiliate", Resource.AFFILIATES), ("purchase", Resource.PURCHASES)),
}
"""Which members of a row name rows of other resources; commissions have no path of their own to be fetched by."""


class OtherAccountError(LeadyardError):
    """Another LeadDyno account was moved under this name before."""


class Mover:
    """Moves one account into another; `problems` are sentences about what could not be kept as it was."""

    def __init__(
        self, database: Database, actor: Actor, source: Source, name: str, moved: Moved = lambda *_: None
    ) -> None:
        """Take what is read, the name under which it is remembered, and whom to tell how it goes."""
        self._database = database
        self._actor = actor
        self._ledger = Ledger(database)
        self._source = source
        self._name = name
        self._moved = moved
        self._asked_codes: set[str] = set()
        self._absent: set[tuple[Resource, int]] = set()
        self.problems: list[str] = []

    async def run(self) -> None:
        """Read everything that is there and make what is not here; raises SourceError and OtherAccountError."""
        await self._source.check()
        for resource in KINDS:
            await self._sweep_all(resource)
            if resource is Resource.AFFILIATES:
                await self._set_parents()
            elif resource is Resource.VISITORS:
                await self._fetch_latest_visitors()
            elif resource is Resource.PURCHASES:
                await self._in_unit(purchases.mark_first)
        # Affiliates who came with what refers to them have parents too.
        await self._set_parents()
        async with self._database.unit_of_work() as connection:
            counts = await store.counts(connection, self._actor.account_id, self._name)
            await record_change(
                connection,
                self._actor.account_id,
                self._actor.name,
                "move in",
                programs.ENTITY,
                self._actor.account_id,
                None,
                {"source": self._name, "rows": {resource.value: count for resource, count in counts.items()}},
            )

    async def _sweep_all(self, resource: Resource) -> None:
        """Read a resource to its end, again from the start if more may have come in front while it was read."""
        for _ in range(_MOST_SWEEPS):
            total = await self._source.count(resource)
            is_whole = await self._sweep(resource, total)
            async with self._database.connection() as connection:
                here = (await store.counts(connection, self._actor.account_id, self._name))[resource]
            there = await self._source.count(resource)
            if here >= there or (is_whole and there == total):
                return

    async def _sweep(self, resource: Resource, total: int) -> bool:
        """Read pages to the end, from where a run was cut short; True when it was from the start."""
        async with self._database.unit_of_work() as connection:
            first = (await store.lock(connection, self._actor.account_id, self._name, resource)).first_page
        number, read = first, (first - 1) * PER_PAGE
        before: list[int] = []
        while True:
            rows = await self._source.page(resource, number)
            page_ids = [row.id for row in rows]
            if rows and page_ids == before:
                raise SourceError(f"{self._source.host} gives the same page of {resource} again and again.")
            await self._take(resource, rows, number=number)
            read += len(rows)
            self._moved(resource, read, max(total, read))
            if not rows:
                return first == 1
            number, before = number + 1, page_ids

    async def _take(self, resource: Resource, rows: Sequence[Row], *, number: int | None = None) -> None:
        """Make rows, and what they refer to; `number` is the page that they are, to be gone on with behind it."""
        rows = list({row.id: row for row in rows}.values())
        for name, other in _REFERENCES.get(resource, ()):
            named = [getattr(row, name) for row in rows]
            await self._fetch(other, {one.id for one in named if one is not None})
        if resource is Resource.VISITORS:
            await self._learn_codes(rows)
        ranges = await self._set_apart(resource, rows)

        async def work(unit: Unit) -> None:
            await store.lock(unit.connection, unit.account_id, self._name, resource)
            if rows:
                await _TAKERS[resource](unit, rows)
            if number is not None:
                following = number + 1 if rows else 1
                await store.save_page(
                    unit.connection, unit.account_id, self._name, resource, following, is_done=not rows
                )

        if resource is Resource.AFFILIATES and rows:
            await self._refuse_another_account(rows)
        await self._in_unit(work, ranges)
        if resource is Resource.AFFILIATES:
            await self._take_over_site([row for row in rows if isinstance(row, TheirAffiliate)])

    async def _in_unit(
        self, work: Callable[[Unit], Awaitable[None]], ranges: dict[Resource, Ranges] | None = None
    ) -> None:
        """Do work in a unit of work, again from the start when somebody has made the same at the same moment."""
        at = clock.now()

        async def one(connection: Connection) -> list[str]:
            program = await programs.read(connection, self._actor.account_id)
            unit = Unit(connection, self._ledger, self._actor, self._name, program, at, ranges or {})
            await work(unit)
            return unit.problems

        for tries in range(_MOST_TRIES):
            try:
                self.problems += await in_one_unit(self._database, one)
            except asyncpg.UniqueViolationError:
                if tries == _MOST_TRIES - 1:
                    raise
            else:
                return

    async def _set_apart(self, resource: Resource, rows: Iterable[Row]) -> dict[Resource, Ranges]:
        """Keep the ids of rows for them, as far as nothing here was ever given them; in a unit of its own."""
        wanted = {resource: [row.id for row in rows]}
        if resource is Resource.PURCHASES:
            cancellations = [getattr(row, "cancellation", None) for row in rows]
            wanted[Resource.CANCELLATIONS] = [one.id for one in cancellations if one is not None]
        return {name: await self._apart(name, max(found, default=0)) for name, found in wanted.items()}

    async def _apart(self, resource: Resource, last: int) -> Ranges:
        account_id = self._actor.account_id

        async def work(connection: Connection) -> Ranges:
            ranges = (await store.lock(connection, account_id, self._name, resource)).ranges
            if last <= ids.highest(ranges):
                return ranges
            more = await ids.set_apart(connection, account_id, resource, last)
            ranges = ids.joined(ranges, more)
            await store.save_ranges(connection, account_id, self._name, resource, ranges)
            return ranges

        return await in_one_unit(self._database, work)

    async def _fetch(self, resource: Resource, their_ids: set[int]) -> None:
        """Make rows that others refer to and that are not here yet."""
        async with self._database.connection() as connection:
            known = await store.known(
                connection, self._actor.account_id, self._name, resource, sorted(their_ids)
            )
        for their_id in sorted(their_ids - known.keys()):
            if (resource, their_id) in self._absent:
                continue
            row = await self._source.one(resource, their_id)
            if row is None:
                self._absent.add((resource, their_id))
            else:
                await self._take(resource, [row])

    async def _set_parents(self) -> None:
        """Put affiliates under their parents; those that no list has shown are fetched."""
        last = 0
        while batch := await self._awaiting(Resource.AFFILIATES, last):
            last = batch[-1].their_id
            parents = {int(row.awaits) for row in batch if row.awaits and row.awaits.isdigit()}
            await self._fetch(Resource.AFFILIATES, parents)
        await self._in_unit(affiliates.set_parents)

    async def _awaiting(self, resource: Resource, after: int) -> list[store.Kept]:
        async with self._database.connection() as connection:
            return await store.awaiting(
                connection, self._actor.account_id, self._name, resource, after, _BATCH
            )

    async def _fetch_latest_visitors(self) -> None:
        """Fetch the latest visitors of leads that no list has shown."""
        last = 0
        while batch := await self._awaiting(Resource.LEADS, last):
            last = batch[-1].their_id
            visitors = {int(row.awaits) for row in batch if row.awaits}
            await self._fetch(Resource.VISITORS, visitors)
            async with self._database.unit_of_work() as connection:
                await store.set_latest_visitors(connection, self._actor.account_id, self._name, visitors)

    async def _learn_codes(self, rows: Iterable[Row]) -> None:
        """Ask for codes that stand in visitors' addresses and are nobody's here: an affiliate's old ones, maybe.

        LeadDyno lists only the present code of an affiliate, but knows the old ones when asked for them.
        """
        codes = {
            code_key(code): code
            for row in rows
            if isinstance(row, TheirVisitor) and row.affiliate is not None and row.url is not None
            for _, code in claim_of(Arrival(url=row.url.url)).affiliate_codes
        }
        async with self._database.connection() as connection:
            known = await store.known_codes(connection, self._actor.account_id, codes.keys())
        for key in sorted(codes.keys() - known - self._asked_codes):
            self._asked_codes.add(key)
            holder = await self._source.holder_of(codes[key])
            if holder is not None:
                await self._fetch(Resource.AFFILIATES, {holder.id})
                await self._claim(holder.id, codes[key])

    async def _claim(self, their_id: int, code: str) -> None:
        async def work(unit: Unit) -> None:
            our_id = (await unit.ours(Resource.AFFILIATES, [their_id])).get(their_id)
            if our_id is not None:
                await claim_code(unit.connection, unit.account_id, our_id, code)

        await self._in_unit(work)

    async def _refuse_another_account(self, rows: Sequence[Row]) -> None:
        """Make sure that affiliates which were moved before are the same ones still."""
        theirs = {row.id: row for row in rows if isinstance(row, TheirAffiliate)}
        async with self._database.connection() as connection:
            account_id = self._actor.account_id
            known = await store.known(connection, account_id, self._name, Resource.AFFILIATES, sorted(theirs))
            same = await affiliates.still_known(
                connection, account_id, [(theirs[their_id], row.our_id) for their_id, row in known.items()]
            )
        if known and not same:
            raise OtherAccountError(
                f"This is not the LeadDyno account that was moved as {self._name} before; give it a name of its own "
                "with --source."
            )

    async def _take_over_site(self, rows: Sequence[TheirAffiliate]) -> None:
        """Let links lead where they led there, unless somebody has said already where they are to lead here."""
        site = affiliates.site_of(rows)
        async with self._database.connection() as connection:
            program = await programs.read(connection, self._actor.account_id)
        if site is None or program.site_url != Program().site_url or site == program.site_url:
            return
        try:
            await programs.update(self._database, self._actor, {"site_url": site})
        except InvalidInputError as error:
            self.problems.append(f"the address of the shop, {site}: {error}")

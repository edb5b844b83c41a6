"""What the unit of work for one page has at hand: the connection, the programme, ids, and what is here already."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from leadyard.affiliates.model import Program
from leadyard.affiliates.moving import ids, store
from leadyard.affiliates.moving.store import Kept, Ranges
from leadyard.affiliates.moving.wire import Resource
from leadyard.identity.actor import Actor
from leadyard.ledger.service import Ledger
from leadyard.storage.counters import next_id, take_ids
from leadyard.storage.database import Connection


class Unit:
    """One page's unit of work; `problems` gathers sentences about what could not be kept as it was there."""

    def __init__(
        self,
        connection: Connection,
        ledger: Ledger,
        actor: Actor,
        source: str,
        program: Program,
        at: datetime,
        ranges: dict[Resource, Ranges],
    ) -> None:
        """Take the ids that are set apart for each resource of the page, and the instant of the move."""
        self.connection = connection
        self.ledger = ledger
        self.actor = actor
        self.account_id = actor.account_id
        self.source = source
        self.program = program
        self.at = at
        self.problems: list[str] = []
        self._ranges = ranges

    async def known(self, resource: Resource, their_ids: Iterable[int]) -> dict[int, Kept]:
        """Give what is known of rows there."""
        return await store.known(
            self.connection, self.account_id, self.source, resource, sorted(set(their_ids))
        )

    async def ours(self, resource: Resource, their_ids: Iterable[int | None]) -> dict[int | None, int]:
        """Give the ids here of rows there; those that are not here are left out."""
        wanted = [their_id for their_id in their_ids if their_id is not None]
        return {their_id: row.our_id for their_id, row in (await self.known(resource, wanted)).items()}

    async def remember(self, resource: Resource, rows: Sequence[Kept]) -> None:
        """Keep under which ids rows are here."""
        await store.remember(self.connection, self.account_id, self.source, resource, rows)

    async def ids(self, resource: Resource, their_ids: Collection[int]) -> dict[int, int]:
        """Give each row its id here: its own where that is free, else a new one."""
        chosen = ids.given(self._ranges.get(resource, ()), their_ids)
        missing = [their_id for their_id, our_id in chosen.items() if our_id is None]
        fresh = dict(zip(missing, await self._new_ids(resource, len(missing)), strict=True))
        return {their_id: our_id or fresh[their_id] for their_id, our_id in chosen.items()}

    async def _new_ids(self, resource: Resource, count: int) -> Sequence[int]:
        if not count:
            return ()
        counter = ids.COUNTERS[resource]
        if resource in {Resource.AFFILIATES, Resource.CAMPAIGNS}:
            return [await next_id(self.connection, self.account_id, counter) for _ in range(count)]
        return await take_ids(self.connection, self.account_id, counter, count)

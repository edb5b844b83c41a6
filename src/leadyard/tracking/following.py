"""What follows from visits in other rooms, which tracking does not know: given by whoever puts the process together."""

from datetime import datetime
from decimal import Decimal
from typing import Protocol
from uuid import UUID

import msgspec

from leadyard.affiliates.model import LineItem, Program
from leadyard.people.model import Person
from leadyard.storage.database import Connection
from leadyard.tracking.model import Visitor


class TrackedPurchase(msgspec.Struct, frozen=True, kw_only=True):
    """A purchase as a page told of it; without a code of its own it is known by its event's."""

    purchase_code: str
    amount: Decimal | None = None
    plan_code: str | None = None
    code: str | None = None
    currency: str | None = None
    description: str | None = None
    line_items: tuple[LineItem, ...] = ()


class Following(Protocol):
    """Everything here works in the caller's unit of work and may be told the same twice without doing it twice."""

    async def visitor_seen(
        self, connection: Connection, program: Program, visitor: Visitor, at: datetime
    ) -> None:
        """Learn that somebody came for the first time and is credited to an affiliate."""

    async def lead_seen(self, connection: Connection, program: Program, person: Person, at: datetime) -> None:
        """Learn that a person has left an address for the first time; whoever is credited is weighed already."""

    async def purchase_seen(
        self,
        connection: Connection,
        program: Program,
        person: Person,
        purchase: TrackedPurchase,
        at: datetime,
    ) -> None:
        """Take a purchase by a person whose row is locked; its code is not weighed yet."""

    async def cancellation_asked(
        self, connection: Connection, program: Program, person: Person, event_id: UUID, at: datetime
    ) -> None:
        """Take a page's wish to cancel the purchases, made until `at`, of a person whose row is locked."""


class NothingFollows:
    """For programmes that pay nothing for visitors and leads, and calls that bring no purchases."""

    async def visitor_seen(
        self, connection: Connection, program: Program, visitor: Visitor, at: datetime
    ) -> None:
        """Do nothing."""

    async def lead_seen(self, connection: Connection, program: Program, person: Person, at: datetime) -> None:
        """Do nothing."""

    async def purchase_seen(
        self,
        connection: Connection,
        program: Program,
        person: Person,
        purchase: TrackedPurchase,
        at: datetime,
    ) -> None:
        """Refuse: a purchase must not be lost for want of somebody who takes it."""
        raise NotImplementedError

    async def cancellation_asked(
        self, connection: Connection, program: Program, person: Person, event_id: UUID, at: datetime
    ) -> None:
        """Refuse, as for purchases."""
        raise NotImplementedError


NOTHING = NothingFollows()

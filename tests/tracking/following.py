"""Somebody who follows visits and writes down what he is told."""

from datetime import datetime
from uuid import UUID

from leadyard.affiliates.model import Program
from leadyard.people.model import Person
from leadyard.storage.database import Connection
from leadyard.tracking.following import TrackedPurchase
from leadyard.tracking.model import Visitor


class Notes:
    """What was told; a purchase of the plan `broken` fails as a mistake in the code would."""

    def __init__(self) -> None:
        self.visitors: list[Visitor] = []
        self.leads: list[Person] = []
        self.purchases: list[tuple[Person, TrackedPurchase]] = []
        self.cancellations: list[tuple[Person, UUID]] = []

    async def visitor_seen(
        self, connection: Connection, program: Program, visitor: Visitor, at: datetime
    ) -> None:
        del connection, program, at
        self.visitors.append(visitor)

    async def lead_seen(self, connection: Connection, program: Program, person: Person, at: datetime) -> None:
        del connection, program, at
        self.leads.append(person)

    async def purchase_seen(
        self,
        connection: Connection,
        program: Program,
        person: Person,
        purchase: TrackedPurchase,
        at: datetime,
    ) -> None:
        del connection, program, at
        if purchase.plan_code == "broken":
            raise ZeroDivisionError("a mistake")
        self.purchases.append((person, purchase))

    async def cancellation_asked(
        self, connection: Connection, program: Program, person: Person, event_id: UUID, at: datetime
    ) -> None:
        del connection, program, at
        self.cancellations.append((person, event_id))

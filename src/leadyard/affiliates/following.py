"""What follows from visits for the affiliate programme: commissions, and purchases that pages tell of."""

from datetime import datetime
from uuid import UUID

from leadyard.affiliates.commissions.booking import Booking
from leadyard.affiliates.commissions.earning import About, chain_for, drafts_of, zone_of
from leadyard.affiliates.commissions.rules import Event, earnings
from leadyard.affiliates.model import PaysFor, Program
from leadyard.affiliates.plans.service import known_default_plan
from leadyard.affiliates.purchases.checks import checked_purchase
from leadyard.affiliates.purchases.model import Cancellation, PurchaseInput
from leadyard.affiliates.purchases.recording import Recording
from leadyard.affiliates.purchases.service import cancel_all
from leadyard.affiliates.purchases.store import signal_cancellation
from leadyard.ledger.service import Ledger
from leadyard.people.model import Person
from leadyard.storage.counters import take_ids
from leadyard.storage.database import Connection
from leadyard.tracking.attribution import standing
from leadyard.tracking.following import TrackedPurchase
from leadyard.tracking.model import Visitor

TRACKER = "tracker"
"""The source of a cancellation that a page asked for."""


class ProgrammeFollows:
    """Pays visitors and leads by the default plan, and takes what pages tell of purchases."""

    def __init__(self, ledger: Ledger) -> None:
        """Share the process's ledger."""
        self._ledger = ledger

    async def visitor_seen(
        self, connection: Connection, program: Program, visitor: Visitor, at: datetime
    ) -> None:
        """Pay for a visitor who came for the first time, once."""
        affiliate_id = standing(visitor.credit, at, program.attribution).affiliate_id
        about = About(visitor_id=visitor.id, touch_id=visitor.credit.touch_id)
        origin = f"visitor:{visitor.id}"
        await self._pay(connection, visitor.account_id, PaysFor.VISITOR, origin, affiliate_id, about, at)

    async def lead_seen(self, connection: Connection, program: Program, person: Person, at: datetime) -> None:
        """Pay for a person who left an address for the first time, once."""
        affiliate_id = standing(person.credit, at, program.attribution).affiliate_id
        about = About(person_id=person.id, touch_id=person.credit.touch_id)
        origin = f"lead:{person.id}"
        await self._pay(connection, person.account_id, PaysFor.LEAD, origin, affiliate_id, about, at)

    async def purchase_seen(
        self,
        connection: Connection,
        program: Program,
        person: Person,
        purchase: TrackedPurchase,
        at: datetime,
    ) -> None:
        """Record a purchase that a page told of; raises InvalidInputError and ConflictError, and its event is set aside."""
        wanted = checked_purchase(
            PurchaseInput(
                email=person.email or "", purchase_code=purchase.purchase_code, amount=purchase.amount,
                currency=purchase.currency, plan_code=purchase.plan_code, code=purchase.code,
                line_items=purchase.line_items or None, description=purchase.description,
            )
        )  # fmt: skip
        unit = Recording(connection, self._ledger, person.account_id, program, self, at)
        await unit.record_for(person, wanted, is_tracked=True)

    async def cancellation_asked(
        self, connection: Connection, program: Program, person: Person, event_id: UUID, at: datetime
    ) -> None:
        """Cancel a person's purchases made until then, or list the wish for the operator to decide."""
        if program.approves_tracked_purchases:
            [signal_id] = await take_ids(connection, person.account_id, "fraud_signals")
            await signal_cancellation(connection, person, signal_id, event_id, at)
        else:
            wanted = Cancellation(source=TRACKER)
            await cancel_all(connection, self._ledger, program, person, wanted, at, until=at)

    async def _pay(
        self,
        connection: Connection,
        account_id: int,
        pays_for: PaysFor,
        origin: str,
        affiliate_id: int | None,
        about: About,
        at: datetime,
    ) -> None:
        plan = None if affiliate_id is None else await known_default_plan(connection, account_id)
        if plan is None:
            return
        lines = [line for line in plan.lines if line.terms.pays_for is pays_for]
        if not lines:
            return
        chain = await chain_for(connection, account_id, affiliate_id, lines, at)
        event = Event(origin=origin, pays_for=frozenset({pays_for}), at=at, currency=plan.currency)
        zone = await zone_of(connection, account_id)
        booking = Booking(self._ledger, account_id, at)
        booking.make(drafts_of(earnings(event, lines, chain, plan.currency, zone), about, plan_id=plan.id))
        await booking.write(connection)

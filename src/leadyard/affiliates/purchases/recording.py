"""Recording a purchase, inside the caller's unit of work (docs/affiliates.md, "Purchases")."""

import uuid
from datetime import datetime
from decimal import Decimal

import msgspec

from leadyard.affiliates.commissions.booking import Booking
from leadyard.affiliates.commissions.earning import Volume, chain_for
from leadyard.affiliates.commissions.store import lock
from leadyard.affiliates.model import Program, PurchaseState
from leadyard.affiliates.plans.service import ChosenPlan, plan_of_code
from leadyard.affiliates.purchases import refund_store, store
from leadyard.affiliates.purchases.model import Purchase, PurchaseInput, Terms
from leadyard.affiliates.purchases.paying import lines_of, pay_anew, pay_new
from leadyard.affiliates.purchases.refunding import settle, without_refunds
from leadyard.affiliates.purchases.self_purchase import Verdict, judge
from leadyard.campaigns.webhooks import WebhookEvent
from leadyard.delivery.outbox import announce_programme_news
from leadyard.kit.clock import whole_second
from leadyard.kit.errors import ConflictError
from leadyard.ledger.service import Ledger
from leadyard.people import service as people
from leadyard.people.model import Credit, Person
from leadyard.storage import tallies
from leadyard.storage.counters import ids_in_order, take_ids
from leadyard.storage.database import Connection
from leadyard.tracking import service as tracking
from leadyard.tracking.attribution import standing
from leadyard.tracking.counting import count_purchase
from leadyard.tracking.following import Following
from leadyard.tracking.model import Arrival, TouchSource

TAKEN = "has already been taken"
TALLY = "purchases"


class Recording:
    """Records purchases of one account in one unit of work; `at` is when they were made."""

    def __init__(
        self,
        connection: Connection,
        ledger: Ledger,
        account_id: int,
        program: Program,
        following: Following,
        at: datetime,
    ) -> None:
        """Take what every purchase of the unit of work needs; `following` is told of visitors and people it makes."""
        self._connection = connection
        self._ledger = ledger
        self._account_id = account_id
        self._program = program
        self._following = following
        self._at = at

    async def record(self, wanted: PurchaseInput) -> tuple[Purchase, bool]:
        """Record a checked purchase; a code that is known gives its purchase, changed if that may be.

        Raises ConflictError for the code of another customer's purchase.
        """
        person, is_new = await people.lock_or_make(self._connection, self._account_id, wanted.email, self._at)
        known = await self._known(wanted, person)
        if known is not None:
            return known, False
        person = await self._visited(person, wanted, is_new=is_new)
        return await self.record_for(person, wanted, is_tracked=False)

    async def record_for(
        self, person: Person, wanted: PurchaseInput, *, is_tracked: bool
    ) -> tuple[Purchase, bool]:
        """Record a checked purchase of a person whose row is locked; of a page's the operator may want to approve."""
        known = await self._known(wanted, person)
        if known is not None:
            return known, False
        person = await self._weighed(person, wanted)
        credit = standing(person.credit, self._at, self._program.attribution)
        verdict = await judge(
            self._connection, self._account_id, self._program, person.email or "", credit.affiliate_id
        )
        plan, notes = await self._plan(wanted)
        if verdict.note is not None:
            notes.append(verdict.note)
        purchase = await self._drawn(person, credit, wanted, plan, verdict)
        waits = is_tracked and self._program.approves_tracked_purchases
        purchase = msgspec.structs.replace(
            purchase,
            state=PurchaseState.PENDING if waits else PurchaseState.APPROVED,
            note="; ".join(notes) or None,
        )
        if not await store.insert(self._connection, purchase):
            return await self._required(wanted, person), False
        person = await self._follow(person, credit, purchase, plan)
        if verdict.is_suspect:
            [signal_id] = await take_ids(self._connection, self._account_id, "fraud_signals")
            await store.signal_self_purchase(self._connection, purchase, signal_id, verdict.note or "")
        await self._tell(WebhookEvent.PURCHASE_CREATED, purchase)
        made = await store.by_id(self._connection, self._account_id, purchase.id) or purchase
        return await self._less_refunds(made, person, wanted), True

    async def _less_refunds(self, purchase: Purchase, person: Person, wanted: PurchaseInput) -> Purchase:
        """Take off a new purchase what went back before it was told of."""
        if wanted.purchase_code is None:
            return purchase
        await refund_store.lock(self._connection, self._account_id, [purchase.purchase_code])
        unit = self._connection, self._ledger, self._program, person, purchase
        return (await settle(*unit, self._at))[0]

    async def _known(self, wanted: PurchaseInput, person: Person) -> Purchase | None:
        if wanted.purchase_code is None:
            return None
        known = await store.by_code(self._connection, self._account_id, wanted.purchase_code)
        return None if known is None else await self._repeated(known, wanted, person)

    async def _required(self, wanted: PurchaseInput, person: Person) -> Purchase:
        """Give the purchase whose code was taken at the same moment."""
        known = await self._known(wanted, person)
        if known is None:
            raise ConflictError("purchase_code", TAKEN)
        return known

    async def _repeated(self, known: Purchase, wanted: PurchaseInput, person: Person) -> Purchase:
        """Take over new amounts of a purchase that comes again, as long as nothing of it is paid or cancelled."""
        if known.person_id != person.id:
            raise ConflictError("purchase_code", TAKEN)
        if wanted.amount is not None:
            amount = await without_refunds(self._connection, known, wanted.amount, is_gross=wanted.is_gross)
            wanted = msgspec.structs.replace(wanted, amount=amount)
        after = _with_amounts(known, wanted)
        if known.is_cancelled or after == known:
            return known
        rows = await lock(self._connection, self._account_id, "purchase_id", known.id)
        if any(row.is_settled for row in rows):
            return known
        after = msgspec.structs.replace(after, updated_at=self._at)
        await store.update(self._connection, after)
        booking = Booking(self._ledger, self._account_id, self._at)
        await pay_anew(self._connection, booking, after)
        await booking.write(self._connection)
        await self._tell(WebhookEvent.PURCHASE_CHANGED, after)
        return await store.by_id(self._connection, self._account_id, known.id) or after

    async def _visited(self, person: Person, wanted: PurchaseInput, *, is_new: bool) -> Person:
        """Attach the visitor that comes with a purchase; a new person without one gets a visitor of its own."""
        if wanted.tracking_code is None and not is_new:
            return person
        arrival = Arrival(code=wanted.code if wanted.tracking_code is None else None)
        visitor, _ = await tracking.arrive(
            self._connection, self._account_id, self._program, arrival, self._at,
            tracking_code=wanted.tracking_code, weighs_person=False, following=self._following,
        )  # fmt: skip
        return await tracking.attach(
            self._connection, self._program, person, visitor, self._at, is_new_person=is_new,
            following=self._following,
        )  # fmt: skip

    async def _weighed(self, person: Person, wanted: PurchaseInput) -> Person:
        """Weigh the purchase's code as a coupon, unless the person is to stay with who is credited."""
        credit = standing(person.credit, self._at, self._program.attribution)
        if wanted.code is None or (credit.affiliate_id is not None and not wanted.reassign_affiliate):
            return person
        return await tracking.touch_person(
            self._connection, self._program, person, self._at, source=TouchSource.COUPON,
            affiliate_code=wanted.code,
        )  # fmt: skip

    async def _plan(self, wanted: PurchaseInput) -> tuple[ChosenPlan, list[str]]:
        """Choose the plan with the lines that are for purchases, and say if it is not the one that was named."""
        plan, is_known = await plan_of_code(
            self._connection, self._account_id, wanted.plan_code, self._program.currency
        )
        notes = [] if is_known else [f'unknown plan "{wanted.plan_code}", default plan used']
        return msgspec.structs.replace(plan, lines=lines_of(plan)), notes

    async def _drawn(
        self, person: Person, credit: Credit, wanted: PurchaseInput, plan: ChosenPlan, verdict: Verdict
    ) -> Purchase:
        """Write a purchase down as it is before it waits for anything."""
        [purchase_id] = await ids_in_order(self._connection, self._account_id, "purchases")
        chain = await chain_for(
            self._connection,
            self._account_id,
            credit.affiliate_id,
            plan.lines,
            self._at,
            volume=Volume.PURCHASES,
            currency=plan.currency,
        )
        terms = Terms(
            tuple(line.id for line in plan.lines), chain, person.standing_purchases + 1, verdict.is_held
        )
        return Purchase(
            account_id=self._account_id, id=purchase_id, purchase_code=wanted.purchase_code or str(uuid.uuid4()),
            person_id=person.id, email=person.email or wanted.email, affiliate_id=credit.affiliate_id,
            affiliate_email=None, traffic_campaign_id=credit.traffic_campaign_id, touch_id=credit.touch_id,
            plan_id=plan.id, plan_code=plan.code, state=PurchaseState.APPROVED, amount=wanted.amount,
            currency=wanted.currency or self._program.currency, amount_override=wanted.amount_override,
            line_items=wanted.line_items, description=wanted.description, note=None,
            referral_source=_source(credit, wanted.code), used_code=wanted.code, is_first=terms.ordinal == 1,
            is_barred=verdict.is_barred, terms=terms, created_at=whole_second(self._at),
            updated_at=whole_second(self._at), cancellation=None, commission_amount=Decimal(0),
        )  # fmt: skip

    async def _follow(self, person: Person, credit: Credit, purchase: Purchase, plan: ChosenPlan) -> Person:
        """Pay for a purchase that was just written, and count it; gives its person as they are now."""
        connection = self._connection
        booking = Booking(self._ledger, self._account_id, self._at)
        await pay_new(connection, booking, purchase, plan)
        await booking.write(connection)
        standing_purchases = person.standing_purchases + 1
        after = msgspec.structs.replace(person, standing_purchases=standing_purchases, updated_at=self._at)
        await people.save(connection, after)
        count_purchase(connection, self._account_id, credit, self._at)
        tallies.add(connection, self._account_id, TALLY, 1, self._at)
        return after

    async def _tell(self, event: WebhookEvent, purchase: Purchase) -> None:
        await announce_programme_news(self._connection, self._account_id, self._at, event, [purchase.told()])


def _with_amounts(known: Purchase, wanted: PurchaseInput) -> Purchase:
    """Put the amounts of a repeated purchase in place of the old ones, where there are any."""
    amount = known.amount if wanted.amount is None else wanted.amount
    items = known.line_items if wanted.line_items is None else wanted.line_items
    if (amount, items) == (known.amount, known.line_items):
        return known
    currency = wanted.currency or known.currency
    return msgspec.structs.replace(known, amount=amount, line_items=items, currency=currency)


def _source(credit: Credit, code: str | None) -> str:
    """Say where a purchase came from."""
    if credit.affiliate_id is not None:
        return "coupon" if code is not None else "affiliate"
    return "direct" if credit.traffic_campaign_id is None else "campaign"

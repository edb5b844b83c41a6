"""What becomes of billing events: purchases recorded, changed and cancelled."""

from datetime import timedelta

import msgspec

from leadyard.affiliates.model import PurchaseState
from leadyard.affiliates.purchases.model import (
    WHOLE,
    Cancellation,
    Purchase,
    PurchaseFilters,
    PurchaseInput,
    Refund,
)
from leadyard.affiliates.purchases.service import MOST_OF_A_PERSON, Purchases
from leadyard.dialects.billing.model import BillingEvent, Customer, Ended, Paid, Refunded
from leadyard.kit import clock
from leadyard.people import service as people
from leadyard.people.model import Person
from leadyard.storage.database import Database
from leadyard.tracking import service as tracking

_SOON = timedelta(seconds=1)
"""A cancellation as of later leaves what was earned until then: an ended subscription takes nothing back."""

_SO_FAR = "so far"
"""The id of what went back in all, where the system tells of that instead of each refund."""


class Taker:
    """Applies the events of one account's billing systems."""

    def __init__(self, database: Database, purchases: Purchases) -> None:
        """Share the process's services."""
        self._database = database
        self._purchases = purchases

    async def take(self, account_id: int, source: str, event: BillingEvent) -> str:
        """Apply an event; gives what became of it in a word or two.

        Raises InvalidInputError, and ConflictError when the payment's id belongs to another customer's purchase.
        """
        if isinstance(event, Paid):
            return await self._paid(account_id, event)
        if isinstance(event, Refunded):
            return await self._refunded(account_id, source, event)
        return await self._ended(account_id, source, event)

    async def _paid(self, account_id: int, event: Paid) -> str:
        person = await self._person(account_id, event.customer)
        # Who pays from another address than the one they left is still the person of the tracking id.
        email = (None if person is None else person.email) or event.customer.email
        if email is None:
            return "ignored: neither an e-mail address nor a known tracking id"
        wanted = PurchaseInput(
            email=email, purchase_code=event.code, amount=event.amount, currency=event.currency,
            plan_code=event.plan_code, code=event.coupon, description=event.description, line_items=event.line_items,
            tracking_code=event.customer.tracking_code, is_gross=True,
        )  # fmt: skip
        _, is_new = await self._purchases.record(account_id, wanted)
        return "recorded" if is_new else "known"

    async def _refunded(self, account_id: int, source: str, event: Refunded) -> str:
        refund = Refund(
            purchase_codes=event.codes, source=source, amount=event.amount, currency=event.currency,
            refund_code=event.refund_code or (WHOLE if event.amount is None else _SO_FAR), is_kept=event.is_kept,
        )  # fmt: skip
        return await self._purchases.refund(account_id, refund)

    async def _ended(self, account_id: int, source: str, event: Ended) -> str:
        person = await self._person(account_id, event.customer)
        if person is None:
            return "ignored: no such customer"
        at = max(event.effective_at or clock.now(), clock.now() + _SOON)
        filters = PurchaseFilters(person_id=person.id)
        ended = [
            purchase
            for purchase in await self._purchases.page(account_id, filters, limit=MOST_OF_A_PERSON)
            if purchase.state is not PurchaseState.CANCELLED and _is_of(purchase, event.plan_code)
        ]
        for purchase in ended:
            await self._purchases.cancel(
                account_id, purchase.id, Cancellation(source=source, effective_at=at)
            )
        return "cancelled" if ended else "ignored: nothing to cancel"

    async def _person(self, account_id: int, customer: Customer) -> Person | None:
        async with self._database.connection() as connection:
            if customer.email is not None:
                found = await people.find(connection, account_id, email=customer.email)
                if found is not None:
                    return found
            if customer.tracking_code is None:
                return None
            visitor = await tracking.find_visitor(
                connection, account_id, tracking_code=customer.tracking_code
            )
            if visitor is None or visitor.person_id is None:
                return None
            return await people.find(connection, account_id, person_id=visitor.person_id)


def _is_of(purchase: Purchase, plan_code: str | None) -> bool:
    return plan_code is None or purchase.plan_code.casefold() == plan_code.casefold()


def as_known(event: BillingEvent) -> BillingEvent:
    """Cut texts that are longer than a purchase may have: a sale is not lost over them."""
    if isinstance(event, Paid) and event.description is not None:
        return msgspec.structs.replace(event, description=event.description[:2000])
    return event

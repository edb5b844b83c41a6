"""What follows for purchases and commissions when a person has decided about a signal."""

from leadyard.affiliates.commissions.service import Commissions, Subject
from leadyard.affiliates.following import TRACKER
from leadyard.affiliates.purchases.model import Cancellation, PurchaseFilters
from leadyard.affiliates.purchases.service import MOST_OF_A_PERSON, Purchases
from leadyard.identity.actor import Actor
from leadyard.storage.database import Row
from leadyard.tracking.fraud.model import Consequence, SignalState

_CANCELLATION_ASKED = "cancellation_asked"


class Decisions:
    """Cancels what a page asked to cancel, and holds or rejects commissions, once a person has confirmed a signal."""

    def __init__(self, purchases: Purchases, commissions: Commissions) -> None:
        """Share the process's purchases and commissions."""
        self._purchases = purchases
        self._commissions = commissions

    async def __call__(self, actor: Actor, signal: Row, state: SignalState, consequence: Consequence) -> None:
        """Do what a decision means; done twice it changes nothing more."""
        if state is not SignalState.CONFIRMED:
            return
        if signal["kind"] == _CANCELLATION_ASKED:
            await self._cancel(actor.account_id, signal)
        if consequence is not Consequence.KEEP:
            await self._commissions.stop(actor, _subject(signal), signal["id"], consequence)

    async def _cancel(self, account_id: int, signal: Row) -> None:
        filters = PurchaseFilters(person_id=signal["person_id"])
        for purchase in await self._purchases.page(account_id, filters, limit=MOST_OF_A_PERSON):
            if purchase.created_at <= signal["at"] and not purchase.is_cancelled:
                await self._purchases.cancel(account_id, purchase.id, Cancellation(source=TRACKER))


def _subject(signal: Row) -> Subject:
    """Tell whose commissions a signal is about: a purchase's, else a person's, else an affiliate's own."""
    if signal["purchase_id"] is not None:
        return Subject(purchase_id=signal["purchase_id"])
    if signal["person_id"] is not None:
        return Subject(person_id=signal["person_id"])
    return Subject(affiliate_id=signal["affiliate_id"])

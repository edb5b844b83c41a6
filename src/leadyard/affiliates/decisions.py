"""What follows for purchases when a person has decided about a signal."""

from leadyard.affiliates.following import TRACKER
from leadyard.affiliates.purchases.model import Cancellation, PurchaseFilters
from leadyard.affiliates.purchases.service import MOST_OF_A_PERSON, Purchases
from leadyard.storage.database import Row
from leadyard.tracking.fraud.model import SignalState

_CANCELLATION_ASKED = "cancellation_asked"


class Decisions:
    """Cancels what a page asked to cancel, once a person has confirmed the wish."""

    def __init__(self, purchases: Purchases) -> None:
        """Share the process's purchases."""
        self._purchases = purchases

    async def __call__(self, account_id: int, signal: Row, state: SignalState) -> None:
        """Do what a decision means; done twice it changes nothing more."""
        if signal["kind"] != _CANCELLATION_ASKED or state is not SignalState.CONFIRMED:
            return
        filters = PurchaseFilters(person_id=signal["person_id"])
        for purchase in await self._purchases.page(account_id, filters, limit=MOST_OF_A_PERSON):
            if purchase.created_at <= signal["at"] and not purchase.is_cancelled:
                await self._purchases.cancel(account_id, purchase.id, Cancellation(source=TRACKER))

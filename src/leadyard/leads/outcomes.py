"""What came of a change, and the words for changes that could not be made (docs/leadbyte.md, "Calls")."""

import msgspec

from leadyard.identity.model import Principal
from leadyard.leads.store import Limit

DONE = ""
NOT_FOUND = "Lead not found"
NOT_APPROVED = "Lead is not approved"
ALREADY_SOLD = "Already sold to this delivery"
OUTCOME_UNKNOWN = "This delivery may have the lead already"
NOT_UNKNOWN = "Attempt not unknown"
NOT_QUARANTINED = "Not in quarantine"
NOT_CHECKED = "Could not be checked"
NO_COSTS = "Test leads have no costs"


class Updated(msgspec.Struct, frozen=True):
    """What an update did: whether the lead is there, what was stored ("" = cleared), and a text per refused value."""

    found: bool
    stored: dict[str, str] = {}
    warnings: list[str] = []


def limit_of(principal: Principal) -> Limit:
    """Tell whose leads alone a key may touch."""
    return Limit(principal.key.supplier_id, principal.key.buyer_id)


def cannot_be_triggered(delivery_id: int) -> str:
    """Word the refusal of a delivery that is not this campaign's, not active, or not triggered by hand."""
    return f"Delivery {delivery_id} cannot be triggered"

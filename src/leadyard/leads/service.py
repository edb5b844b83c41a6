"""Reading, searching and changing leads by hand."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from leadyard.campaigns.configuration import Configuration
from leadyard.identity.model import Principal
from leadyard.intake.plan import Plans
from leadyard.leads.model import Lead
from leadyard.leads.views import LeadView
from leadyard.ledger.model import EntryKind
from leadyard.ledger.service import Ledger
from leadyard.storage.database import Database

NOT_FOUND = "Lead not found"
NOT_APPROVED = "Lead is not approved"
ALREADY_SOLD = "Already sold to this delivery"


class Updated(msgspec.Struct, frozen=True):
    """What an update did: whether the lead is there, what was stored ("" = cleared), and a text per refused value."""

    found: bool
    stored: dict[str, str] = {}
    warnings: list[str] = []


class Leads:
    """The use cases of leads of every account.

    Changes take the principal and keep to what its key may see: a Supplier key only its own leads, a Buyer key
    only leads that its buyer holds. Reads take the same limits as `supplier_id` and `buyer_id`. Permissions are
    checked by whoever calls. Results of changes map each id, in the order asked, to "" (done) or the reason
    why not.
    """

    def __init__(self, database: Database, configuration: Configuration, plans: Plans, ledger: Ledger) -> None:
        """Share the process's database, set-ups, compiled campaigns and ledger."""

    async def read(
        self,
        account_id: int,
        lead_ids: Sequence[int],
        *,
        supplier_id: int | None = None,
        buyer_id: int | None = None,
    ) -> dict[int, LeadView]:
        """Read leads of any system status with attempts and history; unknown and foreign ids are left out."""

    async def by_uuid(
        self,
        account_id: int,
        uuids: Sequence[UUID],
        *,
        supplier_id: int | None = None,
        buyer_id: int | None = None,
    ) -> dict[UUID, LeadView]:
        """Read leads by UUID as `read` does by id."""

    async def search(
        self,
        account_id: int,
        *,
        campaign_ids: Sequence[int] | None = None,
        emails: Sequence[str] = (),
        phones: Sequence[str] = (),
        received_after: datetime | None = None,
        supplier_id: int | None = None,
        most: int = 100,
    ) -> list[Lead]:
        """Find valid leads, no tests, by any of the e-mail addresses or telephone numbers, newest first.

        Addresses are compared without case, numbers in international form against phone1 to phone3; None for
        campaigns means all of them. Without any address or number nothing is found.
        """

    async def update(self, principal: Principal, lead_id: int, changes: Mapping[str, str]) -> Updated:
        """Store new values of a valid lead's fields; an empty one clears its field.

        A value that its field refuses, an unknown field or a cleared required one is not stored and gives a
        text in `warnings`.
        """

    async def trigger(self, principal: Principal, lead_id: int, delivery_ids: Sequence[int]) -> dict[int, str]:
        """Queue a valid lead for manually triggered deliveries of its campaign.

        By delivery id: "" (queued, also when it was already), `Delivery <id> cannot be triggered`,
        `Already sold to this delivery` or `Lead not found`.
        """

    async def reprocess(self, principal: Principal, lead_ids: Sequence[int]) -> dict[int, str]:
        """Queue valid leads for routing over the deliveries that have not taken them: "" or `Lead not found`."""

    async def change_financials(
        self,
        principal: Principal,
        lead_ids: Sequence[int],
        *,
        payout: int | None = None,
        revenue: int | None = None,
        buyer_id: int | None = None,
    ) -> dict[int, str]:
        """Replace payout and revenue, in micro-units, of sold leads: "", `Lead is not approved`, `Lead not found`.

        The revenue is booked to the buyer named, else to the buyer that holds the lead. Raises
        InvalidInputError for an unknown buyer, an amount below 0, or neither amount.
        """

    async def book_cost(self, principal: Principal, lead_id: int, kind: EntryKind, amount: int) -> str:
        """Add to what a check or message of a lead cost, in micro-units: "" or `Lead not found`.

        Raises InvalidInputError when the kind is no cost or the amount is not above 0.
        """

    async def resolve_unknown(
        self, principal: Principal, lead_id: int, number: int, *, accepted: bool, revenue: int | None = None
    ) -> str:
        """Say what became of an attempt whose outcome is unknown: "" (done), `Lead not found`, `Attempt not unknown`.

        Accepted books a sale, at the delivery's price unless `revenue` (micro-units) is given; otherwise the
        attempt counts as rejected and the lead goes on to the next delivery.
        """

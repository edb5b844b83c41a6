"""Reading, searching and changing leads by hand."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from leadyard.campaigns.configuration import Configuration
from leadyard.identity.model import Principal
from leadyard.intake.plan import Plans
from leadyard.kit import clock
from leadyard.leads import changes as making
from leadyard.leads import money, reading, store, unknowns
from leadyard.leads.financials import NewAmounts
from leadyard.leads.model import Lead, SystemStatus
from leadyard.leads.outcomes import (
    ALREADY_SOLD,
    DONE,
    NO_COSTS,
    NOT_APPROVED,
    NOT_FOUND,
    NOT_QUARANTINED,
    NOT_UNKNOWN,
    OUTCOME_UNKNOWN,
    Updated,
    cannot_be_triggered,
)
from leadyard.leads.reading import LeadFilter
from leadyard.leads.store import Limit
from leadyard.leads.unit import in_one_unit
from leadyard.leads.views import LeadView
from leadyard.ledger.model import Entry, EntryKind
from leadyard.ledger.service import Ledger, entries_of_lead
from leadyard.storage.database import Database

__all__ = [
    "ALREADY_SOLD",
    "DONE",
    "NOT_APPROVED",
    "NOT_FOUND",
    "NOT_QUARANTINED",
    "NOT_UNKNOWN",
    "NO_COSTS",
    "OUTCOME_UNKNOWN",
    "LeadFilter",
    "Leads",
    "Updated",
    "cannot_be_triggered",
]


class Leads:
    """The use cases of leads of every account.

    Changes take the principal and keep to what its key may see: a Supplier key only its own leads, a Buyer key
    only leads that its buyer holds. Reads take the same limits as `supplier_id` and `buyer_id`. Permissions are
    checked by whoever calls. Results of changes map each id, in the order asked, to "" (done) or the reason
    why not.
    """

    def __init__(
        self, database: Database, configuration: Configuration, plans: Plans, ledger: Ledger
    ) -> None:
        """Share the process's database, set-ups, compiled campaigns and ledger."""
        self._database = database
        self._configuration = configuration
        self._plans = plans
        self._ledger = ledger

    async def read(
        self,
        account_id: int,
        lead_ids: Sequence[int],
        *,
        supplier_id: int | None = None,
        buyer_id: int | None = None,
    ) -> dict[int, LeadView]:
        """Read leads of any system status with attempts and history; unknown and foreign ids are left out."""
        async with self._database.connection() as connection:
            found = await store.read(connection, account_id, lead_ids, Limit(supplier_id, buyer_id))
        return {stored.lead.id: reading.view_of(stored) for stored in found}

    async def by_uuid(
        self,
        account_id: int,
        uuids: Sequence[UUID],
        *,
        supplier_id: int | None = None,
        buyer_id: int | None = None,
    ) -> dict[UUID, LeadView]:
        """Read leads by UUID as `read` does by id."""
        async with self._database.connection() as connection:
            found = await store.by_uuid(connection, account_id, uuids, Limit(supplier_id, buyer_id))
        return {stored.lead.uuid: reading.view_of(stored) for stored in found}

    async def page(self, account_id: int, wanted: LeadFilter, *, most: int = 50) -> list[Lead]:
        """List leads of any status by falling id; the last id is the next page's `before_id`."""
        setup = await self._configuration.setup(account_id)
        async with self._database.connection() as connection:
            return await reading.page(connection, setup, wanted, most)

    async def entries(self, account_id: int, lead_id: int) -> list[Entry]:
        """Read what was booked for a lead, in the order of booking."""
        async with self._database.connection() as connection:
            return await entries_of_lead(connection, account_id, lead_id)

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
        setup = await self._configuration.setup(account_id)
        mails = reading.email_keys(emails)
        numbers = reading.phone_keys(phones, setup, campaign_ids)
        campaigns = None if campaign_ids is None else store.possible(campaign_ids)
        if not mails and not numbers:
            return []
        async with self._database.connection() as connection:
            return await store.search(
                connection, account_id, mails, numbers, campaigns, received_after, supplier_id, most
            )

    async def update(self, principal: Principal, lead_id: int, changes: Mapping[str, str]) -> Updated:
        """Store new values of a valid lead's fields; an empty one clears its field.

        A value that its field refuses, an unknown field or a cleared required one is not stored and gives a
        text in `warnings`.
        """
        setup = await self._configuration.current(principal.account_id)
        valid, now = SystemStatus.VALID, clock.now()
        return await in_one_unit(
            self._database,
            lambda connection: making.change_fields(
                connection, setup, self._plans, principal, lead_id, valid, changes, now
            ),
        )

    async def trigger(
        self, principal: Principal, lead_id: int, delivery_ids: Sequence[int]
    ) -> dict[int, str]:
        """Queue a valid lead for manually triggered deliveries of its campaign.

        By delivery id: "" (queued, also when it was already), `Delivery <id> cannot be triggered`,
        `Already sold to this delivery`, `This delivery may have the lead already`, `Lead not found` or
        `Test leads are not delivered`.
        """
        setup = await self._configuration.current(principal.account_id)
        now = clock.now()
        return await in_one_unit(
            self._database,
            lambda connection: making.trigger_deliveries(
                connection, setup, principal, lead_id, delivery_ids, now
            ),
        )

    async def reprocess(self, principal: Principal, lead_ids: Sequence[int]) -> dict[int, str]:
        """Queue valid leads for routing over the deliveries that have not taken them.

        Gives "", `Lead not found` or `Test leads are not delivered` for each.
        """
        now = clock.now()
        return await in_one_unit(
            self._database, lambda connection: making.queue_again(connection, principal, lead_ids, now)
        )

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

        The difference in revenue is booked to the buyer named, else to the one that bought last. Raises
        InvalidInputError for an unknown buyer, an amount below 0, or neither amount.
        """
        setup = await self._configuration.current(principal.account_id)
        wanted = NewAmounts(payout, revenue, buyer_id)
        money.require_amounts(setup, wanted)
        ids = await self._ledger.reserve_ids({principal.account_id: len(lead_ids)})
        now = clock.now()
        return await in_one_unit(
            self._database,
            lambda connection: money.replace_amounts(
                connection, self._ledger, ids, principal, lead_ids, wanted, now
            ),
        )

    async def book_cost(self, principal: Principal, lead_id: int, kind: EntryKind, amount: int) -> str:
        """Add to what a check or message of a lead cost, in micro-units.

        Gives "", `Lead not found` or `Test leads have no costs`. Raises InvalidInputError when the kind is no
        cost or the amount is not above 0.
        """
        money.require_cost(kind, amount)
        ids = await self._ledger.reserve_ids({principal.account_id: 1})
        now = clock.now()
        return await in_one_unit(
            self._database,
            lambda connection: money.book_cost(
                connection, self._ledger, ids, principal, lead_id, kind, amount, now
            ),
        )

    async def resolve_unknown(
        self, principal: Principal, lead_id: int, number: int, *, accepted: bool, revenue: int | None = None
    ) -> str:
        """Say what became of an attempt whose outcome is unknown: "" (done), `Lead not found`, `Attempt not unknown`.

        Accepted books a sale, at the delivery's price unless `revenue` (micro-units) is given; otherwise the
        attempt counts as rejected and the lead goes on to the next delivery. Raises InvalidInputError for a
        revenue that cannot be booked.
        """
        finding = unknowns.Finding(lead_id, number, accepted, revenue)
        unknowns.require_finding(finding)
        setup = await self._configuration.current(principal.account_id)
        ids = await self._ledger.reserve_ids({principal.account_id: 3})
        now = clock.now()
        return await in_one_unit(
            self._database,
            lambda connection: unknowns.resolve(
                connection, setup, self._ledger, ids, principal, finding, now
            ),
        )

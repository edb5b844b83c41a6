"""Returning, assigning and commenting on leads that were sold."""

from collections.abc import Sequence
from datetime import datetime

from leadyard.campaigns.configuration import AccountSetup, Configuration
from leadyard.identity.model import Principal
from leadyard.kit import clock
from leadyard.kit.errors import InvalidInputError, NotFoundError
from leadyard.leads.after_sale import store
from leadyard.leads.after_sale.assigning import AssignmentUnit
from leadyard.leads.after_sale.commenting import INTERNAL, give_feedback
from leadyard.leads.after_sale.model import (
    ALREADY_RETURNED,
    Ask,
    Feedback,
    LeadReturn,
    ReturnState,
)
from leadyard.leads.after_sale.returns import ReturnUnit
from leadyard.leads.after_sale.rules import known_reasons
from leadyard.leads.outcomes import DONE
from leadyard.leads.store import possible
from leadyard.leads.unit import in_one_unit
from leadyard.ledger.service import Ledger, ReservedIds
from leadyard.storage.database import LARGEST_ID, Database

LONGEST_FEEDBACK = 255
LONGEST_NOTES = 10_000


class AfterSale:
    """The use cases of sold leads of every account.

    Results of changes map each id, in the order asked, to "" (done) or the reason why not. A Buyer key acts for its
    own buyer alone. Permissions are checked by whoever calls.
    """

    def __init__(self, database: Database, configuration: Configuration, ledger: Ledger) -> None:
        """Share the process's database, set-ups and ledger."""
        self._database = database
        self._configuration = configuration
        self._ledger = ledger

    async def return_leads(self, principal: Principal, lead_ids: Sequence[int], ask: Ask) -> dict[int, str]:
        """Return a buyer's leads, or queue them where the buyer or delivery wants approval: both are done.

        Otherwise `Lead not found`, `Lead is not approved`, `Lead was not sold to this buyer`, `Already returned`,
        `Return already queued`, `Return reason is not known`, `Return limit reached` or that the sale is too long ago.
        """
        setup, now = await self._configuration.current(principal.account_id), clock.now()
        ids = await self._ledger.reserve_ids({principal.account_id: len(lead_ids)})
        return await in_one_unit(
            self._database,
            lambda connection: self._returns(setup, ids, principal, now).ask(connection, lead_ids, ask),
        )

    async def approve_return(self, principal: Principal, return_id: int) -> str:
        """Make a return that was queued, whatever its limits; raises NotFoundError, gives why not or ""."""
        asked = await self.read_return(principal, return_id)
        setup, now = await self._configuration.current(principal.account_id), clock.now()
        ids = await self._ledger.reserve_ids({principal.account_id: 1})
        return await in_one_unit(
            self._database,
            lambda connection: self._returns(setup, ids, principal, now).approve(connection, asked),
        )

    async def refuse_return(self, principal: Principal, return_id: int) -> str:
        """Refuse a return that was queued; raises NotFoundError, gives why not or ""."""
        asked = await self.read_return(principal, return_id)
        setup, now = await self._configuration.current(principal.account_id), clock.now()
        none = ReservedIds({})
        refused = await in_one_unit(
            self._database,
            lambda connection: self._returns(setup, none, principal, now).refuse(connection, asked),
        )
        return DONE if refused else ALREADY_RETURNED

    async def read_return(self, principal: Principal, return_id: int) -> LeadReturn:
        """Read a return, of its own buyer for a Buyer key; raises NotFoundError."""
        async with self._database.connection() as connection:
            found = await store.find_return(connection, principal.account_id, min(return_id, LARGEST_ID))
        own = principal.key.buyer_id
        if found is None or own not in {None, found.buyer_id}:
            raise NotFoundError("There is no such return.")
        return found

    async def returns(
        self,
        principal: Principal,
        *,
        state: ReturnState | None = None,
        buyer_id: int | None = None,
        lead_id: int | None = None,
        before_id: int | None = None,
        most: int = 50,
    ) -> list[LeadReturn]:
        """List returns by falling id, of its own buyer alone for a Buyer key."""
        wanted = principal.key.buyer_id or buyer_id
        async with self._database.connection() as connection:
            return await store.returns_page(
                connection, principal.account_id, state, wanted, lead_id, before_id, most
            )

    async def reasons(self, account_id: int) -> dict[str, str]:
        """Give the return reasons that may be used, code to label."""
        async with self._database.connection() as connection:
            return known_reasons(await store.own_reasons(connection, account_id))

    async def assign(
        self, principal: Principal, lead_ids: Sequence[int], delivery_id: int, *, tell: bool = True
    ) -> dict[int, str]:
        """Sell leads to a delivery's buyer at its revenue without sending them; `tell` is for webhooks.

        Whoever had a lead before is charged nothing for it any more. Otherwise `Lead not found`,
        `Delivery not found`, `Already assigned to this delivery`, that the delivery is another campaign's, may have
        the lead already, or that a worker is just delivering it.
        """
        setup, now = await self._configuration.current(principal.account_id), clock.now()
        ids = await self._ledger.reserve_ids({principal.account_id: 2 * len(lead_ids)})
        return await in_one_unit(
            self._database,
            lambda connection: AssignmentUnit(setup, self._ledger, ids, principal, now).assign(
                connection, lead_ids, delivery_id, tell=tell
            ),
        )

    async def give_feedback(
        self,
        principal: Principal,
        lead_ids: Sequence[int],
        buyer_id: int | None,
        feedback: str,
        notes: str = "",
        *,
        overwrite: bool = True,
    ) -> dict[int, str]:
        """Keep what a buyer says of leads it got, or what our own people say (no buyer), in place of any before.

        Otherwise `Lead not found`, `Lead was not sold to this buyer`, or `Feedback already present`. Raises
        InvalidInputError when there is nothing said, or too much.
        """
        require_feedback(feedback, notes)
        setup, now = await self._configuration.current(principal.account_id), clock.now()
        said = Feedback(0, buyer_id or INTERNAL, feedback.strip(), notes.strip(), now, principal.actor)
        return await in_one_unit(
            self._database,
            lambda connection: give_feedback(
                connection, setup, principal, lead_ids, said, now, overwrite=overwrite
            ),
        )

    async def feedback(
        self, principal: Principal, lead_ids: Sequence[int], *, internal: bool = False
    ) -> dict[int, list[Feedback]]:
        """Read what was said of leads; a Buyer key reads its own buyer's words alone, `internal` adds our own."""
        own = principal.key.buyer_id
        async with self._database.connection() as connection:
            found = await store.feedback(connection, principal.account_id, possible(lead_ids), own)
        return {
            lead_id: [one for one in said if internal or one.buyer_id != INTERNAL]
            for lead_id, said in found.items()
        }

    def _returns(
        self, setup: AccountSetup, ids: ReservedIds, principal: Principal, now: datetime
    ) -> ReturnUnit:
        return ReturnUnit(setup, self._ledger, ids, principal, now)


def require_feedback(feedback: str, notes: str) -> None:
    """Refuse feedback that says nothing, or too much; raises InvalidInputError."""
    if not feedback.strip() or len(feedback) > LONGEST_FEEDBACK:
        raise InvalidInputError.of("feedback", f"must have 1 to {LONGEST_FEEDBACK} characters")
    if len(notes) > LONGEST_NOTES:
        raise InvalidInputError.of("notes", f"must have at most {LONGEST_NOTES} characters")

"""Who takes the rows of which kind of file."""

from leadyard.campaigns.configuration import AccountSetup, Configuration
from leadyard.identity.model import Principal
from leadyard.imports.files.model import ImportFileError
from leadyard.imports.finding import buyer_named
from leadyard.imports.leads import LeadTaker, plan_of
from leadyard.imports.model import ImportKind, ImportOrder, ImportRun, Taker
from leadyard.imports.sold_leads import FeedbackTaker, ReturnTaker, SoldLeads
from leadyard.intake.plan import Plans
from leadyard.intake.service import Intake
from leadyard.leads.service import Leads
from leadyard.ledger.service import Ledger
from leadyard.storage.database import Database


class Takers:
    """Makes what takes rows over one process's use cases."""

    def __init__(
        self, database: Database, configuration: Configuration, plans: Plans, ledger: Ledger, intake: Intake
    ) -> None:
        """Share the process's database, set-ups, compiled campaigns, ledger and intake."""
        leads = Leads(database, configuration, plans, ledger)
        self._sold = SoldLeads(database, configuration, ledger, leads)
        self._plans = plans
        self._intake = intake

    def of(self, setup: AccountSetup, run: ImportRun, principal: Principal) -> Taker:
        """Make who takes the rows of a run on somebody's behalf; raises ImportFileError."""
        require_known(setup, run.order)
        if run.order.kind is ImportKind.LEADS:
            plan = plan_of(setup, self._plans, run.order)
            return LeadTaker(self._intake, plan, run, principal.key.supplier_id)
        if run.order.kind is ImportKind.RETURNS:
            return ReturnTaker(self._sold, run, principal)
        return FeedbackTaker(self._sold, run, principal)


def require_known(setup: AccountSetup, order: ImportOrder) -> None:
    """Refuse an order for a campaign or a buyer that is not there; raises ImportFileError."""
    needs_campaign = order.kind is ImportKind.LEADS or order.campaign
    if needs_campaign and setup.campaign(order.campaign) is None:
        raise ImportFileError(f"There is no campaign {order.campaign}")
    if order.buyer and not buyer_named(setup, order.buyer):
        raise ImportFileError(f"There is no buyer {order.buyer}")

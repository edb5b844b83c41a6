"""The page to which whoever filled in a form is sent once its lead is decided."""

from leadyard.campaigns.model import Campaign
from leadyard.leads.model import APPROVED_STATES, Lead, SaleStatus, SystemStatus
from leadyard.leads.views import LeadView

_SOLD = frozenset({SaleStatus.SOLD, SaleStatus.ASSIGNED})


def landing_page(view: LeadView, campaign: Campaign | None) -> str:
    """Give the page that the buyer named, else the campaign's for sold or unsold leads; empty while the sale is open.

    Of several buyers the first in the order of the attempts counts. A test lands as if it were sold.
    """
    settings = None if campaign is None else campaign.settings
    if _is_sold(view.lead):
        buyers = (one for one in view.attempts if one.trace and one.state in APPROVED_STATES)
        named = (one.trace.get("redirect_url") for one in buyers if one.trace)
        return next((str(page) for page in named if page), "" if settings is None else settings.sold_url)
    is_unsold = view.lead.sale_status is SaleStatus.UNSOLD
    return settings.unsold_url if settings is not None and is_unsold else ""


def _is_sold(lead: Lead) -> bool:
    return lead.sale_status in _SOLD or (lead.is_test and lead.system_status is SystemStatus.VALID)

"""What a campaign pays, and what a buyer pays for its leads."""

from leadyard.campaigns.model import AcceptOn, Campaign, Payout, PayoutKind
from leadyard.kit.money import set_micros, share


def payout_terms(campaign: Campaign, supplier_id: int | None) -> Payout:
    """Find what the campaign pays this supplier: its own terms before the campaign's."""
    terms = None if supplier_id is None else campaign.suppliers.get(supplier_id)
    return campaign.settings.payout if terms is None or terms.payout is None else terms.payout


def sale_payout(campaign: Campaign, supplier_id: int | None, revenue: int) -> int:
    """Work out what the supplier of a sold lead is paid, in micro-units, on Buyer Delivery Accept."""
    if supplier_id is None or campaign.settings.accept_on is not AcceptOn.BUYER:
        return 0
    payout = payout_terms(campaign, supplier_id)
    return set_micros(payout.amount) if payout.kind is PayoutKind.FIXED else share(revenue, payout.amount)


def system_payout(campaign: Campaign, supplier_id: int | None) -> int:
    """Work out the payout of a valid lead on System Accept, in micro-units; a lead that nobody sent earns none."""
    payout = payout_terms(campaign, supplier_id)
    on_system = campaign.settings.accept_on is AcceptOn.SYSTEM
    if supplier_id is None or not on_system or payout.kind is not PayoutKind.FIXED:
        return 0
    return set_micros(payout.amount)

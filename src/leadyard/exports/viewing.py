"""Who looks at an export: what a key may see of the leads that are in it."""

from collections.abc import Sequence
from enum import Flag, auto

import msgspec

from leadyard.campaigns.configuration import AccountSetup
from leadyard.campaigns.model import Campaign
from leadyard.identity.model import Principal
from leadyard.leads.masking import hidden_fields


class Side(Flag):
    """On which side of a sale somebody stands."""

    OPERATOR = auto()
    SUPPLIER = auto()
    BUYER = auto()


class View(msgspec.Struct, frozen=True):
    """One account as the holder of a key may see it."""

    setup: AccountSetup
    principal: Principal

    @property
    def supplier_id(self) -> int | None:
        """The only supplier whose leads may be seen."""
        return self.principal.key.supplier_id

    @property
    def buyer_id(self) -> int | None:
        """The only buyer whose leads may be seen."""
        return self.principal.key.buyer_id

    @property
    def side(self) -> Side:
        """Tell whose the key is."""
        if self.supplier_id is not None:
            return Side.SUPPLIER
        return Side.OPERATOR if self.buyer_id is None else Side.BUYER

    def campaigns(self, only: int | None) -> Sequence[Campaign]:
        """Give the campaigns that the key has part in, or the one of them that is asked for."""
        return [
            campaign
            for campaign in self.setup.campaigns.values()
            if only in {None, campaign.id} and self._takes_part(campaign)
        ]

    def hidden(self, campaign_id: int) -> frozenset[str]:
        """Name the fields of a campaign whose values are masked."""
        return hidden_fields(self.setup, campaign_id, self.principal)

    def _takes_part(self, campaign: Campaign) -> bool:
        if self.side is Side.SUPPLIER:
            return self.supplier_id in campaign.suppliers
        if self.side is Side.BUYER:
            return any(delivery.buyer_id == self.buyer_id for delivery in campaign.deliveries)
        return True

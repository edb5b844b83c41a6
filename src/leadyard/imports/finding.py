"""Which lead and which buyer a row of returns or feedback means."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec

from leadyard.campaigns.configuration import AccountSetup
from leadyard.identity.model import Principal
from leadyard.imports.mapping import ImportRow
from leadyard.imports.model import ImportOrder
from leadyard.kit.ids import read_queue_id
from leadyard.leads.after_sale.assigning import find_delivery
from leadyard.leads.outcomes import NOT_FOUND
from leadyard.leads.service import Leads
from leadyard.leads.views import LeadView

LEAD_COLUMNS = [
    ("lead_id", "Lead"),
    ("queue_id", "Queue"),
    ("uuid", "UUID"),
    ("email", "Email address"),
    ("campaign", "Campaign reference"),
]
BUYER_COLUMNS = [("bid", "Buyer"), ("buyer_id", "Buyer number"), ("delivery_id", "Delivery")]
NO_BUYER = "The row names no buyer"
_LONGEST_ID = 18


class RowError(Exception):
    """A row that does not say what it means; the message is for whoever reads the error file."""


class Meant(msgspec.Struct, frozen=True):
    """What a row names: a lead, and a buyer (None: none)."""

    lead_id: int
    buyer_id: int | None


class Finder:
    """Finds leads and buyers for the rows of one account, within what a key may see."""

    def __init__(self, leads: Leads, principal: Principal, order: ImportOrder) -> None:
        """Take who reads leads, who asks, and what counts for rows that say nothing."""
        self._leads = leads
        self._principal = principal
        self._order = order

    async def find(self, setup: AccountSetup, row: ImportRow) -> Meant:
        """Find what a row means; raises RowError."""
        buyer_id = self._buyer(setup, row.values)
        lead_id, view = await self._lead(setup, row.values, buyer_id)
        delivery = row.values.get("delivery_id")
        if delivery:
            view = view or (await self._views([lead_id])).get(lead_id)
            if view is None:
                raise RowError(NOT_FOUND)
            if not any(attempt.delivery_id == int(delivery) for attempt in view.attempts):
                raise RowError("The lead was not sold by this delivery")
        return Meant(lead_id, buyer_id)

    async def _lead(
        self, setup: AccountSetup, values: Mapping[str, str], buyer_id: int | None
    ) -> tuple[int, LeadView | None]:
        number = _number(values, "lead_id")
        uuid = _uuid(values)
        if uuid is not None:
            view = await self._by_uuid(uuid)
            if number not in {None, view.lead.id}:
                raise RowError("The columns name different leads")
            return view.lead.id, view
        if number is not None:
            return number, None
        if values.get("email"):
            view = await self._by_email(setup, values, buyer_id)
            return view.lead.id, view
        raise RowError("The row names no lead")

    async def _by_uuid(self, uuid: UUID) -> LeadView:
        key = self._principal.key
        found = await self._leads.by_uuid(
            self._principal.account_id, [uuid], supplier_id=key.supplier_id, buyer_id=key.buyer_id
        )
        if uuid not in found:
            raise RowError(NOT_FOUND)
        return found[uuid]

    async def _by_email(
        self, setup: AccountSetup, values: Mapping[str, str], buyer_id: int | None
    ) -> LeadView:
        named = values.get("campaign") or self._order.campaign
        campaign = setup.campaign(named)
        if campaign is None:
            raise RowError("The campaign is not known" if named else "An e-mail address needs a campaign")
        found = await self._leads.search(
            self._principal.account_id, campaign_ids=[campaign.id], emails=[values["email"]]
        )
        views = list((await self._views([lead.id for lead in found])).values())
        bought = [v for v in views if any(attempt.buyer_id == buyer_id for attempt in v.attempts)]
        candidates = bought or views
        if not candidates:
            raise RowError(NOT_FOUND)
        if len(candidates) > 1:
            numbers = ", ".join(str(number) for number in sorted(v.lead.id for v in candidates))
            raise RowError(f"Several leads of the campaign have this e-mail address: {numbers}")
        return candidates[0]

    async def _views(self, lead_ids: Sequence[int]) -> Mapping[int, LeadView]:
        key = self._principal.key
        return await self._leads.read(
            self._principal.account_id, lead_ids, supplier_id=key.supplier_id, buyer_id=key.buyer_id
        )

    def _buyer(self, setup: AccountSetup, values: Mapping[str, str]) -> int | None:
        key = self._principal.key
        delivery_id = _number(values, "delivery_id")
        found = None if delivery_id is None else find_delivery(setup, delivery_id)
        if delivery_id is not None and found is None:
            raise RowError("The delivery is not known")
        fixed = key.buyer_id or key.settings.lead_return.buyer_id
        if fixed is not None:
            return fixed
        named = set() if found is None else {found[1].buyer_id}
        if values.get("bid"):
            named.add(buyer_named(setup, values["bid"]))
        number = _number(values, "buyer_id")
        if number is not None:
            named.add(number)
        if len(named) > 1:
            raise RowError("The columns name different buyers")
        if not named and self._order.buyer:
            named.add(buyer_named(setup, self._order.buyer))
        if not named and any(name in values for name, _ in BUYER_COLUMNS):
            raise RowError(NO_BUYER)
        buyer_id = named.pop() if named else None
        if buyer_id is not None and buyer_id not in setup.buyers:
            raise RowError("The buyer is not known")
        return buyer_id


def buyer_named(setup: AccountSetup, text: str) -> int:
    """Find a buyer by its BID; 0 when there is none."""
    return setup.buyer_ids.get(text, 0)


def yes_or_no(values: Mapping[str, str], name: str, otherwise: bool) -> bool:
    """Read a column that says yes or no; raises RowError."""
    text = values.get(name, "").casefold()
    if text in {"yes", "y", "true", "1"}:
        return True
    if text in {"no", "n", "false", "0"}:
        return False
    if text:
        raise RowError(f"{name} must be Yes or No")
    return otherwise


def _number(values: Mapping[str, str], name: str) -> int | None:
    text = values.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_ID and int(text)):
        raise RowError(f"{name} is not an id")
    return int(text)


def _uuid(values: Mapping[str, str]) -> UUID | None:
    named = set()
    if values.get("queue_id"):
        named.add(read_queue_id(values["queue_id"]))
    if values.get("uuid"):
        try:
            named.add(UUID(values["uuid"]))
        except ValueError:
            named.add(None)
    if None in named:
        raise RowError(NOT_FOUND)
    if len(named) > 1:
        raise RowError("The columns name different leads")
    return named.pop() if named else None

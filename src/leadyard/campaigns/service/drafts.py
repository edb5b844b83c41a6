"""A set-up that is only tried: merge patches over the current one, checked like changes, and never written."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from leadyard.campaigns.checks import payout_problems
from leadyard.campaigns.configuration import AccountSetup
from leadyard.campaigns.inputs import BuyerInput, CampaignInput, DeliveryInput
from leadyard.campaigns.model import Buyer, Campaign, Delivery, SupplierTerms
from leadyard.campaigns.rule_checks import rules_of_payout
from leadyard.campaigns.rules import lists_used
from leadyard.campaigns.service.buyers import buyers
from leadyard.campaigns.service.campaigns import campaigns
from leadyard.campaigns.service.deliveries import deliveries
from leadyard.campaigns.service.noun import Noun
from leadyard.campaigns.service.rules import problems_of_rules
from leadyard.campaigns.store.value_lists import load_value_lists
from leadyard.kit.documents import merged, read
from leadyard.kit.errors import FieldProblem, InvalidInputError
from leadyard.kit.masking import restored
from leadyard.storage.database import Connection

InputT = TypeVar("InputT", bound=msgspec.Struct)
ResultT = TypeVar("ResultT")

Patch = Annotated[dict[str, Any], Meta(description="A merge patch (RFC 7396) over the current values.")]


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What a draft changes of a delivery or a buyer."""

    settings: Patch = {}
    status: str | None = None

    @property
    def patch(self) -> dict[str, Any]:
        """Give the change as a merge patch over the input form."""
        return {"settings": self.settings} | ({} if self.status is None else {"status": self.status})


class CampaignChange(Change, frozen=True, kw_only=True):
    """What a draft changes of a campaign, and of its suppliers' terms by `sid`."""

    terms: dict[str, Patch] = {}


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """Changes by a campaign's reference or id, a delivery's id, and a buyer's bid."""

    campaigns: dict[str, CampaignChange] = {}
    deliveries: dict[str, Change] = {}
    buyers: dict[str, Change] = {}


async def drafted(connection: Connection, setup: AccountSetup, document: object) -> AccountSetup:
    """Give the set-up as a draft would make it; nothing is written.

    Raises InvalidInputError with every problem, each with its place in the draft.
    """
    draft = read(document, Draft)
    drafter = _Drafter(connection, setup)
    for bid, change in draft.buyers.items():
        await drafter.buyer(bid, change)
    for number, change in draft.deliveries.items():
        await drafter.delivery(number, change)
    for reference, of_campaign in draft.campaigns.items():
        await drafter.campaign(reference, of_campaign)
    if drafter.problems:
        raise InvalidInputError(drafter.problems)
    return await drafter.setup()


class _Drafter:
    """Puts a draft together, collecting everything that is wrong with it."""

    def __init__(self, connection: Connection, setup: AccountSetup) -> None:
        self._connection = connection
        self._setup = setup
        self._campaigns = dict(setup.campaigns)
        self._buyers = dict(setup.buyers)
        self._deliveries = {d.id: d for c in setup.campaigns.values() for d in c.deliveries}
        self.problems: list[FieldProblem] = []

    async def setup(self) -> AccountSetup:
        """Give the whole, with the value lists that its rules name; deliveries are in order of priority."""
        for id_, campaign in self._campaigns.items():
            own = [self._deliveries[delivery.id] for delivery in campaign.deliveries]
            own.sort(key=lambda delivery: (delivery.settings.priority, delivery.id))
            self._campaigns[id_] = msgspec.structs.replace(campaign, deliveries=tuple(own))
        setup, wanted = self._setup, lists_used(self._campaigns.values())
        lists = await load_value_lists(self._connection, setup.account.id, wanted, setup.value_lists)
        return msgspec.structs.replace(
            setup, campaigns=self._campaigns, buyers=self._buyers, value_lists=lists, compiled_rules={}
        )

    async def buyer(self, bid: str, change: Change) -> None:
        """Change a buyer."""
        place = f"buyers.{bid}"
        buyer_id = self._setup.buyer_ids.get(bid)
        if buyer_id is None:
            self._unknown(place, "buyer")
            return
        old = self._buyers[buyer_id]
        form = BuyerInput(company=old.company, bid=old.bid, status=old.status, settings=old.settings)
        wanted = await self._checked(place, buyers, old.id, form, change)
        if wanted is not None:
            self._buyers[buyer_id] = Buyer(old.id, old.bid, old.company, wanted.status, wanted.settings)

    async def delivery(self, number: str, change: Change) -> None:
        """Change a delivery."""
        place = f"deliveries.{number}"
        old = self._deliveries.get(int(number)) if number.isascii() and number.isdigit() else None
        if old is None:
            self._unknown(place, "delivery")
            return
        form = DeliveryInput(
            campaign_id=old.campaign_id, buyer_id=old.buyer_id, reference=old.reference,
            status=old.status, settings=old.settings,
        )  # fmt: skip
        wanted = await self._checked(place, deliveries, old.id, form, change)
        if wanted is not None:
            self._deliveries[old.id] = Delivery(
                old.id, old.campaign_id, old.buyer_id, old.reference, wanted.status, wanted.settings
            )

    async def campaign(self, reference: str, change: CampaignChange) -> None:
        """Change a campaign and the terms of its suppliers."""
        place = f"campaigns.{reference}"
        known = self._setup.campaign(reference)
        if known is None:
            self._unknown(place, "campaign")
            return
        old = self._campaigns[known.id]
        form = CampaignInput(
            reference=old.reference,
            name=old.name,
            status=old.status,
            settings=old.settings,
            fields=old.fields,
        )
        wanted = await self._checked(place, campaigns, old.id, form, change)
        if wanted is not None:
            old = msgspec.structs.replace(old, status=wanted.status, settings=wanted.settings)
        terms = dict(old.suppliers)
        for sid, patch in change.terms.items():
            await self._terms(f"{place}.terms.{sid}", old, terms, sid, patch)
        self._campaigns[old.id] = msgspec.structs.replace(old, suppliers=terms)

    async def _terms(
        self, place: str, campaign: Campaign, terms: dict[int, SupplierTerms], sid: str, patch: Patch
    ) -> None:
        supplier_id = self._setup.supplier_ids.get(sid)
        if supplier_id is None or supplier_id not in terms:
            self._unknown(place, "supplier of the campaign")
            return
        old, account_id = terms[supplier_id], self._setup.account.id

        async def made() -> SupplierTerms:
            wanted = read(merged(msgspec.to_builtins(old), patch), SupplierTerms)
            placed = rules_of_payout("payout", wanted.payout)
            problems = payout_problems("payout", wanted.payout)
            problems += await problems_of_rules(self._connection, account_id, placed, campaign.fields)
            if problems:
                raise InvalidInputError(problems)
            return wanted

        found = await self._placed(place, made)
        if found is not None:
            terms[supplier_id] = found

    async def _checked(
        self, place: str, noun: Noun[InputT, Any], row_id: int, form: InputT, change: Change
    ) -> InputT | None:
        """Patch an input form and check it as a change is checked; None when something is wrong."""
        known = msgspec.to_builtins(form)

        async def made() -> InputT:
            document = restored(merged(known, change.patch), known, noun.input)
            wanted = read(document, noun.input)
            problems = noun.problems(wanted)
            problems += await noun.missing(self._connection, self._setup.account.id, wanted)
            problems += await noun.misplaced(self._connection, self._setup.account.id, row_id, wanted)
            if problems:
                raise InvalidInputError(problems)
            return wanted

        return await self._placed(place, made)

    async def _placed(self, place: str, made: Callable[[], Awaitable[ResultT]]) -> ResultT | None:
        try:
            return await made()
        except InvalidInputError as error:
            self.problems += [
                FieldProblem(f"{place}.{p.field}" if p.field else place, p.detail) for p in error.problems
            ]
            return None

    def _unknown(self, place: str, what: str) -> None:
        self.problems.append(FieldProblem(place, f"there is no such {what}"))

"""What the own API takes to find and change leads."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta

from leadyard.campaigns.model import Money
from leadyard.kit.money import to_micros
from leadyard.leads.api.records import SaleWord, StatusWord
from leadyard.leads.model import AttemptState, SaleStatus, SystemStatus
from leadyard.leads.reading import LeadFilter
from leadyard.ledger.model import EntryKind
from leadyard.own_api.operation import LARGEST_ID, Call, PageSize, Parameter

Id = Annotated[int, Meta(ge=1, le=LARGEST_ID)]
Text = Annotated[str, Meta(max_length=320)]
Moment = Annotated[datetime, Meta(tz=True)]

PAGING = (
    Parameter("before", Id, "Only leads with a smaller id: the `next_before` of the page before."),
    Parameter("per_page", PageSize, "How many leads on a page.", 50),
)
FILTERS = (
    Parameter("campaign_id", Id, "Only leads of this campaign."),
    Parameter("supplier_id", Id, "Only leads of this supplier."),
    Parameter("buyer_id", Id, "Only leads that this buyer has, or had until it returned them."),
    Parameter("status", StatusWord, "Only leads with this status."),
    Parameter("sale_status", SaleWord, "Only leads whose sale stands so."),
    Parameter(
        "attempt",
        Literal["unknown"],
        "Only leads with an attempt whose outcome is unknown: the buyer may have the lead.",
    ),
    Parameter("email", Text, "Only leads with this e-mail address, in any case."),
    Parameter("phone", Text, "Only leads with this telephone number, however it is written."),
    Parameter("received_from", Moment, "Only leads received at or after this instant, given with its zone."),
    Parameter("received_to", Moment, "Only leads received before this instant, given with its zone."),
)


class FieldChanges(msgspec.Struct, frozen=True):
    """New values by field name; an empty text clears a field."""

    fields: Annotated[dict[str, str], Meta(min_length=1, max_length=500)]


class FieldsChanged(msgspec.Struct, frozen=True):
    """What was stored, and a text for each value that was refused."""

    stored: dict[str, str]
    warnings: list[str]


class Finding(msgspec.Struct, frozen=True):
    """What became of an attempt; without a revenue a sale counts at the delivery's price."""

    accepted: bool
    revenue: Money | None = None


class NewCost(msgspec.Struct, frozen=True):
    """What a check or a message cost, in the lead's currency."""

    kind: Literal["validation", "email", "sms"]
    amount: Money

    @property
    def entry_kind(self) -> EntryKind:
        """Tell how the ledger names it."""
        return EntryKind(f"{self.kind}_cost")


class NewFinancials(msgspec.Struct, frozen=True):
    """Moneys that replace the lead's; absent ones stay."""

    payout: Money | None = None
    revenue: Money | None = None
    buyer_id: Id | None = None


def micros(amount: Decimal | None) -> int | None:
    """Turn an amount into micro-units."""
    return None if amount is None else to_micros(amount)


def filter_of(call: Call, **fixed: Any) -> LeadFilter:
    """Read which leads are asked for."""
    wanted = {parameter.name: call.query.get(parameter.name) for parameter in FILTERS}
    wanted["status"] = _named(SystemStatus, wanted["status"])
    wanted["sale_status"] = _named(SaleStatus, wanted["sale_status"])
    wanted["attempt"] = _named(AttemptState, wanted["attempt"])
    wanted["system_status"] = wanted.pop("status")
    wanted["before_id"] = call.query.get("before")
    return LeadFilter(**{**wanted, **fixed})


_StateT = TypeVar("_StateT", SystemStatus, SaleStatus, AttemptState)


def _named(kind: type[_StateT], word: str | None) -> _StateT | None:
    return None if word is None else kind[word.upper()]

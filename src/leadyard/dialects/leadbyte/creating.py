"""POST /deliveries/create and /buyers/create (docs/leadbyte.md, "Calls")."""

import re
from decimal import Decimal
from typing import Any

import msgspec

from leadyard.campaigns.configuration import AccountSetup
from leadyard.campaigns.distribution import Method
from leadyard.campaigns.inputs import BuyerInput
from leadyard.campaigns.model import (
    BuyerSettings,
    Campaign,
    DeliveryKind,
    DeliveryStatus,
    Status,
)
from leadyard.campaigns.service import Onboarding, Person, onboard
from leadyard.delivery.account_carriers import mail_server_of, sms_gateway_of
from leadyard.dialects.leadbyte.call import Answer, Call
from leadyard.dialects.leadbyte.naming import squeeze
from leadyard.dialects.leadbyte.rules import read_rules
from leadyard.dialects.leadbyte.values import NotPlainError, UnreadableError, as_text, yes
from leadyard.identity.actor import Actor
from leadyard.identity.model import Permission
from leadyard.kit.errors import InvalidInputError
from leadyard.kit.money import BadAmountError, parse_amount

_KINDS = {"storelead": DeliveryKind.STORE, "email": DeliveryKind.EMAIL, "sms": DeliveryKind.SMS}
_NOT_EVEN = "The campaign is not Evenly Weighted: the delivery was created Inactive"
_NO_MAIL_SERVER = "The account has no active mail server: the delivery was created Inactive"
_NO_SMS_GATEWAY = "The account has no active SMS gateway: the delivery was created Inactive"
_KNOWN_PERSON = "Somebody signs in with this email already: no user was made for the buyer"
_NO_BUYER = 0
_ADDRESS = re.compile(r"[^@\s,]+@[^@\s,]+\.[^@\s,]+").fullmatch
_NUMBER = re.compile(r"\+?[0-9][0-9 ()-]{5,18}[0-9]").fullmatch
_REFERENCES = ("external_ref", "external_ref_2", "external_ref_3", "external_ref_4", "external_ref_5")
_PLACES = ("street1", "towncity", "county", "postcode", "phone", *_REFERENCES)


class _NewDelivery(msgspec.Struct, frozen=True):
    """A delivery to make, and what the caller has to be told about it."""

    document: dict[str, Any]
    credit: Decimal
    warnings: list[str]


async def create_delivery(call: Call) -> Answer:
    """Make a delivery and, if asked for, its buyer; all of it or nothing."""
    makes_buyer = yes(call.members.get("create_buyer"))
    if makes_buyer:
        call.require(Permission.BUYERS_CREATE)
    setup = await call.setup()
    delivery = _delivery(call, setup, _NO_BUYER if makes_buyer else _known_buyer(call, setup))
    buyer = _buyer(call) if makes_buyer else None
    made = await _make(call, Onboarding(buyer=buyer, delivery=delivery.document, credit=delivery.credit))
    answer: dict[str, Any] = {
        "status": "Success",
        "message": "Delivery record created",
        "deliveryId": None if made.delivery is None else made.delivery.id,
        "warnings": delivery.warnings,
    }
    if made.buyer is not None:
        answer["bid"] = _shown_bid(call, made.buyer.id)
    return call.answer(answer)


async def create_buyer(call: Call) -> Answer:
    """Make a buyer and, if asked for, a person who signs in for it and a delivery; all of it or nothing.

    Somebody who signs in with that address already is no reason to refuse the buyer; a warning says so.
    """
    makes_delivery = yes(call.members.get("create_delivery"))
    if makes_delivery:
        call.require(Permission.DELIVERIES_CREATE)
    delivery = _delivery(call, await call.setup(), _NO_BUYER) if makes_delivery else None
    wanted = Onboarding(_buyer(call), _person(call))
    if delivery is not None:
        wanted = msgspec.structs.replace(wanted, delivery=delivery.document, credit=delivery.credit)
    made = await _make(call, wanted)
    buyer_id = _NO_BUYER if made.buyer is None else made.buyer.id
    answer: dict[str, Any] = {
        "status": "Success",
        "message": "Buyer record created",
        "bid": _shown_bid(call, buyer_id),
    }
    if made.delivery is not None and delivery is not None:
        answer |= {"deliveryId": made.delivery.id, "warnings": delivery.warnings}
    if made.knows_person:
        answer["warnings"] = [*answer.get("warnings", []), _KNOWN_PERSON]
    return call.answer(answer)


async def _make(call: Call, wanted: Onboarding) -> Any:
    try:
        return await onboard(call.services.database, Actor.of(call.principal), wanted)
    except InvalidInputError as error:
        wrong = error.problems[0]
        name = wrong.field.removeprefix("settings.").replace("rule.all[", "rules[")
        raise UnreadableError(f"{name} {wrong.detail}") from error


def _delivery(call: Call, setup: AccountSetup, buyer_id: int) -> _NewDelivery:
    campaign = setup.campaign(_required(call, "campaign_code"))
    if campaign is None or campaign.status is Status.ARCHIVED:
        raise UnreadableError("campaign_code is not known")
    kind = _KINDS.get(squeeze(_required(call, "delivery_type")))
    if kind is None:
        raise UnreadableError("delivery_type is not one of Store Lead, Email, SMS")
    settings = {
        "kind": kind,
        "revenue": _amount(call, "revenue"),
        "rule": read_rules(call.members.get("rules"), campaign),
        **_target(call, kind, campaign),
    }
    warnings = _hindrances(setup, campaign, kind)
    document = {
        "campaign_id": campaign.id,
        "buyer_id": buyer_id,
        "reference": _required(call, "delivery_name"),
        "status": DeliveryStatus.INACTIVE if warnings else DeliveryStatus.ACTIVE,
        "settings": settings,
    }
    credit = _amount(call, "credit_amount") or Decimal(0)
    if credit:
        call.require(Permission.CREDIT_ADD)
    return _NewDelivery(document, credit, warnings)


def _hindrances(setup: AccountSetup, campaign: Campaign, kind: DeliveryKind) -> list[str]:
    """Tell why a new delivery cannot be active yet."""
    found = [] if is_evenly_weighted(campaign) else [_NOT_EVEN]
    if kind is DeliveryKind.EMAIL and mail_server_of(setup, None) is None:
        found.append(_NO_MAIL_SERVER)
    if kind is DeliveryKind.SMS and sms_gateway_of(setup, None) is None:
        found.append(_NO_SMS_GATEWAY)
    return found


def is_evenly_weighted(campaign: Campaign) -> bool:
    """Tell whether a campaign deals its leads out evenly."""
    return campaign.settings.distribution == Method.EVENLY_WEIGHTED


def _target(call: Call, kind: DeliveryKind, campaign: Campaign) -> dict[str, Any]:
    """Map a kind's recipient to the settings that the delivery is carried out by."""
    if kind is DeliveryKind.EMAIL:
        recipient = _required(call, "email_recipient")
        if not all(_ADDRESS(part.strip()) for part in recipient.split(",")):
            raise UnreadableError("email_recipient is not a valid email address")
        parts = [part.strip() for part in recipient.split(",")]
        return {"email": {"to": parts, "text": _all_fields(campaign)}}
    if kind is DeliveryKind.SMS:
        recipient = _required(call, "sms_recipient")
        if not _NUMBER(recipient):
            raise UnreadableError("sms_recipient is not a valid phone number")
        return {"sms": {"to": recipient, "text": _all_fields(campaign)}}
    return {}


def _all_fields(campaign: Campaign) -> str:
    """Write a message with every field of a campaign: callers name a recipient, never a text."""
    lines = [f"{field.shown_label}: {{{{ {field.name} }}}}" for field in campaign.fields]
    return "\n".join(["{{ campaign.name }} {{ lead.id }}", *lines])


def _known_buyer(call: Call, setup: AccountSetup) -> int:
    buyer_id = setup.buyer_ids.get(_required(call, "bid"))
    if buyer_id is None:
        raise UnreadableError("bid is not known")
    return buyer_id


def _buyer(call: Call) -> BuyerInput:
    places: dict[str, Any] = {name: _text(call, name) for name in _PLACES}
    return BuyerInput(
        company=_required(call, "company"),
        bid=_text(call, "bid"),
        settings=BuyerSettings(country=_text(call, "country_name"), **places),
    )


def _person(call: Call) -> Person | None:
    first, last, email = (_text(call, name) for name in ("firstname", "lastname", "email"))
    return Person(f"{first} {last}", email) if first and last and email else None


def _shown_bid(call: Call, buyer_id: int) -> Any:
    """Give the bid as it was sent, or the number that was given out."""
    return call.members["bid"] if _text(call, "bid") else buyer_id


def _amount(call: Call, name: str) -> Decimal | None:
    value = call.members.get(name)
    if value is None or value == "":
        return None
    try:
        return parse_amount(value)
    except BadAmountError as problem:
        raise UnreadableError(f"{name} {problem}") from None


def _required(call: Call, name: str) -> str:
    text = _text(call, name)
    if not text:
        raise UnreadableError(f"{name} is required")
    return text


def _text(call: Call, name: str) -> str:
    value = call.members.get(name)
    if isinstance(value, list | dict):
        raise UnreadableError(f"{name} must be a text")
    try:
        return as_text(value)
    except NotPlainError:
        raise UnreadableError(f"{name} must be a text") from None

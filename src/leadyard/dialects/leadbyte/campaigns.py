"""GET /campaigns: what leads can be posted into (docs/leadbyte.md, "Calls")."""

from typing import Any

from leadyard.campaigns.configuration import AccountSetup
from leadyard.campaigns.model import Campaign, Status
from leadyard.dialects.leadbyte.call import Answer, Call
from leadyard.dialects.leadbyte.places import country_name, currency_label
from leadyard.dialects.leadbyte.values import UnreadableError, as_text, id_number
from leadyard.identity.model import KeyKind
from leadyard.intake.fields import FieldRule
from leadyard.kit.errors import NotFoundError

_STATUSES = {status.casefold(): status for status in Status}


async def list_campaigns(call: Call) -> Answer:
    """List campaigns in order of id, those of a status if one is asked for."""
    wanted = as_text(call.members.get("status")).casefold()
    if wanted and wanted not in _STATUSES:
        raise UnreadableError("status is not one of Active, Inactive, Archived")
    setup = await call.setup()
    seen = [campaign for campaign in setup.campaigns.values() if _may_see(call, campaign)]
    status = _STATUSES.get(wanted)
    return call.answer([_heading(c) for c in seen if status is None or c.status is status])


async def read_campaign(call: Call) -> Answer:
    """Show one campaign, named by its id or else its reference, with its fields in order of name."""
    campaign = _named(await call.setup(), call.path_id)
    if campaign is None or not _may_see(call, campaign):
        raise NotFoundError("Campaign not found")
    return call.answer(_heading(campaign) | {"fields": [_field(rule) for rule in campaign.fields]})


def _named(setup: AccountSetup, named: str) -> Campaign | None:
    campaign_id = id_number(named)
    known = None if campaign_id is None else setup.campaigns.get(campaign_id)
    return known or setup.campaign(named)


def _may_see(call: Call, campaign: Campaign) -> bool:
    if call.principal.key.kind is not KeyKind.SUPPLIER:
        return True
    return campaign.settings.visible_to_suppliers and call.supplier_id in campaign.suppliers


def _heading(campaign: Campaign) -> dict[str, Any]:
    settings = campaign.settings
    return {
        "id": str(campaign.id),
        "name": campaign.name,
        "reference": campaign.reference,
        "description": settings.description,
        "currency": currency_label(settings.currency),
        "country": country_name(settings.country),
        "sms_field": _label_of(campaign, settings.sms_field),
        "active": _flag(campaign.status is Status.ACTIVE),
        "sup_visible": _flag(settings.visible_to_suppliers),
        "archived": _flag(campaign.status is Status.ARCHIVED),
    }


def _label_of(campaign: Campaign, field_name: str) -> str:
    return next((rule.shown_label for rule in campaign.fields if rule.name == field_name), field_name)


def _flag(value: bool) -> str:
    return "1" if value else "0"


def _field(rule: FieldRule) -> dict[str, Any]:
    return {
        "name": rule.name,
        "label": rule.label,
        "required": rule.required,
        "data_type": rule.data_type,
        "selection_labels": ",".join(rule.selection_labels),
        "selection_values": ",".join(rule.selection_values),
        "category": "Standard" if rule.standard else "",
    }

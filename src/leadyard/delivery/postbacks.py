"""Postbacks: webhooks that name values of the lead in their address or send them as a form, instead of its record."""

from collections.abc import Collection, Mapping

import msgspec

from leadyard.campaigns.configuration import AccountSetup
from leadyard.campaigns.webhooks import Webhook, WebhookForm, WebhookSettings
from leadyard.delivery.event_names import names_of
from leadyard.delivery.model import HttpTarget
from leadyard.delivery.transports.http import check_target, names_in
from leadyard.delivery.transports.http.request import Request, compile_target
from leadyard.kit.errors import FieldProblem
from leadyard.kit.ids import queue_id
from leadyard.kit.money import from_micros, plain
from leadyard.leads.views import LeadView


def target_of(url: str, settings: WebhookSettings) -> HttpTarget:
    """Describe a postback as a delivery's request, so that both fill their templates alike."""
    if settings.form is WebhookForm.GET:
        return HttpTarget(url=url, method="GET", body="none", fields=settings.fields)
    return HttpTarget(url=url, method="POST", body="form", fields=settings.fields)


def postback_problems(url: str, settings: WebhookSettings) -> list[FieldProblem]:
    """Name what is wrong with the address and the fields of a postback."""
    found = check_target(target_of(url, settings))
    return [
        FieldProblem(f"settings.{p.field}" if p.field.startswith("fields") else p.field, p.detail)
        for p in found
    ]


def unknown_names(url: str, settings: WebhookSettings, fields: Collection[str]) -> list[FieldProblem]:
    """Name what a postback reads that none of its events has; `fields` are those that leads can have."""
    known = names_of(settings.events, fields)
    plain_target = msgspec.structs.replace(settings, fields=())
    in_address = names_in(target_of(url, plain_target))
    found = [("url", name) for name in sorted(in_address - known)]
    for place, field in enumerate(settings.fields):
        alone = msgspec.structs.replace(settings, fields=(field,))
        names = names_in(target_of(url, alone)) - in_address
        found += [(f"settings.fields[{place}].value", name) for name in sorted(names - known)]
    return [FieldProblem(place, f"names {name}, which none of the events has") for place, name in found]


def postback_request(hook: Webhook, values: Mapping[str, str]) -> Request:
    """Fill in a postback; raises UnfitValueError when a value does not fit its place."""
    return compile_target(target_of(hook.url, hook.settings)).request(values)


def lead_values(view: LeadView, setup: AccountSetup) -> dict[str, str]:
    """Collect what a postback may name of a lead: its fields, its money as it stands, and ids with a dot."""
    lead = view.lead
    campaign = setup.campaigns.get(lead.campaign_id or 0)
    supplier = setup.suppliers.get(lead.supplier_id or 0)
    return {
        **lead.fields,
        "payout": plain(from_micros(lead.payout)),
        "revenue": plain(from_micros(lead.revenue)),
        "currency": lead.currency,
        "lead.id": str(lead.id),
        "lead.uuid": str(lead.uuid),
        "lead.queue_id": queue_id(lead.uuid),
        "lead.received": lead.received_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "lead.status": lead.system_status.name.title(),
        "lead.sale_status": lead.sale_status.name.title(),
        "campaign.id": str(lead.campaign_id or ""),
        "campaign.reference": "" if campaign is None else campaign.reference,
        "campaign.name": "" if campaign is None else campaign.name,
        "supplier.sid": "" if supplier is None else supplier.sid,
        "supplier.name": "" if supplier is None else supplier.name,
    }

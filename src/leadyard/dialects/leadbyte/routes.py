"""Which handler answers which method and path; every path exists under every version."""

import re
from enum import Enum

import msgspec

from leadyard.dialects.leadbyte import (
    after_sale,
    buyers,
    campaigns,
    changing,
    classic,
    creating,
    credit,
    deliveries,
    finances,
    message_reports,
    pinging,
    posting,
    quarantine,
    queue,
    reading_leads,
    reports,
    responders,
    searching,
    triggering,
    validating,
)
from leadyard.dialects.leadbyte.call import Handler
from leadyard.dialects.leadbyte.refusals import NoRouteError
from leadyard.identity.model import Permission
from leadyard.intake.providers.model import CheckKind

VERSIONS = ("v1.1", "v1.2", "v1.3")
LATEST = "v1.3"
_BASE = "/restapi/"
_LOOKS_LIKE_AN_ID = re.compile("[0-9]+|[0-9A-Fa-f-]{32,}")


class Kind(Enum):
    """How a route is authorised and which words it refuses with."""

    ORDINARY = 1
    INTAKE = 2
    CLASSIC = 3


class Route(msgspec.Struct, frozen=True):
    """A handler, and the permission it needs; None when the handler finds out itself."""

    handler: Handler
    permission: Permission | None = None
    kind: Kind = Kind.ORDINARY


_SUBMIT = Route(posting.wait_submit, Permission.LEADS_CREATE, Kind.INTAKE)
_WAIT = {"GET": _SUBMIT, "POST": _SUBMIT}
_CLASSIC = Route(classic.submit, kind=Kind.CLASSIC)


def _validating(kind: CheckKind) -> dict[str, Route]:
    return {"GET": Route(validating.validate(kind), Permission.VALIDATE)}


_WHOLE = {
    "/api/submit.php": {"GET": _CLASSIC, "POST": _CLASSIC},
    "/waitsubmit": _WAIT,
}

_FIXED = {
    "leads": {
        "POST": Route(posting.post_leads, Permission.LEADS_CREATE, Kind.INTAKE),
        "GET": Route(reading_leads.list_leads, Permission.LEADS_SEARCH),
        "PUT": Route(changing.put_leads),
    },
    "leads/search": {"POST": Route(searching.search, Permission.LEADS_SEARCH)},
    "leads/ping": {"POST": Route(pinging.ping, Permission.LEADS_CREATE)},
    "leads/deliverychecker": {"POST": Route(pinging.check_deliveries, Permission.LEADS_CREATE)},
    "leads/reprocess": {"POST": Route(triggering.reprocess, Permission.LEADS_REPROCESS)},
    "leads/return": {"POST": Route(after_sale.return_leads, Permission.LEADS_RETURN)},
    "leads/feedback": {"PUT": Route(after_sale.feedback, Permission.LEADS_FEEDBACK)},
    "leads/internalfeedback": {"PUT": Route(after_sale.internal_feedback, Permission.LEADS_FEEDBACK)},
    "leads/assignbuyer": {"POST": Route(after_sale.assign, Permission.DELIVERIES_UPDATE)},
    "leadfinancials": {"PUT": Route(finances.put_financials, Permission.LEADS_FINANCIALS)},
    "quarantine/process": {"POST": Route(quarantine.process, Permission.QUARANTINE_PROCESS)},
    "deliveries": {
        "GET": Route(deliveries.list_deliveries, Permission.DELIVERIES_READ),
        "PUT": Route(deliveries.put_deliveries, Permission.DELIVERIES_UPDATE),
    },
    "deliveries/create": {"POST": Route(creating.create_delivery, Permission.DELIVERIES_CREATE)},
    "buyers": {
        "GET": Route(buyers.list_buyers, Permission.BUYERS_READ),
        "PUT": Route(buyers.put_buyers, Permission.BUYERS_UPDATE),
    },
    "buyers/create": {"POST": Route(creating.create_buyer, Permission.BUYERS_CREATE)},
    "deliveries/trigger": {"POST": Route(triggering.trigger, Permission.DELIVERIES_TRIGGER)},
    "apiqueue": {"GET": Route(queue.list_records, Permission.API_QUEUE)},
    "credit/add": {"POST": Route(credit.add, Permission.CREDIT_ADD)},
    "campaigns": {"GET": Route(campaigns.list_campaigns, Permission.CAMPAIGNS)},
    "reports/campaign": {"GET": Route(reports.campaign, Permission.REPORTS)},
    "reports/supplier": {"GET": Route(reports.supplier, Permission.REPORTS)},
    "reports/buyer": {"GET": Route(reports.buyer, Permission.REPORTS)},
    "reports/leadactivity": {"GET": Route(reports.lead_activity, Permission.REPORTS)},
    "reports/email": {"GET": Route(message_reports.email, Permission.REPORTS)},
    "reports/sms": {"GET": Route(message_reports.sms, Permission.REPORTS)},
    "reports/bulkemail": {"GET": Route(message_reports.bulk_email, Permission.REPORTS)},
    "reports/bulksms": {"GET": Route(message_reports.bulk_sms, Permission.REPORTS)},
    "responders": {"GET": Route(responders.list_responders, Permission.RESPONDERS_READ)},
    "responders/trigger": {"POST": Route(responders.trigger, Permission.RESPONDERS_TRIGGER)},
    "waitsubmit": _WAIT,
    "validate/mobile": _validating(CheckKind.HLR),
    "validate/tps": _validating(CheckKind.TPS),
    "validate/email": _validating(CheckKind.EMAIL),
    "validate/landline": _validating(CheckKind.LANDLINE),
}

_BY_ID = {
    "leads": {"GET": Route(reading_leads.read_lead, Permission.LEADS_SEARCH)},
    "apiqueue": {"GET": Route(queue.read_record, Permission.API_QUEUE)},
    "campaigns": {"GET": Route(campaigns.read_campaign, Permission.CAMPAIGNS)},
    "deliveries": {
        "GET": Route(deliveries.read_delivery, Permission.DELIVERIES_READ),
        "PUT": Route(deliveries.put_delivery, Permission.DELIVERIES_UPDATE),
    },
    "responders": {"GET": Route(responders.read_responder, Permission.RESPONDERS_READ)},
    "buyers": {
        "GET": Route(buyers.read_buyer, Permission.BUYERS_READ),
        "PUT": Route(buyers.put_buyer, Permission.BUYERS_UPDATE),
    },
}


def owns(path: str) -> bool:
    """Tell whether a path is this dialect's, known or not."""
    return path.startswith((_BASE, "/waitsubmit", "/api/submit.php"))


def find_route(method: str, path: str) -> tuple[Route, str, str]:
    """Find the route of a method and path, its version and the id in the path; raises NoRouteError."""
    methods, version, path_id = _find(path.removesuffix("/"))
    if methods is None:
        raise NoRouteError(404, "Not found")
    route = methods.get(method)
    if route is None and path_id and not _LOOKS_LIKE_AN_ID.fullmatch(path_id):
        raise NoRouteError(404, "Not found")
    if route is None:
        raise NoRouteError(405, f"Method not allowed, use {' or '.join(methods)}")
    return route, version, path_id


def _find(path: str) -> tuple[dict[str, Route] | None, str, str]:
    if not path.startswith(_BASE):
        return _WHOLE.get(path), LATEST, ""
    version, _, rest = path[len(_BASE) :].partition("/")
    if version not in VERSIONS:
        return None, version, ""
    fixed = _FIXED.get(rest)
    if fixed is not None:
        return fixed, version, ""
    noun, _, path_id = rest.partition("/")
    if not path_id or "/" in path_id:
        return None, version, ""
    return _BY_ID.get(noun), version, path_id

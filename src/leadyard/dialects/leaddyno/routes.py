"""Which handler answers which method and path (docs/leaddyno.md, "Calls")."""

import msgspec

from leadyard.dialects.leaddyno import (
    affiliates,
    campaigns,
    changing_affiliates,
    commissions,
    creating_purchases,
    leads,
    purchases,
    visitors,
)
from leadyard.dialects.leaddyno.call import Handler
from leadyard.dialects.leaddyno.refusals import NoRouteError

_BASE = "/v1"
_ID = "{id}"


class Route(msgspec.Struct, frozen=True):
    """A handler, and whether an array may stand in place of the body's object.

    `sees_events`: what pages have sent until now is worked in first, so that the caller sees no older world.
    """

    handler: Handler
    takes_rows: bool = False
    sees_events: bool = True


def _get(handler: Handler, *, sees_events: bool = True) -> dict[str, Route]:
    return {"GET": Route(handler, sees_events=sees_events)}


def _post(handler: Handler, *, takes_rows: bool = False, sees_events: bool = True) -> dict[str, Route]:
    return {"POST": Route(handler, takes_rows, sees_events)}


def _put(handler: Handler) -> dict[str, Route]:
    return {"PUT": Route(handler)}


def _delete(handler: Handler) -> dict[str, Route]:
    return {"DELETE": Route(handler)}


_ROUTES: dict[str, dict[str, Route]] = {
    "visitors": _get(visitors.list_visitors) | _post(visitors.create),
    "visitors/count": _get(visitors.count_visitors),
    "visitors/import": _post(visitors.import_rows, takes_rows=True),
    "visitors/by_tracking_code": _get(visitors.by_tracking_code),
    "visitors/{id}": _get(visitors.read),
    "leads": _get(leads.list_leads) | _post(leads.create),
    "leads/count": _get(leads.count_leads),
    "leads/import": _post(leads.import_rows, takes_rows=True),
    "leads/by_email": _get(leads.by_email),
    "leads/{id}": _get(leads.read) | _put(leads.update),
    "leads/{id}/purchases": _get(purchases.list_of_lead) | _delete(purchases.cancel_all_of_lead),
    "purchases": (
        _get(purchases.list_purchases) | _post(creating_purchases.create) | _delete(purchases.cancel_found)
    ),
    "purchases/count": _get(purchases.count_purchases),
    "purchases/by_purchase_code": _get(purchases.by_purchase_code),
    "purchases/{id}": _get(purchases.read) | _put(purchases.update) | _delete(purchases.cancel),
    "purchases/{id}/approve": _post(purchases.deciding("approve")),
    "purchases/{id}/reject": _post(purchases.deciding("reject")),
    "purchases/{id}/commissions": _get(commissions.list_of_purchase),
    "affiliates": _get(affiliates.list_affiliates) | _post(changing_affiliates.create),
    "affiliates/count": _get(affiliates.count_affiliates),
    "affiliates/by_email": _get(affiliates.by_email),
    "affiliates/by_affiliate_code": _get(affiliates.by_affiliate_code),
    "affiliates/{id}": _get(affiliates.read) | _put(changing_affiliates.update),
    "affiliates/{id}/leads": _get(leads.list_of_affiliate),
    "affiliates/{id}/purchases": _get(purchases.list_of_affiliate),
    "affiliates/{id}/commissions": _get(commissions.list_of_affiliate) | _post(commissions.create),
    "affiliates/{id}/commissions_total": _get(commissions.total_of_affiliate),
    "affiliates/{id}/approve": _post(changing_affiliates.changing("approve")),
    "affiliates/{id}/reject": _post(changing_affiliates.changing("reject")),
    "affiliates/{id}/archive": _post(changing_affiliates.changing("archive")),
    "affiliates/{id}/unarchive": _post(changing_affiliates.changing("unarchive")),
    "affiliates/{id}/sign_in_link": _post(changing_affiliates.sign_in_link, sees_events=False),
    "affiliates/{id}/subids": _get(affiliates.list_subids),
    "custom_fields": _post(changing_affiliates.create_field, sees_events=False),
    "campaigns": _get(campaigns.list_campaigns, sees_events=False),
    "campaigns/count": _get(campaigns.count_campaigns, sees_events=False),
    "campaigns/{id}": _get(campaigns.read, sees_events=False),
    "campaigns/{id}/leads": _get(leads.list_of_campaign),
    "campaign/{id}": _get(campaigns.read, sees_events=False),
    "campaign/{id}/leads": _get(leads.list_of_campaign),
    "commissions": _get(commissions.list_commissions),
    "commissions/totals": _get(commissions.totals),
    "commissions/mark_as_paid": _post(commissions.mark_as_paid),
}


def owns(path: str) -> bool:
    """Tell whether a path is this dialect's, known or not."""
    return path == _BASE or path.startswith(f"{_BASE}/")


def find_route(method: str, path: str) -> tuple[Route, str]:
    """Find the route of a method and path, and the id in the path; raises NoRouteError."""
    rest = path.removeprefix(_BASE).strip("/") if "//" not in path.rstrip("/") else ""
    methods, path_id = _ROUTES.get(rest), ""
    if methods is None:
        noun, _, below = rest.partition("/")
        path_id, slash, last = below.partition("/")
        methods = _ROUTES.get(f"{noun}/{_ID}{slash}{last}") if path_id else None
    if methods is None or "{" in rest:
        raise NoRouteError
    route = methods.get(method)
    if route is None:
        raise NoRouteError(tuple(methods))
    return route, path_id

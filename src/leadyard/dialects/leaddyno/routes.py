"""Which handler answers which method and path (docs/leaddyno.md, "Calls")."""

import re

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
_ENDING = ".json"
_slashes = re.compile("/{2,}")


class Route(msgspec.Struct, frozen=True):
    """A handler, and whether an array may stand in place of the body's object.

    `needs_members`: there are parameters that must be given. `sees_events`: what pages have sent until now is worked in
    first, so that the caller sees no older world.
    """

    handler: Handler
    takes_rows: bool = False
    sees_events: bool = True
    needs_members: bool = False


def _get(handler: Handler, *, sees_events: bool = True) -> dict[str, Route]:
    return {"GET": Route(handler, sees_events=sees_events)}


def _post(handler: Handler, *, needs_members: bool = False, sees_events: bool = True) -> dict[str, Route]:
    return {"POST": Route(handler, sees_events=sees_events, needs_members=needs_members)}


def _import(handler: Handler) -> dict[str, Route]:
    return {"POST": Route(handler, takes_rows=True, needs_members=True)}


def _put(handler: Handler) -> dict[str, Route]:
    return {"PUT": Route(handler)}


def _delete(handler: Handler, *, needs_members: bool = False) -> dict[str, Route]:
    return {"DELETE": Route(handler, needs_members=needs_members)}


_ROUTES: dict[str, dict[str, Route]] = {
    "visitors": _get(visitors.list_visitors) | _post(visitors.create),
    "visitors/count": _get(visitors.count_visitors),
    "visitors/import": _import(visitors.import_rows),
    "visitors/by_tracking_code": _get(visitors.by_tracking_code),
    "visitors/{id}": _get(visitors.read),
    "leads": _get(leads.list_leads) | _post(leads.create, needs_members=True),
    "leads/count": _get(leads.count_leads),
    "leads/import": _import(leads.import_rows),
    "leads/by_email": _get(leads.by_email),
    "leads/{id}": _get(leads.read) | _put(leads.update),
    "leads/{id}/purchases": _get(purchases.list_of_lead) | _delete(purchases.cancel_all_of_lead),
    "purchases": (
        _get(purchases.list_purchases)
        | _post(creating_purchases.create, needs_members=True)
        | _delete(purchases.cancel_found, needs_members=True)
    ),
    "purchases/count": _get(purchases.count_purchases),
    "purchases/by_purchase_code": _get(purchases.by_purchase_code),
    "purchases/{id}": _get(purchases.read) | _put(purchases.update) | _delete(purchases.cancel),
    "purchases/{id}/approve": _post(purchases.deciding("approve")),
    "purchases/{id}/reject": _post(purchases.deciding("reject")),
    "purchases/{id}/commissions": _get(commissions.list_of_purchase),
    "affiliates": _get(affiliates.list_affiliates) | _post(changing_affiliates.create, needs_members=True),
    "affiliates/count": _get(affiliates.count_affiliates),
    "affiliates/by_email": _get(affiliates.by_email),
    "affiliates/by_affiliate_code": _get(affiliates.by_affiliate_code),
    "affiliates/{id}": _get(affiliates.read) | _put(changing_affiliates.update),
    "affiliates/{id}/leads": _get(leads.list_of_affiliate),
    "affiliates/{id}/purchases": _get(purchases.list_of_affiliate),
    "affiliates/{id}/commissions": _get(commissions.list_of_affiliate)
    | _post(commissions.create, needs_members=True),
    "affiliates/{id}/commissions_total": _get(commissions.total_of_affiliate),
    "affiliates/{id}/approve": _post(changing_affiliates.changing("approve")),
    "affiliates/{id}/reject": _post(changing_affiliates.changing("reject")),
    "affiliates/{id}/archive": _post(changing_affiliates.changing("archive")),
    "affiliates/{id}/unarchive": _post(changing_affiliates.changing("unarchive")),
    "affiliates/{id}/sign_in_link": _post(changing_affiliates.sign_in_link, sees_events=False),
    "affiliates/{id}/subids": _get(affiliates.list_subids),
    "custom_fields": _post(changing_affiliates.create_field, needs_members=True, sees_events=False),
    "campaigns": _get(campaigns.list_campaigns, sees_events=False),
    "campaigns/count": _get(campaigns.count_campaigns, sees_events=False),
    "campaigns/{id}": _get(campaigns.read, sees_events=False),
    "campaigns/{id}/leads": _get(leads.list_of_campaign),
    "campaign/{id}": _get(campaigns.read, sees_events=False),
    "campaign/{id}/leads": _get(leads.list_of_campaign),
    "commissions": _get(commissions.list_commissions),
    "commissions/totals": _get(commissions.totals),
    "commissions/mark_as_paid": _post(commissions.mark_as_paid, needs_members=True),
}


def owns(path: str) -> bool:
    """Tell whether a path is this dialect's, known or not."""
    path = _squeezed(path)
    return path == _BASE or path.startswith(f"{_BASE}/")


def find_route(method: str, path: str) -> tuple[Route, str]:
    """Find the route of a method and path, and the id in the path; raises NoRouteError."""
    rest = _plain(_squeezed(path).removeprefix(_BASE).strip("/"))
    methods, path_id = _ROUTES.get(rest), ""
    if methods is None:
        noun, _, below = rest.partition("/")
        path_id, slash, last = below.partition("/")
        methods = _ROUTES.get(f"{noun}/{_ID}{slash}{last}") if path_id else None
    if methods is None or "{" in rest:
        raise NoRouteError
    route = methods.get("GET" if method == "HEAD" else method)
    if route is None:
        raise NoRouteError(tuple(methods))
    return route, path_id


def _squeezed(path: str) -> str:
    """Take slashes that follow another one as one."""
    return _slashes.sub("/", path) if "//" in path else path


def _plain(path: str) -> str:
    """Leave out the ending of clients that ask for JSON by name; an address may end like that by itself."""
    return path.removesuffix(_ENDING) if "@" not in path.rpartition("/")[2] else path

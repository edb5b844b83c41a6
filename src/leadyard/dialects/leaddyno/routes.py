"""Which handler answers which method and path (LeadDyno contract, sections 2 to 7)."""

import msgspec

from leadyard.dialects.leaddyno import affiliates, campaigns, changing_affiliates
from leadyard.dialects.leaddyno.call import Handler
from leadyard.dialects.leaddyno.refusals import NoRouteError

_BASE = "/v1"
_ID = "{id}"


class Route(msgspec.Struct, frozen=True):
    """A handler, and whether an array may stand in place of the body's object."""

    handler: Handler
    takes_rows: bool = False


def _get(handler: Handler) -> dict[str, Route]:
    return {"GET": Route(handler)}


def _post(handler: Handler, *, takes_rows: bool = False) -> dict[str, Route]:
    return {"POST": Route(handler, takes_rows)}


_ROUTES: dict[str, dict[str, Route]] = {
    "affiliates": _get(affiliates.list_affiliates) | _post(changing_affiliates.create),
    "affiliates/count": _get(affiliates.count_affiliates),
    "affiliates/by_email": _get(affiliates.by_email),
    "affiliates/by_affiliate_code": _get(affiliates.by_affiliate_code),
    "affiliates/{id}": _get(affiliates.read) | {"PUT": Route(changing_affiliates.update)},
    "affiliates/{id}/subids": _get(affiliates.list_subids),
    "affiliates/{id}/sign_in_link": _post(changing_affiliates.sign_in_link),
    "affiliates/{id}/approve": _post(changing_affiliates.changing("approve")),
    "affiliates/{id}/reject": _post(changing_affiliates.changing("reject")),
    "affiliates/{id}/archive": _post(changing_affiliates.changing("archive")),
    "affiliates/{id}/unarchive": _post(changing_affiliates.changing("unarchive")),
    "custom_fields": _post(changing_affiliates.create_field),
    "campaigns": _get(campaigns.list_campaigns),
    "campaigns/count": _get(campaigns.count_campaigns),
    "campaigns/{id}": _get(campaigns.read),
    "campaign/{id}": _get(campaigns.read),
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

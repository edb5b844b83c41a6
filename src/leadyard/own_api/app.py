"""Puts the own API together as one ASGI application."""

from collections.abc import Callable, Coroutine, Sequence
from functools import cache
from typing import Any

import msgspec
from litestar import Litestar, Request, Response, route
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler

from leadyard.campaigns.api import SECTIONS as CAMPAIGN_SECTIONS
from leadyard.campaigns.configuration import Configuration
from leadyard.identity.api import SECTIONS as IDENTITY_SECTIONS
from leadyard.kit.asgi import Network
from leadyard.kit.errors import LeadyardError
from leadyard.own_api import problems
from leadyard.own_api.docs_page import docs_handlers
from leadyard.own_api.document import build_document
from leadyard.own_api.downloads import Streamed
from leadyard.own_api.operation import Answer, Call, Operation, Section
from leadyard.own_api.reading import (
    LARGEST_BODY,
    authenticate,
    largest_body,
    read_body,
    read_path,
    read_query,
)
from leadyard.storage.database import Database
from leadyard.suppression.api import SECTION as SUPPRESSION

PREFIX = "/api/v1"
SECTIONS: tuple[Section, ...] = (*CAMPAIGN_SECTIONS, SUPPRESSION, *IDENTITY_SECTIONS)
"""The sections of the set-up; other rooms' sections follow them."""

_encoder = msgspec.json.Encoder()
AnyRequest = Request[Any, Any, Any]


def create(
    database: Database,
    configuration: Configuration,
    *,
    more_sections: Sequence[Section] = (),
    trusted_proxies: Sequence[Network] = (),
) -> Litestar:
    """Make the application that answers everything under `/api`.

    The database is opened and closed by the caller. `more_sections` are what other rooms offer; their operations get
    the same keys, errors and documentation. What `trusted_proxies` forward counts as sent from where they say.
    """
    sections = (*SECTIONS, *more_sections)
    operations = [operation for section in sections for operation in section.operations]
    return Litestar(
        route_handlers=[
            *(_route(operation, database, configuration, trusted_proxies) for operation in operations),
            *docs_handlers(cache(lambda: build_document(sections))),
        ],
        exception_handlers={
            LeadyardError: problems.refuse,
            HTTPException: problems.refuse_request,
            Exception: problems.fail,
        },
        openapi_config=None,
        request_max_body_size=LARGEST_BODY,
    )


def _route(
    operation: Operation, database: Database, configuration: Configuration, trusted_proxies: Sequence[Network]
) -> HTTPRouteHandler:
    path = f"{PREFIX}{operation.path}".replace("}", ":str}")
    handler = _handler(operation, database, configuration, trusted_proxies)
    handler.__name__ = operation.id
    return route(
        path,
        http_method=[operation.method],  # type: ignore[list-item]
        name=operation.id,
        status_code=200,
        request_max_body_size=largest_body(operation),
    )(handler)


def _handler(
    operation: Operation, database: Database, configuration: Configuration, trusted_proxies: Sequence[Network]
) -> Callable[[AnyRequest], Coroutine[Any, Any, Response[Any]]]:
    async def handle(request: AnyRequest) -> Response[Any]:
        permissions = (operation.permission, *operation.other_permissions)
        principal = await authenticate(request, configuration, permissions, trusted_proxies)
        path = read_path(request.path_params, operation)
        query = read_query(request, operation.parameters)
        body = await read_body(request, operation)
        call = Call(database, configuration, principal, path, query, body)
        return _response(operation, await operation.handler(call))

    return handle


def _response(operation: Operation, answer: Answer) -> Response[Any]:
    headers = {"cache-control": "no-store"}
    if answer.download is not None:
        return Streamed(answer.download, headers)
    if answer.location is not None:
        headers["location"] = f"{PREFIX}{answer.location}"
    status = answer.status or operation.status
    if answer.body is None:
        return Response(content=None, status_code=status, headers=headers)
    return Response(
        content=_encoder.encode(answer.body),
        status_code=status,
        media_type="application/json",
        headers=headers,
    )

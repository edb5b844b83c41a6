"""Errors as RFC 9457 problem details."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException

from leadyard.identity.model import InvalidKeyError
from leadyard.kit.errors import (
    ConflictError,
    DeniedError,
    FieldProblem,
    InvalidInputError,
    LeadyardError,
    NotFoundError,
    UnavailableError,
)

MEDIA_TYPE = "application/problem+json"
_log = structlog.get_logger(__name__)

_STATUS: Mapping[type[LeadyardError], int] = {
    InvalidKeyError: 401,
    DeniedError: 403,
    NotFoundError: 404,
    ConflictError: 409,
    InvalidInputError: 422,
    UnavailableError: 503,
}
NOTHING_HERE = "There is nothing at this address."
_DETAIL = {
    404: NOTHING_HERE,
    405: "This address does not take this method.",
    413: "The body is larger than this address takes.",
    500: "Something went wrong here; nothing is known about the outcome.",
}


class Problem(msgspec.Struct, frozen=True):
    """Why a request was refused; `errors` names each bad member by its dotted path."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] = []


class BadRequestError(LeadyardError):
    """A request that cannot be read at all."""

    def __init__(self, status: int, detail: str) -> None:
        """Say which status it is answered with: 400, 413 or 415."""
        super().__init__(detail)
        self.status = status


def refuse(_: Request[Any, Any, Any], error: LeadyardError) -> Response[Any]:
    """Answer for an error that has a message for the caller."""
    if isinstance(error, BadRequestError):
        return answer(error.status, str(error))
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 400)
    if isinstance(error, InvalidInputError):
        return answer(status, "Some members are not valid.", errors=error.problems)
    if isinstance(error, ConflictError):
        return answer(status, str(error), errors=error.problems)
    headers = {401: {"www-authenticate": "Bearer"}, 503: {"retry-after": "1"}}.get(status)
    return answer(status, str(error), headers=headers)


def refuse_request(_: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """Answer for what the framework refuses: unknown addresses, wrong methods, bodies that are too large."""
    headers = {name: value for name, value in (error.headers or {}).items() if name.lower() == "allow"}
    return answer(error.status_code, _DETAIL.get(error.status_code, error.detail), headers=headers)


def fail(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Answer for an error that nobody foresaw, and log it."""
    _log.error("request_failed", path=request.scope["path"], exc_info=error)
    return answer(500, _DETAIL[500])


def answer(
    status: int,
    detail: str,
    *,
    errors: list[FieldProblem] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response[Any]:
    """Make the answer for a problem."""
    return Response(
        content=document(status, detail, errors),
        status_code=status,
        media_type=MEDIA_TYPE,
        headers={"cache-control": "no-store", **(headers or {})},
    )


def document(status: int, detail: str, errors: list[FieldProblem] | None = None) -> bytes:
    """Write a problem as JSON."""
    return msgspec.json.encode(
        Problem("about:blank", HTTPStatus(status).phrase, status, detail, errors or [])
    )

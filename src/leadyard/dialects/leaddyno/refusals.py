"""Errors to HTTP statuses and this dialect's words (docs/leaddyno.md, "Errors")."""

import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import msgspec
import structlog

from leadyard.dialects.leaddyno.call import NoMatchError
from leadyard.dialects.leaddyno.reading import UnreadableError
from leadyard.dialects.leaddyno.writing import encode
from leadyard.identity.model import InvalidKeyError
from leadyard.identity.rate_limits import TooManyRequestsError
from leadyard.kit.asgi import BodyTooLargeError
from leadyard.kit.errors import (
    ConflictError,
    DeniedError,
    FieldProblem,
    InvalidInputError,
    LeadyardError,
    NotFoundError,
    UnavailableError,
)

INVALID_KEY = "Invalid API key"
TOO_LARGE = "The body is larger than 10 MB"
_FRAMES = 12
_log = structlog.get_logger("leadyard.leaddyno")


class NoRouteError(LeadyardError):
    """A path that this dialect does not have, or a method that the path does not take."""

    def __init__(self, methods: tuple[str, ...] = ()) -> None:
        """Keep the methods that the path takes; none when there is no such path."""
        super().__init__(f"Method not allowed, use {' or '.join(methods)}" if methods else "Not found")
        self.methods = methods


class TooManyRowsError(LeadyardError):
    """An import of more rows than are taken at once."""


class Refusal(msgspec.Struct, frozen=True):
    """The answer to a request that is refused."""

    status: int
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()


def refuse(problem: Exception) -> Refusal:
    """Give the answer for whatever went wrong; what is our own fault is logged."""
    if isinstance(problem, NoMatchError):
        return Refusal(404, b"null")
    if isinstance(problem, NoRouteError):
        allow = ((b"allow", ", ".join(problem.methods).encode()),) if problem.methods else ()
        return Refusal(405 if problem.methods else 404, error(str(problem)), allow)
    if isinstance(problem, TooManyRequestsError):
        return _too_many(problem)
    if isinstance(problem, BodyTooLargeError):
        return Refusal(413, error(TOO_LARGE))
    if isinstance(problem, InvalidInputError):
        return Refusal(400, encode({"error": by_field(problem.problems)}))
    if isinstance(problem, ConflictError):
        return Refusal(409, encode({"error": by_field(problem.problems)}))
    for kind, status, text in _WORDED:
        if isinstance(problem, kind):
            return Refusal(status, error(text or str(problem)))
    return _our_fault(problem)


_WORDED: tuple[tuple[type[Exception], int, str], ...] = (
    (UnreadableError, 400, ""),
    (TooManyRowsError, 413, ""),
    (InvalidKeyError, 401, INVALID_KEY),
    (DeniedError, 401, INVALID_KEY),
    (NotFoundError, 404, "Not found"),
)


def is_refused(status: int) -> bool:
    """Tell whether a request with this answer does not count towards the rate limit."""
    return status in {400, 401, 405, 409, 413, 503}


def error(text: str) -> bytes:
    """Write an error that is about no field."""
    return encode({"error": text})


def by_field(problems: list[FieldProblem]) -> dict[str, list[str]]:
    """Gather what is wrong by field."""
    found: dict[str, list[str]] = {}
    for problem in problems:
        found.setdefault(problem.field, []).append(problem.detail)
    return found


def row_error(problem: LeadyardError) -> dict[str, Any]:
    """Show in an import's answer why a row was refused."""
    if isinstance(problem, InvalidInputError | ConflictError):
        return {"error": by_field(problem.problems)}
    return {"error": str(problem)}


@contextmanager
def renamed(names: Mapping[str, str]) -> Iterator[None]:
    """Let services speak of parameters by this dialect's names."""
    try:
        yield
    except InvalidInputError as problem:
        raise InvalidInputError(_renamed(problem.problems, names)) from None
    except ConflictError as problem:
        first, *more = _renamed(problem.problems, names)
        raise ConflictError(first.field, first.detail, more) from None


def _renamed(problems: list[FieldProblem], names: Mapping[str, str]) -> list[FieldProblem]:
    return [FieldProblem(names.get(problem.field, problem.field), problem.detail) for problem in problems]


def _too_many(problem: TooManyRequestsError) -> Refusal:
    text = f"Too many requests: the limit is {problem.limit.requests} per minute"
    body = encode({"error": text, "message": "API rate limit exceeded"})
    return Refusal(429, body, ((b"retry-after", b"%d" % problem.retry_after_seconds),))


def _our_fault(problem: Exception) -> Refusal:
    log_failure(problem)
    if isinstance(problem, UnavailableError):
        return Refusal(503, error("Try again in a moment"), ((b"retry-after", b"1"),))
    return Refusal(500, error("Internal error"))


def log_failure(problem: Exception) -> None:
    """Log what went wrong without the error's text, which may quote the request."""
    if isinstance(problem, UnavailableError):
        _log.warning("refused, the database is away")
        return
    frames = traceback.extract_tb(problem.__traceback__)[-_FRAMES:]
    places = [f"{frame.filename.rpartition('/src/')[2]}:{frame.lineno} {frame.name}" for frame in frames]
    _log.error("request failed", error=type(problem).__name__, at=places)

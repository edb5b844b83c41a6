"""Errors to HTTP statuses and this dialect's words (docs/leadbyte.md, "Answers")."""

import traceback
from typing import Any

import structlog

from leadyard.dialects.leadbyte.values import UnreadableError
from leadyard.dialects.leadbyte.writing import error, refusal
from leadyard.identity.model import InvalidKeyError
from leadyard.kit.asgi import BodyTooLargeError
from leadyard.kit.errors import (
    ConflictError,
    DeniedError,
    InvalidInputError,
    NotFoundError,
    UnavailableError,
)
from leadyard.reports.locks import ReportBusyError
from leadyard.reports.periods import BadPeriodError

INTERNAL = -100
INVALID_KEY = "Invalid API key"
INTERNAL_TEXT = "Internal error"
_log = structlog.get_logger("leadyard.leadbyte")
_FRAMES = 12


class NoRouteError(Exception):
    """A path, or a method of a path, that this dialect does not have."""

    def __init__(self, status: int, message: str) -> None:
        """Keep the HTTP status, 404 or 405."""
        super().__init__(message)
        self.status = status


def refuse(problem: Exception, *, is_intake: bool) -> tuple[int, dict[str, Any]]:
    """Give HTTP status and answer for whatever went wrong; what is our own fault is logged."""
    if isinstance(problem, UnreadableError | BadPeriodError | ConflictError):
        return 400, _unreadable(str(problem), is_intake=is_intake)
    if isinstance(problem, InvalidInputError):
        texts = [f"{wrong.field} {wrong.detail}" for wrong in problem.problems]
        return 400, error(texts[0], texts)
    if isinstance(problem, InvalidKeyError):
        return 401, error(INVALID_KEY)
    if isinstance(problem, DeniedError):
        return 403, error(str(problem))
    if isinstance(problem, NotFoundError):
        return 404, error(str(problem))
    if isinstance(problem, NoRouteError):
        return problem.status, error(str(problem))
    if isinstance(problem, BodyTooLargeError):
        return 413, _unreadable("The body is larger than 2 MiB", is_intake=is_intake)
    if isinstance(problem, ReportBusyError):
        return 200, {"status": "Error", "message": str(problem)}
    return _our_fault(problem, is_intake=is_intake)


def _unreadable(message: str, *, is_intake: bool) -> dict[str, Any]:
    if not is_intake:
        return error(message)
    return {**refusal(-5, [message]), "message": message}


def _our_fault(problem: Exception, *, is_intake: bool) -> tuple[int, dict[str, Any]]:
    log_failure(problem)
    status = 503 if isinstance(problem, UnavailableError) else 500
    return status, refusal(INTERNAL) if is_intake else error(INTERNAL_TEXT)


def log_failure(problem: Exception) -> None:
    """Log what went wrong without the error's text, which may quote the request."""
    if isinstance(problem, UnavailableError):
        _log.warning("refused, the database is away")
    else:
        _log.error("request failed", error=type(problem).__name__, at=_places(problem))


def _places(problem: Exception) -> list[str]:
    frames = traceback.extract_tb(problem.__traceback__)[-_FRAMES:]
    return [f"{frame.filename.rpartition('/src/')[2]}:{frame.lineno} {frame.name}" for frame in frames]

"""Answers about many things at once: each done or not, and why (docs/leadbyte.md, "Calls")."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from leadyard.dialects.leadbyte.values import UnreadableError, as_ids, id_number
from leadyard.dialects.leadbyte.writing import SEE_ERRORS
from leadyard.leads.outcomes import NOT_FOUND

_MOST = 1000


def status_of(done: Iterable[bool]) -> str:
    """Sum up: Success when all were done, Warning when some were not, Error when none was."""
    flags = list(done)
    if all(flags):
        return "Success"
    return "Warning" if any(flags) else "Error"


def details(
    message: str,
    texts: Mapping[str, str],
    failures: Mapping[str, str],
    in_wanted_state: Collection[str] = (),
) -> dict[str, Any]:
    """Make the answer with a text for each id, in the order asked; `failures` has the reasons of those not done.

    Reasons that say that an item is already so make the answer a warning at most.
    """
    status = status_of(name not in failures for name in texts)
    if status == "Error" and all(reason in in_wanted_state for reason in failures.values()):
        status = "Warning"
    answer: dict[str, Any] = {
        "status": status,
        "message": SEE_ERRORS if status == "Error" else message,
        "details": {name: failures.get(name, text) for name, text in texts.items()},
    }
    if failures:
        answer["errors"] = list(failures.values())
    return answer


def lead_ids(members: Mapping[str, Any], *names: str) -> list[str]:
    """Find the ids of leads under the first of these names that has any; raises UnreadableError without any."""
    for name in names:
        ids = as_ids(members.get(name))
        if len(ids) > _MOST:
            raise UnreadableError(f"{name} must not be more than {_MOST}")
        if ids:
            return ids
    raise UnreadableError(f"{names[0]} is required")


def numbers_of(ids: Iterable[str]) -> dict[str, int]:
    """Give the numbers of those ids that can be a record's."""
    return {text: number for text in ids if (number := id_number(text)) is not None}


def failures_of(asked: Iterable[str], numbers: Mapping[str, int], done: Mapping[int, str]) -> dict[str, str]:
    """Give the reasons of what was not done by the ids as they were asked for."""
    reasons = {text: done.get(numbers[text], NOT_FOUND) if text in numbers else NOT_FOUND for text in asked}
    return {text: reason for text, reason in reasons.items() if reason}

"""Queueing e-mails in the unit of work of what they tell."""

from datetime import timedelta
from typing import Any

from leadyard.kit.clock import now
from leadyard.mails import store
from leadyard.mails.model import MailKind
from leadyard.storage.database import Connection

_KEPT = timedelta(days=2)


async def can_send(connection: Connection, account_id: int) -> bool:
    """Tell whether an account has an active mail server, without which it writes to nobody."""
    return await store.can_send(connection, account_id)


async def queue(
    connection: Connection,
    account_id: int,
    kind: MailKind,
    recipient: str,
    details: dict[str, Any] | None = None,
    *,
    kept: timedelta = _KEPT,
) -> None:
    """Queue an e-mail, which is tried for so long; nothing is queued where the account has no active mail server."""
    at = now()
    await store.insert(connection, account_id, kind, recipient, details or {}, at, at + kept)

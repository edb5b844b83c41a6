"""The rows of e-mails that wait."""

from datetime import datetime
from typing import Any

from leadyard.mails.model import MailKind, WaitingMail
from leadyard.storage.database import Connection

_HAS_SERVER = "EXISTS (SELECT FROM mail_servers WHERE account_id = $1 AND status = 'Active')"
_CAN_SEND = f"SELECT {_HAS_SERVER}"
_INSERT = f"""
INSERT INTO mails (account_id, kind, recipient, details, due_at, ends_at)
SELECT $1, $2, $3, $4, $5, $6 WHERE {_HAS_SERVER}
"""

_DUE_ACCOUNTS = "SELECT DISTINCT account_id FROM mails WHERE due_at <= $1"
_CLAIM = """
UPDATE mails SET tries = tries + 1, due_at = $2 + interval '5 minutes'
WHERE account_id = $1 AND id IN (
    SELECT id FROM mails WHERE account_id = $1 AND due_at <= $2 ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED
) RETURNING id, kind, recipient, details, tries, ends_at
"""
_DELETE = "DELETE FROM mails WHERE account_id = $1 AND id = $2"
_PUT_OFF = "UPDATE mails SET due_at = $3 WHERE account_id = $1 AND id = $2"


async def can_send(connection: Connection, account_id: int) -> bool:
    """Tell whether an account has an active mail server."""
    return bool(await connection.fetchval(_CAN_SEND, account_id))


async def insert(
    connection: Connection,
    account_id: int,
    kind: MailKind,
    recipient: str,
    details: dict[str, Any],
    now: datetime,
    ends_at: datetime,
) -> None:
    """Queue an e-mail; nothing happens where no mail server could send it."""
    await connection.execute(_INSERT, account_id, kind.value, recipient, details, now, ends_at)


async def due_accounts(connection: Connection, now: datetime) -> list[int]:
    """List the accounts whose e-mails are due."""
    return [row["account_id"] for row in await connection.fetch(_DUE_ACCOUNTS, now)]


async def claim(connection: Connection, account_id: int, now: datetime, most: int) -> list[WaitingMail]:
    """Take e-mails that are due; whoever takes one and ends leaves it to others after five minutes."""
    rows = await connection.fetch(_CLAIM, account_id, now, most)
    return [
        WaitingMail(
            row["id"],
            MailKind(row["kind"]),
            row["recipient"],
            row["details"],
            row["tries"],
            row["ends_at"],
        )
        for row in rows
    ]


async def delete(connection: Connection, account_id: int, mail_id: int) -> None:
    """Remove an e-mail that is done with."""
    await connection.execute(_DELETE, account_id, mail_id)


async def put_off(connection: Connection, account_id: int, mail_id: int, due_at: datetime) -> None:
    """Send an e-mail later."""
    await connection.execute(_PUT_OFF, account_id, mail_id, due_at)

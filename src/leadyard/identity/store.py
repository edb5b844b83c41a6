"""The rows of accounts, users, API keys and the audit log."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from leadyard.identity.model import Account, ApiKey, KeyKind, KeySettings
from leadyard.storage.database import Connection, Row, execute, fetch
from leadyard.storage.tables.operators import accounts, api_keys, audit_log, users

ACCOUNT_COLUMNS = "id, name, slug, time_zone, currency, hosts, takes_other_hosts"


def account_of(row: Row) -> Account:
    """Read an account from its row."""
    values = dict(row)
    return Account(**{**values, "hosts": tuple(values["hosts"])})


def key_of(row: Row) -> ApiKey:
    """Read a key from its row."""
    return ApiKey(
        id=row["id"],
        kind=KeyKind(row["kind"]),
        reference=row["reference"],
        hint=row["hint"],
        settings=msgspec.convert(row["settings"], KeySettings),
        supplier_id=row["supplier_id"],
        buyer_id=row["buyer_id"],
        last_used_at=row["last_used_at"],
        revoked_at=row["revoked_at"],
    )


async def find_account(connection: Connection, account_id: int) -> Account | None:
    """Find an account."""
    row = await connection.fetchrow(f"SELECT {ACCOUNT_COLUMNS} FROM accounts WHERE id = $1", account_id)
    return None if row is None else account_of(row)


async def find_account_by_slug(connection: Connection, slug: str) -> Account | None:
    """Find an account by the short name that commands use."""
    row = await connection.fetchrow(f"SELECT {ACCOUNT_COLUMNS} FROM accounts WHERE slug = $1", slug)
    return None if row is None else account_of(row)


async def account_by_host(connection: Connection, host: str) -> int | None:
    """Find the account whose classic API answers to a host name in lower case, else one that takes any."""
    found: int | None = await connection.fetchval(
        "SELECT id FROM accounts WHERE $1 = ANY(hosts) OR takes_other_hosts"
        " ORDER BY $1 = ANY(hosts) DESC, id LIMIT 1",
        host,
    )
    return found


async def list_accounts(connection: Connection) -> list[Account]:
    """Give all accounts of the installation, in order of id."""
    rows = await connection.fetch(f"SELECT {ACCOUNT_COLUMNS} FROM accounts ORDER BY id")
    return [account_of(row) for row in rows]


async def lock_accounts(connection: Connection) -> None:
    """Keep everybody else from making or changing accounts until the unit of work ends."""
    await connection.execute("LOCK TABLE accounts IN SHARE ROW EXCLUSIVE MODE")


async def insert_account(connection: Connection, account: Account) -> Account:
    """Write an account, giving it the next id; the accounts must be locked."""
    last = await connection.fetchval("SELECT coalesce(max(id), 0) FROM accounts")
    stored = msgspec.structs.replace(account, id=last + 1)
    await execute(connection, sa.insert(accounts).values(**msgspec.structs.asdict(stored), settings={}))
    return stored


async def update_account(connection: Connection, account: Account) -> None:
    """Overwrite an account's name and time zone."""
    await connection.execute(
        "UPDATE accounts SET name = $2, time_zone = $3 WHERE id = $1",
        account.id,
        account.name,
        account.time_zone,
    )


async def insert_user(connection: Connection, account_id: int, values: Mapping[str, Any]) -> None:
    """Write a user."""
    await execute(connection, sa.insert(users).values(account_id=account_id, **values))


async def user_exists(connection: Connection, account_id: int, email: str) -> bool:
    """Tell whether an address, in lower case, is a user's already."""
    sql = "SELECT EXISTS (SELECT 1 FROM users WHERE account_id = $1 AND email = $2)"
    return bool(await connection.fetchval(sql, account_id, email))


async def account_of_key(connection: Connection, key_hash: bytes) -> int | None:
    """Find the account that a key belongs to: the one query that cannot name an account."""
    found: int | None = await connection.fetchval(
        "SELECT account_id FROM api_keys WHERE key_hash = $1 AND revoked_at IS NULL", key_hash
    )
    return found


async def load_keys(connection: Connection, account_id: int) -> dict[bytes, ApiKey]:
    """Load the keys of an account that are not revoked, by their hash."""
    rows = await connection.fetch(
        "SELECT * FROM api_keys WHERE account_id = $1 AND revoked_at IS NULL", account_id
    )
    return {row["key_hash"]: key_of(row) for row in rows}


async def find_key(connection: Connection, account_id: int, key_id: int) -> Row | None:
    """Find a key, revoked or not."""
    return await connection.fetchrow(
        "SELECT * FROM api_keys WHERE account_id = $1 AND id = $2", account_id, key_id
    )


async def insert_key(
    connection: Connection, account_id: int, key: ApiKey, key_hash: bytes, created_at: datetime
) -> None:
    """Write a key."""
    values = {**msgspec.structs.asdict(key), "kind": int(key.kind)}
    await execute(
        connection,
        sa.insert(api_keys).values(account_id=account_id, key_hash=key_hash, created_at=created_at, **values),
    )


async def update_key(connection: Connection, account_id: int, key: ApiKey) -> None:
    """Overwrite what may change of a key."""
    await connection.execute(
        "UPDATE api_keys SET reference = $3, settings = $4, revoked_at = $5"
        " WHERE account_id = $1 AND id = $2",
        account_id,
        key.id,
        key.reference,
        key.settings,
        key.revoked_at,
    )


async def keys_page(
    connection: Connection, account_id: int, *, revoked: bool | None, limit: int, offset: int
) -> tuple[list[Row], int]:
    """Give one page of an account's keys, and how many there are."""
    found = sa.select(api_keys).where(api_keys.c.account_id == account_id)
    if revoked is not None:
        mark = api_keys.c.revoked_at
        found = found.where(mark.is_not(None) if revoked else mark.is_(None))
    return await _page(connection, found, api_keys.c.id, limit, offset)


async def touch_keys(connection: Connection, account_id: int, uses: Mapping[int, datetime]) -> None:
    """Record when keys were last used; an older use never replaces a newer one."""
    await connection.execute(
        "UPDATE api_keys SET last_used_at = greatest(last_used_at, used.at)"
        " FROM unnest($2::bigint[], $3::timestamptz[]) AS used(id, at)"
        " WHERE account_id = $1 AND api_keys.id = used.id",
        account_id,
        list(uses),
        list(uses.values()),
    )


async def party_exists(connection: Connection, account_id: int, table: str, party_id: int) -> bool:
    """Tell whether a supplier (`partners`) or buyer (`buyers`) is one of this account's."""
    sql = f"SELECT EXISTS (SELECT 1 FROM {table} WHERE account_id = $1 AND id = $2)"
    return bool(await connection.fetchval(sql, account_id, party_id))


async def insert_change(connection: Connection, account_id: int, values: Mapping[str, Any]) -> None:
    """Write a line of the audit log."""
    await execute(connection, sa.insert(audit_log).values(account_id=account_id, **values))


async def changes_page(
    connection: Connection,
    account_id: int,
    *,
    entity: str | None,
    entity_id: int | None,
    limit: int,
    offset: int,
) -> tuple[list[Row], int]:
    """Give one page of an account's audit log, newest first, and how many lines there are."""
    found = sa.select(audit_log).where(audit_log.c.account_id == account_id)
    if entity is not None:
        found = found.where(audit_log.c.entity == entity)
    if entity_id is not None:
        found = found.where(audit_log.c.entity_id == entity_id)
    return await _page(connection, found, audit_log.c.id.desc(), limit, offset)


async def _page(
    connection: Connection, found: sa.Select[Any], order: Any, limit: int, offset: int
) -> tuple[list[Row], int]:
    total = await fetch(connection, sa.select(sa.func.count().label("total")).select_from(found.subquery()))
    rows = await fetch(connection, found.order_by(order).limit(limit).offset(offset))
    return list(rows), int(total[0]["total"])

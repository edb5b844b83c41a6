"""What operators do with accounts, users and API keys, and what other rooms ask about them."""

import asyncio
from collections.abc import Mapping

import msgspec

from leadyard.identity import store
from leadyard.identity.accounts import (
    AccountInput,
    User,
    account_problems,
    hash_password,
    user_problems,
)
from leadyard.identity.actor import Actor
from leadyard.identity.audit import record_change
from leadyard.identity.keys import KeyInput, KeyRecord, is_leaddyno, key_problems, key_record
from leadyard.identity.model import Account, ApiKey
from leadyard.identity.store import (
    account_by_host,
    account_of_key,
    find_account_by_slug,
    load_keys,
    touch_keys,
)
from leadyard.identity.versions import bump_version
from leadyard.kit.clock import now
from leadyard.kit.documents import merged, read
from leadyard.kit.errors import ConflictError, FieldProblem, InvalidInputError, NotFoundError
from leadyard.kit.ids import (
    hash_secret,
    looks_like_api_key,
    looks_like_leaddyno_key,
    new_api_key,
    new_leaddyno_key,
)
from leadyard.storage.counters import next_id
from leadyard.storage.database import Connection, Database, Row

__all__ = [
    "account_by_host",
    "account_of_key",
    "create_account",
    "create_key",
    "create_user",
    "create_user_in",
    "find_account_by_slug",
    "list_accounts",
    "list_keys",
    "load_account",
    "load_keys",
    "read_key",
    "record_change",
    "revoke_key",
    "touch_keys",
    "update_account",
    "update_key",
]


async def load_account(connection: Connection, account_id: int) -> Account:
    """Load an account; raises NotFoundError."""
    account = await store.find_account(connection, account_id)
    if account is None:
        raise NotFoundError("There is no such account.")
    return account


async def list_accounts(database: Database) -> list[Account]:
    """Give all accounts of the installation, in order of id."""
    async with database.connection() as connection:
        return await store.list_accounts(connection)


async def create_account(
    database: Database,
    *,
    name: str,
    slug: str,
    time_zone: str = "Europe/London",
    currency: str = "GBP",
    hosts: tuple[str, ...] = (),
    takes_other_hosts: bool = False,
    actor: str = "command line",
) -> Account:
    """Make a tenant; raises InvalidInputError, and ConflictError when the slug or a host is another account's."""
    account = Account(0, name, slug, time_zone, currency, hosts, takes_other_hosts)
    problems = account_problems(account)
    if problems:
        raise InvalidInputError(problems)
    async with database.unit_of_work() as connection:
        await store.lock_accounts(connection)
        for other in await store.list_accounts(connection):
            _require_apart(account, other)
        stored = await store.insert_account(connection, account)
        await bump_version(connection, stored.id)
        await record_change(connection, stored.id, actor, "create", "account", stored.id, None, stored)
    return stored


def _require_apart(account: Account, other: Account) -> None:
    if account.slug == other.slug:
        raise ConflictError("slug", "is taken by another account")
    for i, host in enumerate(account.hosts):
        if host in other.hosts:
            raise ConflictError(f"hosts[{i}]", f"is taken by the account {other.slug}")


async def update_account(database: Database, actor: Actor, patch: Mapping[str, object]) -> Account:
    """Change an account's name or time zone by a merge patch; raises InvalidInputError."""
    async with database.unit_of_work() as connection:
        await bump_version(connection, actor.account_id)
        before = await load_account(connection, actor.account_id)
        known = {"name": before.name, "time_zone": before.time_zone}
        wanted = read(merged(known, patch), AccountInput)
        after = msgspec.structs.replace(before, name=wanted.name, time_zone=wanted.time_zone)
        problems = account_problems(after)
        if problems:
            raise InvalidInputError(problems)
        await store.update_account(connection, after)
        await record_change(connection, after.id, actor.name, "update", "account", after.id, before, after)
    return after


async def create_user(
    database: Database, actor: Actor, *, email: str, name: str, role: str, password: str
) -> User:
    """Make a user whose password is kept as an argon2id hash; raises InvalidInputError and ConflictError."""
    problems = user_problems(email, name, role, password)
    if problems:
        raise InvalidInputError(problems)
    password_hash = await asyncio.to_thread(hash_password, password)
    async with database.unit_of_work() as connection:
        return await create_user_in(connection, actor, User(0, email, name, role), password_hash)


async def create_user_in(connection: Connection, actor: Actor, wanted: User, password_hash: str) -> User:
    """Make a user inside the caller's unit of work; without a password hash nobody can sign in as it yet.

    Raises InvalidInputError and ConflictError.
    """
    problems = user_problems(wanted.email, wanted.name, wanted.role, None)
    if problems:
        raise InvalidInputError(problems)
    await bump_version(connection, actor.account_id)
    if await store.user_exists(connection, actor.account_id, wanted.email.lower()):
        raise ConflictError("email", "is taken by another user")
    user_id = await next_id(connection, actor.account_id, "user")
    user = msgspec.structs.replace(wanted, id=user_id, email=wanted.email.lower())
    values = {**msgspec.structs.asdict(user), "password_hash": password_hash}
    await store.insert_user(connection, actor.account_id, values)
    await record_change(connection, actor.account_id, actor.name, "create", "user", user.id, None, user)
    return user


async def create_key(
    database: Database, actor: Actor, document: object, *, key: str | None = None
) -> tuple[ApiKey, str]:
    """Make an API key from a KeyInput or its JSON form; the key itself, second, cannot be had again.

    A key given (32 hex digits, 40 for LeadDyno's kinds) is used as it is, else a random one is made.
    Raises InvalidInputError.
    """
    wanted = read(msgspec.to_builtins(document), KeyInput)
    plain = _plain_key(wanted, key)
    async with database.unit_of_work() as connection:
        await bump_version(connection, actor.account_id)
        await _refuse_bad_key(connection, actor.account_id, wanted)
        key_id = await next_id(connection, actor.account_id, "key")
        stored = ApiKey(
            key_id, wanted.number, wanted.reference, plain[-4:], wanted.settings,
            wanted.supplier_id, wanted.buyer_id,
        )  # fmt: skip
        made_at = now()
        await store.insert_key(connection, actor.account_id, stored, hash_secret(plain), made_at)
        await _record(connection, actor, "create", None, key_record(stored, made_at))
    return stored, plain


def _plain_key(wanted: KeyInput, given: str | None) -> str:
    if is_leaddyno(wanted.number):
        plain = new_leaddyno_key() if given is None else given
        if not looks_like_leaddyno_key(plain):
            raise InvalidInputError.of("key", "must be 40 hex digits in lower case")
        return plain
    plain = new_api_key() if given is None else given
    if not looks_like_api_key(plain):
        raise InvalidInputError.of("key", "must be 32 hex digits in lower case")
    return plain


async def update_key(database: Database, actor: Actor, key_id: int, patch: Mapping[str, object]) -> KeyRecord:
    """Change a key's reference and settings by a merge patch; raises NotFoundError, InvalidInputError.

    What a key is tied to stays: ConflictError. So does a revoked key.
    """
    async with database.unit_of_work() as connection:
        await bump_version(connection, actor.account_id)
        row = await _key_row(connection, actor.account_id, key_id)
        before = key_record(store.key_of(row), row["created_at"])
        if before.revoked_at is not None:
            raise ConflictError("revoked_at", "is set: a revoked key stays as it is")
        wanted = read(merged(_input_form(before), patch), KeyInput)
        for member in ("kind", "supplier_id", "buyer_id"):
            if getattr(wanted, member) != getattr(before, member):
                raise ConflictError(member, "cannot be changed; make another key")
        await _refuse_bad_key(connection, actor.account_id, wanted)
        after = msgspec.structs.replace(before, reference=wanted.reference, settings=wanted.settings)
        changed = msgspec.structs.replace(
            store.key_of(row), reference=after.reference, settings=after.settings
        )
        await store.update_key(connection, actor.account_id, changed)
        await _record(connection, actor, "update", before, after)
    return after


async def revoke_key(database: Database, actor: Actor, key_id: int) -> None:
    """Take a key out of use for ever, at once on every process; a second time changes nothing."""
    async with database.unit_of_work() as connection:
        await bump_version(connection, actor.account_id)
        row = await _key_row(connection, actor.account_id, key_id)
        key = store.key_of(row)
        if key.revoked_at is not None:
            return
        revoked = msgspec.structs.replace(key, revoked_at=now())
        await store.update_key(connection, actor.account_id, revoked)
        before, after = (key_record(k, row["created_at"]) for k in (key, revoked))
        await _record(connection, actor, "revoke", before, after)


async def read_key(database: Database, account_id: int, key_id: int) -> KeyRecord:
    """Show a key, revoked or not; raises NotFoundError."""
    async with database.connection() as connection:
        row = await _key_row(connection, account_id, key_id)
    return key_record(store.key_of(row), row["created_at"])


async def list_keys(
    database: Database,
    account_id: int,
    *,
    revoked: bool | None = None,
    page: int = 1,
    per_page: int = 50,
) -> tuple[list[KeyRecord], int]:
    """Show one page of an account's keys, and how many there are."""
    async with database.connection() as connection:
        rows, total = await store.keys_page(
            connection, account_id, revoked=revoked, limit=per_page, offset=(page - 1) * per_page
        )
    return [key_record(store.key_of(row), row["created_at"]) for row in rows], total


async def _key_row(connection: Connection, account_id: int, key_id: int) -> Row:
    row = await store.find_key(connection, account_id, key_id)
    if row is None:
        raise NotFoundError("There is no such key.")
    return row


async def _refuse_bad_key(connection: Connection, account_id: int, key: KeyInput) -> None:
    problems = key_problems(key)
    for member, table, party_id in (
        ("supplier_id", "partners", key.supplier_id),
        ("buyer_id", "buyers", key.buyer_id),
        ("settings.lead_return.buyer_id", "buyers", key.settings.lead_return.buyer_id),
    ):
        if party_id is not None and not await store.party_exists(connection, account_id, table, party_id):
            problems.append(FieldProblem(member, "does not exist"))
    if problems:
        raise InvalidInputError(problems)


def _input_form(record: KeyRecord) -> object:
    document = msgspec.to_builtins(record)
    return {name: document[name] for name in KeyInput.__struct_fields__}


async def _record(
    connection: Connection, actor: Actor, action: str, before: KeyRecord | None, after: KeyRecord
) -> None:
    await record_change(connection, actor.account_id, actor.name, action, "key", after.id, before, after)

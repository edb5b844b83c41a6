"""Signing affiliates in, by a link that works once or by password, and out."""

import asyncio
import secrets
from datetime import timedelta

from leadyard.affiliates.affiliates import service as affiliates
from leadyard.affiliates.pages import store
from leadyard.affiliates.pages.guarding import links_of, links_to, tries_for, tries_of, tries_within
from leadyard.affiliates.pages.model import Session
from leadyard.delivery.transports.email.message import is_address
from leadyard.identity import rate_limits
from leadyard.identity.accounts import SHORTEST_PASSWORD, hash_password, password_matches
from leadyard.identity.actor import Actor
from leadyard.identity.service import record_change
from leadyard.kit.clock import now
from leadyard.kit.documents import text_problem
from leadyard.kit.errors import FieldProblem, InvalidInputError
from leadyard.kit.ids import hash_secret
from leadyard.mails import service as mails
from leadyard.mails.model import MailKind
from leadyard.people.model import email_key
from leadyard.storage.database import Connection, Database

SESSION_DAYS = 14
LONGEST_PASSWORD = 1000
_LONGEST_TOKEN = 128
_LINK_IS_TRIED = timedelta(minutes=30)
# A hash takes 64 MiB while it is worked out.
_hashing = asyncio.Semaphore(2)
_no_password: str | None = None


async def sign_in_by_link(database: Database, token: str) -> tuple[int, str] | None:
    """Use up a link: the account and the new session's token; None for a link that does not work (any more)."""
    if len(token) > _LONGEST_TOKEN:
        return None
    async with database.unit_of_work() as connection:
        used = await store.use_link(connection, hash_secret(token))
        if used is None:
            return None
        return used[0], await _begin(connection, *used, by_link=True)


async def account_of_link(database: Database, token: str) -> int | None:
    """Tell whose link it is, without using it up; None for one that does not work (any more)."""
    if len(token) > _LONGEST_TOKEN:
        return None
    async with database.connection() as connection:
        return await store.link_account(connection, hash_secret(token))


async def mail_link(database: Database, account_id: int, caller: str, email: str) -> None:
    """Have a link sent to an address, which the worker looks up: here everybody's takes as long.

    Raises TooManyRequestsError after too many from this caller or for this address.
    """
    address, at = email.strip()[:254], now()
    async with database.unit_of_work() as connection:
        for limit in (links_of(caller), links_to(email_key(address))):
            await rate_limits.take(connection, account_id, limit, at)
        if text_problem(address) is None and is_address(address):
            await mails.queue(connection, account_id, MailKind.SIGN_IN_LINK, address, kept=_LINK_IS_TRIED)


async def sign_in_by_password(
    database: Database, account_id: int, caller: str, email: str, password: str
) -> str | None:
    """Give a new session's token, or None for an address and a password that do not go together.

    Raises TooManyRequestsError after too many wrong ones from this caller or for this address.
    """
    key, at = email_key(email[:254]), now()
    limits = tries_of(caller), tries_for(key)
    async with database.connection() as connection:
        for limit in limits:
            await rate_limits.take(connection, account_id, limit, at)
        found = await store.password_by_email(connection, account_id, key)
    affiliate_id, password_hash = found or (0, None)
    # An address without a password takes as long as one with: nobody learns by the time whom there is.
    fits = await _matches(password_hash or await _nobodys(), password)
    if password_hash is None or not fits:
        return None
    async with database.unit_of_work() as connection:
        for limit in limits:
            await rate_limits.put_back(connection, account_id, limit, at)
        return await _begin(connection, account_id, affiliate_id, by_link=False)


async def find(connection: Connection, account_id: int, token: str | None) -> Session | None:
    """Find the session of a cookie; None when there is none or it has run out."""
    if not token or len(token) > _LONGEST_TOKEN:
        return None
    row = await store.session(connection, account_id, hash_secret(token))
    return None if row is None else Session(row["affiliate_id"], row["by_link"], token)


async def sign_out(database: Database, account_id: int, session: Session) -> None:
    """End a session."""
    async with database.connection() as connection:
        await store.end_session(connection, account_id, hash_secret(session.token))


async def change_password(
    database: Database, account_id: int, session: Session, old: str, new: str, again: str
) -> None:
    """Give whoever is signed in another password, and end its other sessions.

    The old one must be told unless there is none, or the session began by a link. Raises InvalidInputError, and
    TooManyRequestsError after too many wrong ones.
    """
    problems = new_password_problems(new)
    if not problems and new != again:
        problems = [FieldProblem("password_again", "is not the same as the new password")]
    async with database.connection() as connection:
        known = await store.password_of(connection, account_id, session.affiliate_id)
    if known is not None and not session.by_link:
        limit, at = tries_within(session.affiliate_id), now()
        async with database.connection() as connection:
            await rate_limits.take(connection, account_id, limit, at)
        if await _matches(known, old):
            async with database.connection() as connection:
                await rate_limits.put_back(connection, account_id, limit, at)
        else:
            problems.insert(0, FieldProblem("old_password", "is not your password"))
    if problems:
        raise InvalidInputError(problems)
    password_hash = await hashed(new)
    async with database.unit_of_work() as connection:
        await store.set_password(connection, account_id, session.affiliate_id, password_hash)
        await store.keep_only(connection, account_id, session.affiliate_id, hash_secret(session.token))
        actor = actor_of(account_id, session.affiliate_id)
        await record_change(
            connection,
            account_id,
            actor.name,
            "set password",
            affiliates.ENTITY,
            session.affiliate_id,
            None,
            None,
        )


async def has_password(connection: Connection, account_id: int, affiliate_id: int) -> bool:
    """Tell whether an affiliate can sign in by password."""
    return await store.password_of(connection, account_id, affiliate_id) is not None


def new_password_problems(password: str) -> list[FieldProblem]:
    """Name what is wrong with a new password."""
    trouble = text_problem(password)
    if trouble is None and not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        trouble = f"must have {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters"
    return [] if trouble is None else [FieldProblem("password", trouble)]


def actor_of(account_id: int, affiliate_id: int) -> Actor:
    """Take an affiliate as the one who is on record for a change."""
    return Actor(account_id, f"affiliate {affiliate_id}")


async def hashed(password: str) -> str:
    """Hash a password, a few at a time."""
    async with _hashing:
        return await asyncio.to_thread(hash_password, password)


async def _matches(password_hash: str, password: str) -> bool:
    if len(password) > LONGEST_PASSWORD:
        return False
    async with _hashing:
        return await asyncio.to_thread(password_matches, password_hash, password)


async def _nobodys() -> str:
    global _no_password  # noqa: PLW0603 - made once per process, for it takes as long as any other
    if _no_password is None:
        _no_password = await hashed(secrets.token_urlsafe(32))
    return _no_password


async def _begin(connection: Connection, account_id: int, affiliate_id: int, *, by_link: bool) -> str:
    token = secrets.token_urlsafe(32)
    await store.begin_session(
        connection, account_id, affiliate_id, hash_secret(token), SESSION_DAYS, by_link=by_link
    )
    return token

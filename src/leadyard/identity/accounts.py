"""Accounts and users as operators make them."""

import re
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from msgspec import Meta

from leadyard.identity.model import Account
from leadyard.kit.documents import text_problem
from leadyard.kit.errors import FieldProblem

SHORTEST_PASSWORD = 12
LONGEST_TEXT = 255

_slug = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?").fullmatch
_currency = re.compile(r"[A-Z]{3}").fullmatch
_host = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?").fullmatch
_email = re.compile(r"[^@\s]+@[^@\s]+").fullmatch
_hasher = PasswordHasher()


class AccountInput(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator may change of the account."""

    name: Annotated[str, Meta(min_length=1, max_length=255)]
    time_zone: Annotated[str, Meta(description="An IANA name such as Europe/London.")]


class User(msgspec.Struct, frozen=True):
    """A person who signs in to the console; one of a buyer's people is tied to that buyer."""

    id: int
    email: str
    name: str
    role: str
    buyer_id: int | None = None


def account_problems(account: Account) -> list[FieldProblem]:
    """Name everything that is wrong with an account."""
    problems = name_problems("name", account.name)
    if not _slug(account.slug):
        problems.append(FieldProblem("slug", "must be lower-case letters, digits and hyphens, at most 63"))
    if not _currency(account.currency):
        problems.append(FieldProblem("currency", "must be an ISO 4217 code such as GBP"))
    if not is_time_zone(account.time_zone):
        problems.append(FieldProblem("time_zone", "is not a known time zone"))
    problems += [
        FieldProblem(f"hosts[{i}]", "is not a host name in lower case")
        for i, host in enumerate(account.hosts)
        if not _host(host)
    ]
    return problems


def user_problems(email: str, name: str, role: str, password: str | None) -> list[FieldProblem]:
    """Name everything that is wrong with a new user; None for a password that somebody sets later."""
    problems = name_problems("name", name) + name_problems("role", role)
    trouble = text_problem(email)
    if trouble or len(email) > LONGEST_TEXT or not _email(email):
        problems.append(FieldProblem("email", trouble or "is not a valid email address"))
    if password is not None and len(password) < SHORTEST_PASSWORD:
        problems.append(FieldProblem("password", f"must have at least {SHORTEST_PASSWORD} characters"))
    return problems


def name_problems(field: str, text: str) -> list[FieldProblem]:
    """Name what is wrong with a short text that must not be blank."""
    trouble = text_problem(text)
    if trouble is None and (not text.strip() or len(text) > LONGEST_TEXT):
        trouble = f"must have 1 to {LONGEST_TEXT} characters"
    return [] if trouble is None else [FieldProblem(field, trouble)]


def is_time_zone(name: str) -> bool:
    """Tell whether a text names a time zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def hash_password(password: str) -> str:
    """Hash a password with argon2id; slow on purpose, so call it in a thread."""
    return _hasher.hash(password)


def password_matches(password_hash: str, password: str) -> bool:
    """Tell whether a password is the one that was hashed; slow on purpose, so call it in a thread."""
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False

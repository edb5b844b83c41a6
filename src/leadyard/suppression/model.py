"""What a suppression list holds and how a value is found in it: pure."""

import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import blake2b
from typing import Annotated

import msgspec
import phonenumbers
from msgspec import Meta
from phonenumbers.phonenumberutil import ndd_prefix_for_region

from leadyard.intake.fields import email_key, phone_key

DIGEST_BYTES = 16
LONGEST_VALUE = 1000
_HEX_LENGTHS = {"md5": 32, "sha1": 40, "sha256": 64}
_hex = re.compile(r"[0-9a-f]+").fullmatch
_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_blanks = re.compile(r"\s+").sub


WindowHours = Annotated[int, Meta(ge=1, le=876_000)]


class ListStatus(StrEnum):
    """The life of a list; one that is not active has nothing on it."""

    ACTIVE = "Active"
    INACTIVE = "Inactive"
    ARCHIVED = "Archived"


class Holds(StrEnum):
    """What the values of a list are, which decides how they are compared."""

    EMAIL = "email"
    """Addresses, in any case."""
    PHONE = "phone"
    """Telephone numbers, however they are written."""
    DOMAIN = "domain"
    """Domains of e-mail addresses, with everything below them."""
    TEXT = "text"
    """Anything else, without regard to case and blanks: postcodes, IP addresses."""


class Form(StrEnum):
    """How the values were handed in."""

    PLAIN = "plain"
    MD5 = "md5"
    SHA1 = "sha1"
    SHA256 = "sha256"


class ListSettings(msgspec.Struct, frozen=True):
    """What an operator says of a list; what it holds and in which form stays as it was made."""

    holds: Holds
    form: Annotated[
        Form,
        Meta(
            description="`plain` values, or hexadecimal digests of values: e-mails and domains in lower case."
        ),
    ] = Form.PLAIN
    country: Annotated[
        str, Meta(pattern="^[A-Z]{2}$", description="Where numbers without a country code belong.")
    ] = "GB"
    window_hours: Annotated[
        WindowHours | None,
        Meta(description="How long a value counts from when it was last put on the list; none: for ever."),
    ] = None
    tps: Annotated[bool, Meta(description="Answers LeadByte's /validate/tps where no provider does.")] = False


class SuppressionList(msgspec.Struct, frozen=True):
    """A list as every process knows it, without its values."""

    id: int
    name: str
    status: ListStatus
    settings: ListSettings


class ListInput(msgspec.Struct, frozen=True, kw_only=True):
    """A suppression list."""

    name: Annotated[str, Meta(min_length=1, max_length=255, pattern=r"\S")]
    status: ListStatus = ListStatus.ACTIVE
    settings: ListSettings


class ListRecord(ListInput, frozen=True, kw_only=True):
    """A suppression list as it stands."""

    id: int
    created_at: datetime
    updated_at: datetime


class BadEntryError(ValueError):
    """A line that is no value of its list; the text says why, without repeating it."""


def counts_since(settings: ListSettings, now: datetime) -> datetime:
    """Tell since when a value must be on a list to count."""
    hours = settings.window_hours
    return _EVER if hours is None else max(_EVER, now - timedelta(hours=hours))


def entry_digest(settings: ListSettings, line: str) -> bytes:
    """Work out what is kept of an uploaded value, or of its hash; raises BadEntryError."""
    value = line.strip().strip('"').strip()
    if len(value) > LONGEST_VALUE:
        raise BadEntryError("is too long")
    length = _HEX_LENGTHS.get(settings.form)
    if length is not None and len(value) == length and _hex(value.lower()):
        return bytes.fromhex(value)[:DIGEST_BYTES]
    plain = _plain(settings, value)
    if not plain:
        raise BadEntryError(f"is not {_WORDS[settings.holds]}")
    return digest_of(settings.form, plain)


def digests_of(settings: ListSettings, value: str, country: str) -> tuple[bytes, ...]:
    """Work out under which digests a lead's value would be on the list; `country` is the lead's campaign's."""
    forms = tuple(dict.fromkeys(_forms(settings, value, country)))
    return tuple(digest_of(settings.form, form) for form in forms)


def digest_of(form: Form, plain: str) -> bytes:
    """Give the first 16 bytes of a value's digest: of the list's own kind, else of a fast one."""
    data = plain.encode(errors="replace")
    if form is Form.PLAIN:
        return blake2b(data, digest_size=DIGEST_BYTES).digest()
    return hashlib.new(form.value, data, usedforsecurity=False).digest()[:DIGEST_BYTES]


_WORDS = {
    Holds.EMAIL: "an e-mail address",
    Holds.PHONE: "a telephone number",
    Holds.DOMAIN: "a domain",
    Holds.TEXT: "a value",
}


def _plain(settings: ListSettings, value: str) -> str:
    """Give the one form in which a plain value is kept."""
    match settings.holds:
        case Holds.EMAIL:
            return email_key(value) if "@" in value else ""
        case Holds.PHONE:
            return phone_key(value, settings.country)
        case Holds.DOMAIN:
            return _domain(value)
        case Holds.TEXT:
            return _blanks("", value).casefold()


def _forms(settings: ListSettings, value: str, country: str) -> Iterator[str]:
    """Give the forms under which a value may have been hashed by whoever made the list."""
    match settings.holds:
        case Holds.EMAIL:
            yield email_key(value)
        case Holds.PHONE:
            yield from _phone_forms(settings.form, phone_key(value, country))
        case Holds.DOMAIN:
            labels = _domain(value).split(".")
            yield from (".".join(labels[at:]) for at in range(max(1, len(labels) - 1)))
        case Holds.TEXT:
            yield _blanks("", value).casefold()
            if settings.form is not Form.PLAIN:
                yield value
                yield value.upper()


def _phone_forms(form: Form, international: str) -> Iterator[str]:
    yield international
    if form is Form.PLAIN:
        return
    yield f"+{international}"
    yield f"00{international}"
    try:
        parsed = phonenumbers.parse(f"+{international}", None)
    except phonenumbers.NumberParseException:
        return
    national = phonenumbers.national_significant_number(parsed)
    region = phonenumbers.region_code_for_country_code(parsed.country_code or 0)
    yield f"{ndd_prefix_for_region(region, strip_non_digits=True) or ''}{national}"
    yield national


def _domain(value: str) -> str:
    return email_key(value).rpartition("@")[2].strip(".")

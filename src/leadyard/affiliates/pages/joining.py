"""Signing up: by an account's page or by an affiliate's invitation."""

from collections.abc import Mapping

import msgspec

from leadyard.affiliates.affiliates import service as affiliates
from leadyard.affiliates.affiliates.checks import affiliate_problems
from leadyard.affiliates.affiliates.fields import fields_of
from leadyard.affiliates.affiliates.inputs import AffiliateInput, FieldRecord
from leadyard.affiliates.model import Affiliate, AffiliateStatus
from leadyard.affiliates.pages import sessions, store
from leadyard.affiliates.pages.guarding import sign_ups_of
from leadyard.affiliates.pages.own_fields import read_fields
from leadyard.affiliates.program import service as programs
from leadyard.identity import rate_limits
from leadyard.identity.actor import Actor
from leadyard.kit.clock import now
from leadyard.kit.documents import read as read_document
from leadyard.kit.errors import FieldProblem, InvalidInputError
from leadyard.mails import service as mails
from leadyard.mails.model import MailKind
from leadyard.storage.database import Connection, Database

HONEYPOT = "website"
TERMS = "terms"
_TEXTS = ("email", "first_name", "last_name", "paypal_email")


async def inviter(connection: Connection, account_id: int, affiliate_id: int) -> Affiliate | None:
    """Find who invites; None when nobody may come by this affiliate now."""
    program = await programs.read(connection, account_id)
    found = await affiliates.by_id(connection, account_id, affiliate_id)
    if found is None or found.status is not AffiliateStatus.ACTIVE or not program.pages.affiliates_invite:
        return None
    return found


async def sign_up(
    database: Database, account_id: int, caller: str, form: Mapping[str, str], parent: Affiliate | None
) -> None:
    """Make an affiliate of what a form says, under `parent`; one of this e-mail stays as it is, and nobody is told.

    Raises InvalidInputError with the names of the form, and TooManyRequestsError.
    """
    if form.get(HONEYPOT):
        return
    async with database.connection() as connection:
        fields = await fields_of(connection, account_id)
        program = await programs.read(connection, account_id)
    wanted = wanted_of(form, fields, needs_terms=program.pages.terms_url is not None)
    password = form.get("password", "")
    async with database.connection() as connection:
        await rate_limits.take(connection, account_id, sign_ups_of(caller), now())
    # Before anybody is looked up: an address that is known takes as long as one that is not.
    password_hash = await sessions.hashed(password)
    if parent is not None:
        wanted = msgspec.structs.replace(wanted, referring_affiliate=parent.email)
    async with database.unit_of_work() as connection:
        made, is_new = await affiliates.create_in(connection, Actor(account_id, "sign-up page"), wanted)
        if is_new:
            await store.set_password(connection, account_id, made.id, password_hash)
            if program.pages.mails_sign_ups:
                await mails.queue(connection, account_id, MailKind.AFFILIATE_JOINED, made.email)


def wanted_of(form: Mapping[str, str], fields: list[FieldRecord], *, needs_terms: bool) -> AffiliateInput:
    """Read a sign-up form; raises InvalidInputError with everything that is wrong, by the names of the form."""
    custom, problems = read_fields(fields, form)
    texts = {name: form.get(name, "").strip() or None for name in _TEXTS}
    if texts["email"] is None:
        problems.insert(0, FieldProblem("email", "is required"))
    if texts["first_name"] is None:
        problems.append(FieldProblem("first_name", "is required"))
    problems += sessions.new_password_problems(form.get("password", ""))
    if needs_terms and not form.get(TERMS):
        problems.append(FieldProblem(TERMS, "must be ticked"))
    document = {**texts, "email": texts["email"] or "nobody@example.com"}
    kept = {name: value for name, value in custom.items() if value is not None}
    try:
        wanted = read_document({**document, "custom_fields": kept}, AffiliateInput)
    except InvalidInputError as error:
        raise InvalidInputError([*problems, *error.problems]) from error
    problems += affiliate_problems(wanted)
    if problems:
        raise InvalidInputError(problems)
    return wanted

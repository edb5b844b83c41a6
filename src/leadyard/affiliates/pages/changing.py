"""What affiliates may change of themselves: the code, the name, where they are paid, the account's own fields."""

from collections.abc import Mapping

from leadyard.affiliates.affiliates import service as affiliates
from leadyard.affiliates.affiliates.checks import affiliate_problems
from leadyard.affiliates.affiliates.fields import fields_of
from leadyard.affiliates.affiliates.inputs import AffiliateInput
from leadyard.affiliates.pages.model import Visit
from leadyard.affiliates.pages.own_fields import read_fields
from leadyard.affiliates.pages.sessions import actor_of
from leadyard.kit.documents import read as read_document
from leadyard.kit.errors import ConflictError, FieldProblem, InvalidInputError
from leadyard.storage.database import Database

MOST_CODES = 50
_TEXTS = ("first_name", "last_name", "paypal_email")


async def change_code(database: Database, visit: Visit, code: str) -> None:
    """Give an affiliate another code; the old ones stay its own. Raises InvalidInputError and ConflictError."""
    if not visit.site.program.pages.code_can_change:
        raise InvalidInputError.of("code", "cannot be changed here")
    checked = read_document({"email": visit.affiliate.email, "code": code.strip()}, AffiliateInput)
    async with database.connection() as connection:
        codes = await affiliates.codes_of(connection, visit.account_id, visit.affiliate.id)
    if len(codes) >= MOST_CODES:
        raise ConflictError("code", f"cannot be changed any more: you have {MOST_CODES} already")
    actor = actor_of(visit.account_id, visit.affiliate.id)
    await affiliates.update(database, actor, visit.affiliate.id, {"code": checked.code})


async def change_account(database: Database, visit: Visit, form: Mapping[str, str]) -> None:
    """Change an affiliate's name, PayPal address and own fields; raises InvalidInputError by the names of the form."""
    async with database.connection() as connection:
        fields = await fields_of(connection, visit.account_id)
    custom, problems = read_fields(fields, form)
    texts = {name: form.get(name, "").strip() or None for name in _TEXTS}
    if texts["first_name"] is None:
        problems.insert(0, FieldProblem("first_name", "is required"))
    kept = {**visit.affiliate.custom_fields, **custom}
    kept = {name: value for name, value in kept.items() if value is not None}
    try:
        wanted = read_document(
            {"email": visit.affiliate.email, **texts, "custom_fields": kept}, AffiliateInput
        )
    except InvalidInputError as error:
        raise InvalidInputError([*problems, *error.problems]) from error
    problems += affiliate_problems(wanted)
    if problems:
        raise InvalidInputError(problems)
    actor = actor_of(visit.account_id, visit.affiliate.id)
    await affiliates.update(database, actor, visit.affiliate.id, {**texts, "custom_fields": kept})

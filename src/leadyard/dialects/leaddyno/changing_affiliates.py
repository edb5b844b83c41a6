"""Making and changing affiliates (docs/leaddyno.md, "Calls")."""

import re
from decimal import Decimal
from typing import Any

from leadyard.affiliates.affiliates import fields, service
from leadyard.affiliates.affiliates.inputs import (
    LONGEST_CODE,
    AffiliateInput,
    FieldInput,
    FieldRecord,
    FieldType,
)
from leadyard.affiliates.affiliates.links import SIGN_IN_SECONDS, sign_in_url
from leadyard.dialects.leaddyno.affiliates import addressed, shown
from leadyard.dialects.leaddyno.call import CREATED, Answer, Call, Handler, answer, created
from leadyard.dialects.leaddyno.params import Params
from leadyard.dialects.leaddyno.reading import is_blank
from leadyard.dialects.leaddyno.refusals import renamed
from leadyard.dialects.leaddyno.writing import Shown, utc

_NAMES = {"code": "affiliate_code", "group": "affiliate_type"}
_CODE = re.compile(rf"[A-Za-z0-9_-]{{1,{LONGEST_CODE}}}", re.ASCII).fullmatch
_CLEARED = ("first_name", "last_name")
_MOST_OPTIONS = 200


async def create(call: Call) -> Answer:
    """POST /affiliates."""
    params = call.params
    email = params.email("email", required=True)
    members = _members(params, {})
    is_approved = params.boolean("override_approval") or False
    wanted = AffiliateInput(email=email or "", **members)
    with renamed(_NAMES):
        affiliate, is_new = await service.create(
            call.database, call.actor, wanted, is_approved=is_approved, found=params.problems
        )
    async with call.database.connection() as connection:
        return created(await shown(connection, call, affiliate), is_new=is_new)


async def update(call: Call) -> Answer:
    """PUT /affiliates/{id}: what is not given stays; blank clears a name."""
    async with call.database.connection() as connection:
        before = await addressed(connection, call)
    params = call.params
    changes = _members(params, before.custom_fields)
    email = params.email("email")
    if email is not None:
        changes["email"] = email
    for name in _CLEARED:
        if params.has(name) and not params.is_given(name):
            changes[name] = None
    approve = params.boolean("override_approval") or False
    with renamed(_NAMES):
        affiliate = await service.update(
            call.database, call.actor, before.id, changes, approve=approve, found=params.problems
        )
    async with call.database.connection() as connection:
        return answer(await shown(connection, call, affiliate))


def _members(params: Params, known_fields: dict[str, Any]) -> dict[str, Any]:
    """Read what is given of an affiliate but its e-mail, by the names of AffiliateInput."""
    code = params.word("affiliate_code")
    if code is not None and not _CODE(code):
        params.wrong("affiliate_code")
        code = None
    given = {
        "first_name": params.text("first_name"),
        "last_name": params.text("last_name"),
        "code": code,
        "group": params.word("affiliate_type"),
        "paypal_email": params.email("paypal_email"),
        "referring_affiliate": params.email("referring_affiliate"),
        "unsubscribed": params.boolean("unsubscribed"),
        "custom_fields": _custom_fields(params, known_fields),
    }
    return {name: value for name, value in given.items() if value is not None}


def _custom_fields(params: Params, known: dict[str, Any]) -> dict[str, Any] | None:
    """Put given own fields over the known ones; a blank one takes its field away.

    An empty array, as PHP writes an empty object, gives none.
    """
    wanted = params.raw("custom_fields")
    if wanted is None or wanted == []:
        return None
    if not isinstance(wanted, dict):
        params.wrong("custom_fields")
        return None
    plain = {name: _plain(value) for name, value in wanted.items()}
    kept = {name: value for name, value in known.items() if name not in plain}
    return kept | {name: value for name, value in plain.items() if not is_blank(value)}


def _plain(value: Any) -> Any:
    """Keep a number of any size exactly: as a number where every reader does, else as text."""
    if isinstance(value, Decimal):
        return float(value) if str(float(value)) == str(value) else str(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**53:
        return str(value)
    return value


def changing(action: str) -> Handler:
    """Make the handler of POST /affiliates/{id}/approve, /reject, /archive or /unarchive."""

    async def change(call: Call) -> Answer:
        async with call.database.connection() as connection:
            before = await addressed(connection, call)
        affiliate, _ = await service.set_status(call.database, call.actor, before.id, action)
        async with call.database.connection() as connection:
            return answer(await shown(connection, call, affiliate))

    return change


async def sign_in_link(call: Call) -> Answer:
    """POST /affiliates/{id}/sign_in_link."""
    async with call.database.connection() as connection:
        affiliate = await addressed(connection, call)
    link = await service.make_sign_in_link(call.database, call.actor, affiliate.id)
    payload = {
        "affiliate_id": link.affiliate_id,
        "sign_in_url": sign_in_url(call.services.base_url, link.token),
        "expires_at": utc(link.expires_at),
        "expires_in_seconds": SIGN_IN_SECONDS,
    }
    return answer(payload, CREATED)


async def create_field(call: Call) -> Answer:
    """POST /custom_fields."""
    params = call.params
    name = params.text("name", required=True)
    label = params.text("label")
    is_required = params.boolean("required") or False
    field_type = _field_type(params)
    options = _options(params)
    if field_type is FieldType.SELECT and not options and not params.problems:
        params.wrong("options", "can't be blank")
    params.finish()
    wanted = FieldInput(
        name=name or "", label=label or "", field_type=field_type, required=is_required, options=options
    )
    field, is_new = await fields.ensure(call.database, call.actor, wanted)
    return created(_field_shown(field), is_new=is_new)


def _field_type(params: Params) -> FieldType:
    word = params.word("field_type")
    if word is None:
        return FieldType.TEXT
    try:
        return FieldType(word.lower())
    except ValueError:
        params.wrong("field_type")
        return FieldType.TEXT


def _options(params: Params) -> tuple[str, ...]:
    """Read the choices of a field: an array, or a text with commas."""
    given = params.raw("options")
    if isinstance(given, str):
        given = given.split(",")
    if given is None:
        return ()
    if not isinstance(given, list) or len(given) > _MOST_OPTIONS:
        params.wrong("options")
        return ()
    inner = Params({str(place): option for place, option in enumerate(given)}, "options.")
    found = [inner.word(str(place)) for place in range(len(given))]
    if inner.problems:
        params.wrong("options")
    return tuple(option for option in found if option)


def _field_shown(field: FieldRecord) -> Shown:
    return {
        "id": field.id,
        "name": field.name,
        "label": field.label,
        "field_type": field.field_type.value,
        "required": field.required,
        "options": list(field.options),
        "created_at": utc(field.created_at),
    }

"""Suppression lists in the own API."""

from typing import Annotated

import msgspec
from msgspec import Meta

from leadyard.campaigns.api.noun import operations_of
from leadyard.identity.model import Permission
from leadyard.own_api.operation import Answer, Call, Operation, Parameter, Section
from leadyard.suppression import service
from leadyard.suppression.model import LONGEST_VALUE, ListStatus
from leadyard.suppression.service import Values, suppression_lists

_PATH = "/suppression-lists"
_VALUES = f"{_PATH}/{{id}}/values"


class ValuesInput(msgspec.Struct, frozen=True):
    """Values of a list, or digests of them, as its form says; more than a thousand come as an upload."""

    values: Annotated[
        tuple[Annotated[str, Meta(max_length=LONGEST_VALUE)], ...], Meta(min_length=1, max_length=1000)
    ]


class ValueCount(msgspec.Struct, frozen=True):
    """How many values a list has."""

    total: int


async def _count(call: Call) -> Answer:
    return Answer(ValueCount(await service.count_values(call.database, call.account_id, call.id())))


async def _add(call: Call) -> Answer:
    return Answer(await service.add_values(call.database, call.actor, call.id(), call.body.values))


async def _remove(call: Call) -> Answer:
    return Answer(await service.remove_values(call.database, call.actor, call.id(), call.body.values))


async def _upload(call: Call) -> Answer:
    replace = bool(call.query["replace"])
    return Answer(await service.upload(call.database, call.actor, call.id(), call.body, replace=replace))


_KEPT = "Only digests are kept: the values cannot be read back."
_EXAMPLE = {"values": ["ann@example.com", "0c83f57c786a0b4a39efab23731c7ebc"]}

SECTION = Section(
    "Suppression lists",
    "Values that are not wanted, or the only ones that are: for checks of leads and for duplicates.",
    (
        *operations_of(
            suppression_lists,
            _PATH,
            plural="suppression lists", creating="An empty list; its values come by calls of their own.",
            status=ListStatus,
            example={"name": "Opted out", "settings": {"holds": "email", "form": "md5"}},
        ),
        Operation(
            method="GET", path=_VALUES, id="countSuppressed", summary="Count a list's values", handler=_count,
            permission=Permission.SETUP_READ, answer=ValueCount, description=_KEPT,
        ),
        Operation(
            method="POST", path=_VALUES, id="addSuppressed", summary="Add values to a list", handler=_add,
            permission=Permission.SETUP_WRITE, body=ValuesInput, answer=Values, example=_EXAMPLE,
            description=f"Ones that are on it already do no harm. {_KEPT}",
        ),
        Operation(
            method="POST", path=f"{_VALUES}/remove", id="removeSuppressed", summary="Take values off a list",
            description="Ones that are not on it do no harm; the answer tells how many values are left.",
            handler=_remove, permission=Permission.SETUP_WRITE, body=ValuesInput, answer=Values,
            example=_EXAMPLE,
        ),
        Operation(
            method="PUT", path=_VALUES, id="uploadSuppressed", summary="Upload a list's values", is_text=True,
            handler=_upload, permission=Permission.SETUP_WRITE, answer=Values, example="email\nann@example.com\n",
            parameters=(Parameter("replace", bool, "Take off the list what is not in the upload.", False),),
            description="One value a line, up to a million of them, with a heading or without. All of them are taken "
            f"or, when a line is no value, none. {_KEPT}",
        ),
    ),
)  # fmt: skip

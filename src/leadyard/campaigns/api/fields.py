"""The fields of a campaign in the own API."""

from typing import Annotated

import msgspec
from msgspec import Meta

from leadyard.campaigns import service
from leadyard.identity.model import Permission
from leadyard.intake.fields import FieldRule
from leadyard.own_api.operation import PAGING, Answer, Call, Operation, Parameter, Section, page_of

_PATH = "/campaigns/{campaign_id}/fields"
_ONE = f"{_PATH}/{{name}}"
_PARTS = (Parameter("name", Annotated[str, Meta(pattern="^[a-z0-9_]{1,64}$")], "The name of the field."),)
_EXAMPLE = {
    "name": "postcode",
    "label": "Postcode",
    "data_type": "Postcode",
    "required": True,
    "standard": True,
}


async def _list(call: Call) -> Answer:
    campaign = await service.campaigns.read(call.database, call.account_id, call.id("campaign_id"))
    first = (call.query["page"] - 1) * call.query["per_page"]
    items = campaign.fields[first : first + call.query["per_page"]]
    return page_of(call, msgspec.to_builtins(items), len(campaign.fields))


async def _create(call: Call) -> Answer:
    campaign_id = call.id("campaign_id")
    rule = await service.create_field(call.database, call.actor, campaign_id, call.body)
    return Answer(rule, location=f"/campaigns/{campaign_id}/fields/{rule.name}")


async def _read(call: Call) -> Answer:
    return Answer(
        await service.read_field(call.database, call.account_id, call.id("campaign_id"), call.text("name"))
    )


async def _update(call: Call) -> Answer:
    rule = await service.update_field(
        call.database, call.actor, call.id("campaign_id"), call.text("name"), call.body
    )
    return Answer(rule)


async def _delete(call: Call) -> Answer:
    await service.delete_field(call.database, call.actor, call.id("campaign_id"), call.text("name"))
    return Answer()


SECTION = Section(
    "Fields",
    "What a campaign asks of a lead. A campaign carries its fields with it; here they are changed one at a time.",
    (
        Operation(
            method="GET", path=_PATH, id="listFields", summary="List a campaign's fields", handler=_list,
            permission=Permission.SETUP_READ, parameters=PAGING,
            description="The campaign's fields in order of name, with their types, checks and choices.",
            answer=FieldRule, is_list=True,
        ),
        Operation(
            method="POST", path=_PATH, id="createField", summary="Add a field", handler=_create,
            description="Adds a field to the campaign: leads are checked by it from now on, also those that come "
            "while the call runs. Refused with 409 when the name is taken.",
            permission=Permission.SETUP_WRITE, status=201, body=FieldRule, answer=FieldRule, example=_EXAMPLE,
        ),
        Operation(
            method="GET", path=_ONE, parts=_PARTS, id="readField", summary="Read a field", handler=_read,
            description="One field with its type, its checks and what duplicates and masking make of it.",
            permission=Permission.SETUP_READ, answer=FieldRule,
        ),
        Operation(
            method="PATCH", path=_ONE, parts=_PARTS, id="updateField", summary="Change a field", handler=_update,
            permission=Permission.SETUP_WRITE,
            description="A merge patch (RFC 7396) of one field; leads that are there already are not checked again. "
            "Refused with 409 for another name: make another field.",
            body=FieldRule, is_patch=True, answer=FieldRule,
        ),
        Operation(
            method="DELETE", path=_ONE, parts=_PARTS, id="deleteField", summary="Take a field out", handler=_delete,
            description="Leads keep their values. Refused while duplicates are found by the field, or while another "
            "field must differ from it.", permission=Permission.SETUP_WRITE, status=204,
        ),
    ),
)  # fmt: skip

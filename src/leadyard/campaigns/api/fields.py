"""The fields of a campaign in the own API."""

import msgspec

from leadyard.campaigns import service
from leadyard.identity.model import Permission
from leadyard.intake.fields import FieldRule
from leadyard.own_api.operation import PAGING, Answer, Call, Operation, Section, page_of

_PATH = "/campaigns/{campaign_id}/fields"
_ONE = f"{_PATH}/{{name}}"
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
        await service.read_field(call.database, call.account_id, call.id("campaign_id"), call.path["name"])
    )


async def _update(call: Call) -> Answer:
    rule = await service.update_field(
        call.database, call.actor, call.id("campaign_id"), call.path["name"], call.body
    )
    return Answer(rule)


async def _delete(call: Call) -> Answer:
    await service.delete_field(call.database, call.actor, call.id("campaign_id"), call.path["name"])
    return Answer()


SECTION = Section(
    "Fields",
    "What a campaign asks of a lead. A campaign carries its fields with it; here they are changed one at a time.",
    (
        Operation(
            method="GET", path=_PATH, id="listFields", summary="List a campaign's fields", handler=_list,
            description="In order of name.", permission=Permission.SETUP_READ, parameters=PAGING,
            answer=FieldRule, is_list=True,
        ),
        Operation(
            method="POST", path=_PATH, id="createField", summary="Add a field", handler=_create,
            permission=Permission.SETUP_WRITE, status=201, body=FieldRule, answer=FieldRule, example=_EXAMPLE,
        ),
        Operation(
            method="GET", path=_ONE, id="readField", summary="Read a field", handler=_read,
            permission=Permission.SETUP_READ, answer=FieldRule,
        ),
        Operation(
            method="PATCH", path=_ONE, id="updateField", summary="Change a field", handler=_update,
            description="A merge patch (RFC 7396); the name stays.", permission=Permission.SETUP_WRITE,
            body=FieldRule, is_patch=True, answer=FieldRule,
        ),
        Operation(
            method="DELETE", path=_ONE, id="deleteField", summary="Take a field out", handler=_delete,
            description="Leads keep their values. Refused while duplicates are found by the field, or while another "
            "field must differ from it.", permission=Permission.SETUP_WRITE, status=204,
        ),
    ),
)  # fmt: skip

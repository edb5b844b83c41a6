"""Groups and own fields of affiliates in the own API."""

from leadyard.affiliates.affiliates import fields, groups
from leadyard.affiliates.affiliates.inputs import FieldInput, FieldRecord, GroupInput, GroupRecord
from leadyard.identity.model import Permission
from leadyard.own_api.operation import PAGING, Answer, Call, Operation, Section, page_of

_GROUPS, _FIELDS = "/affiliate-groups", "/affiliate-fields"
_GROUP, _FIELD = f"{_GROUPS}/{{id}}", f"{_FIELDS}/{{id}}"
_LOOK, _WRITE = Permission.SETUP_READ, Permission.SETUP_WRITE


async def _list_groups(call: Call) -> Answer:
    found, total = await groups.page(call.database, call.account_id, **call.paging)
    return page_of(call, found, total)


async def _create_group(call: Call) -> Answer:
    group = await groups.create(call.database, call.actor, call.body)
    return Answer(group, location=f"{_GROUPS}/{group.id}")


async def _read_group(call: Call) -> Answer:
    async with call.database.connection() as connection:
        return Answer(await groups.read(connection, call.account_id, call.id()))


async def _update_group(call: Call) -> Answer:
    return Answer(await groups.update(call.database, call.actor, call.id(), call.body))


async def _archive_group(call: Call) -> Answer:
    await groups.archive(call.database, call.actor, call.id())
    return Answer()


async def _list_fields(call: Call) -> Answer:
    async with call.database.connection() as connection:
        found = await fields.fields_of(connection, call.account_id)
    first = (call.query["page"] - 1) * call.query["per_page"]
    return page_of(call, found[first : first + call.query["per_page"]], len(found))


async def _create_field(call: Call) -> Answer:
    field = await fields.create(call.database, call.actor, call.body)
    return Answer(field, location=f"{_FIELDS}/{field.id}")


async def _read_field(call: Call) -> Answer:
    async with call.database.connection() as connection:
        return Answer(await fields.read(connection, call.account_id, call.id()))


async def _update_field(call: Call) -> Answer:
    return Answer(await fields.update(call.database, call.actor, call.id(), call.body))


async def _delete_field(call: Call) -> Answer:
    await fields.delete(call.database, call.actor, call.id())
    return Answer()


GROUPS = Section(
    "Affiliate groups",
    "Groups of affiliates (LeadDyno's affiliate types), for which plans may have lines of their own.",
    (
        Operation(
            method="GET", path=_GROUPS, id="listAffiliateGroups", summary="List affiliate groups",
            description="In order of id, archived ones included, each with its code and name.",
            handler=_list_groups, permission=_LOOK, parameters=PAGING, answer=GroupRecord, is_list=True,
        ),
        Operation(
            method="POST", path=_GROUPS, id="createAffiliateGroup", summary="Create an affiliate group",
            description="Affiliates can be put into it, and lines of plans can be for it, at once. Refused with 409 "
            "when the code is taken.",
            handler=_create_group, permission=_WRITE, status=201, body=GroupInput, answer=GroupRecord,
            example={"code": "gold", "name": "Gold partners"},
        ),
        Operation(
            method="GET", path=_GROUP, id="readAffiliateGroup", summary="Read an affiliate group",
            description="Its code, its name and whether it is archived.",
            handler=_read_group, permission=_LOOK, answer=GroupRecord,
        ),
        Operation(
            method="PATCH", path=_GROUP, id="updateAffiliateGroup", summary="Change an affiliate group",
            description="A merge patch (RFC 7396); affiliates that are in the group stay in it. Refused with 409 "
            "when the code is taken.",
            handler=_update_group, permission=_WRITE, body=GroupInput, is_patch=True, answer=GroupRecord,
        ),
        Operation(
            method="DELETE", path=_GROUP, id="archiveAffiliateGroup", summary="Archive an affiliate group",
            description="No affiliate can be put into it any more; those in it stay. A second time changes nothing.",
            handler=_archive_group, permission=_WRITE, status=204,
        ),
    ),
)  # fmt: skip

FIELDS = Section(
    "Affiliate fields",
    "What affiliates of this account are asked for besides their name and address.",
    (
        Operation(
            method="GET", path=_FIELDS, id="listAffiliateFields", summary="List affiliate fields",
            description="In order of id, each with its name, its label and whether it is required.",
            handler=_list_fields, permission=_LOOK, parameters=PAGING, answer=FieldRecord, is_list=True,
        ),
        Operation(
            method="POST", path=_FIELDS, id="createAffiliateField", summary="Create an affiliate field",
            description="The sign-up page and `custom_fields` of affiliates know it at once; affiliates that are "
            "there already have nothing in it. Refused with 409 when the name is taken.",
            handler=_create_field, permission=_WRITE, status=201, body=FieldInput, answer=FieldRecord,
            example={"name": "tax_number", "label": "Tax number", "required": True},
        ),
        Operation(
            method="GET", path=_FIELD, id="readAffiliateField", summary="Read an affiliate field",
            description="Its name, its label and whether it must be filled in.",
            handler=_read_field, permission=_LOOK, answer=FieldRecord,
        ),
        Operation(
            method="PATCH", path=_FIELD, id="updateAffiliateField", summary="Change an affiliate field",
            description="A merge patch (RFC 7396). What affiliates have told already is not checked again.",
            handler=_update_field, permission=_WRITE, body=FieldInput, is_patch=True, answer=FieldRecord,
        ),
        Operation(
            method="DELETE", path=_FIELD, id="deleteAffiliateField", summary="Delete an affiliate field",
            description="Nobody is asked for it any more; what affiliates have told stays with them.",
            handler=_delete_field, permission=_WRITE, status=204,
        ),
    ),
)  # fmt: skip

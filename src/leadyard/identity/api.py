"""Keys, the account and the audit log in the own API."""

from enum import StrEnum

from leadyard.identity import service
from leadyard.identity.accounts import AccountInput
from leadyard.identity.audit import Change, list_changes
from leadyard.identity.keys import Id, KeyInput, KeyRecord, NewKey, new_key
from leadyard.identity.model import Account, Permission
from leadyard.own_api.operation import PAGING, Answer, Call, Operation, Parameter, Section, page_of

_LOOK, _WRITE = Permission.SETUP_READ, Permission.SETUP_WRITE
_KEY_EXAMPLE = {
    "reference": "Landing pages",
    "kind": "administrator",
    "settings": {"permissions": ["Leads > Create", "API queue"], "allowed_addresses": ["203.0.113.0/24"]},
}


class KeyState(StrEnum):
    """Whether a key can still be used."""

    ACTIVE = "active"
    REVOKED = "revoked"


async def _list_keys(call: Call) -> Answer:
    state = call.query["status"]
    revoked = None if state is None else state is KeyState.REVOKED
    found, total = await service.list_keys(call.database, call.account_id, revoked=revoked, **call.paging)
    return page_of(call, found, total)


async def _create_key(call: Call) -> Answer:
    key, plain = await service.create_key(call.database, call.actor, call.body)
    record = await service.read_key(call.database, call.account_id, key.id)
    return Answer(new_key(record, plain), location=f"/keys/{key.id}")


async def _read_key(call: Call) -> Answer:
    return Answer(await service.read_key(call.database, call.account_id, call.id()))


async def _update_key(call: Call) -> Answer:
    return Answer(await service.update_key(call.database, call.actor, call.id(), call.body))


async def _revoke_key(call: Call) -> Answer:
    await service.revoke_key(call.database, call.actor, call.id())
    return Answer()


async def _read_account(call: Call) -> Answer:
    async with call.database.connection() as connection:
        return Answer(await service.load_account(connection, call.account_id))


async def _update_account(call: Call) -> Answer:
    return Answer(await service.update_account(call.database, call.actor, call.body))


async def _list_changes(call: Call) -> Answer:
    found, total = await list_changes(
        call.database,
        call.account_id,
        entity=call.query["entity"],
        entity_id=call.query["entity_id"],
        **call.paging,
    )
    return page_of(call, found, total)


KEYS = Section(
    "Keys",
    "API keys and what each may do. A key is shown once, when it is made; only a hash of it is kept.",
    (
        Operation(
            method="GET", path="/keys", id="listKeys", summary="List keys", handler=_list_keys, permission=_LOOK,
            description="In order of id, revoked ones included: reference, permissions, addresses and last use of "
            "each. The keys themselves are never shown again.",
            parameters=(Parameter("status", KeyState, "Only keys in use, or only revoked ones."), *PAGING),
            answer=KeyRecord, is_list=True,
        ),
        Operation(
            method="POST", path="/keys", id="createKey", summary="Make a key", handler=_create_key,
            description="The answer is the only one that ever shows the key.", permission=_WRITE, status=201,
            body=KeyInput, answer=NewKey, example=_KEY_EXAMPLE,
        ),
        Operation(
            method="GET", path="/keys/{id}", id="readKey", summary="Read a key", handler=_read_key,
            description="Reference, permissions, addresses and last use. The key itself is never shown again.",
            permission=_LOOK, answer=KeyRecord,
        ),
        Operation(
            method="PATCH", path="/keys/{id}", id="updateKey", summary="Change a key", handler=_update_key,
            description="A merge patch (RFC 7396). What a key is tied to stays, and a revoked key stays as it is.",
            permission=_WRITE, body=KeyInput, is_patch=True, answer=KeyRecord,
        ),
        Operation(
            method="DELETE", path="/keys/{id}", id="revokeKey", summary="Revoke a key", handler=_revoke_key,
            description="At once and for ever, on every process; a second time changes nothing.",
            permission=_WRITE, status=204,
        ),
    ),
)  # fmt: skip

ACCOUNT = Section(
    "Account",
    "The account that the key belongs to.",
    (
        Operation(
            method="GET", path="/account", id="readAccount", summary="Read the account", handler=_read_account,
            description="Its name, slug, time zone, currency and hosts, as every other call of this key counts them.",
            permission=_LOOK, answer=Account,
        ),
        Operation(
            method="PATCH", path="/account", id="updateAccount", summary="Change the account",
            description="A merge patch (RFC 7396) of name and time zone; currency and hosts are set at the command "
            "line.", handler=_update_account, permission=_WRITE, body=AccountInput, is_patch=True, answer=Account,
        ),
    ),
)  # fmt: skip

AUDIT_LOG = Section(
    "Audit log",
    "Who changed what, and when; secrets are masked.",
    (
        Operation(
            method="GET", path="/audit-log", id="listChanges", summary="List changes", handler=_list_changes,
            permission=_LOOK,
            description="Newest first: who made, changed or archived what, with the values before and after.",
            parameters=(
                Parameter("entity", str, "Only changes of one kind of thing, such as campaign."),
                Parameter("entity_id", Id, "Only changes of the thing with this id."),
                *PAGING,
            ),
            answer=Change, is_list=True,
        ),
    ),
)  # fmt: skip

SECTIONS = (KEYS, ACCOUNT, AUDIT_LOG)

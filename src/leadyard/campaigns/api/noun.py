"""The five operations that every noun of a set-up has."""

from typing import Any

from leadyard.campaigns.service.noun import Noun
from leadyard.identity.model import Permission
from leadyard.kit.masking import masked
from leadyard.own_api.operation import PAGING, Answer, Call, Operation, Parameter, page_of


def operations_of(
    noun: Noun[Any, Any],
    path: str,
    *,
    plural: str,
    status: Any,
    creating: str,
    filters: tuple[Parameter, ...] = (),
    example: Any = None,
) -> tuple[Operation, ...]:
    """Make create, list, read, update and archive for a noun, whose secrets are masked in every answer.

    `creating` says what a new one does, in a sentence of its own.
    """
    name, one = _one_word(noun.entity), f"{path}/{{id}}"
    a = f"a{'n' if noun.entity[0] in 'aeiou' else ''} {noun.entity}"
    by = (Parameter("status", status, f"Only {plural} with this status."), *filters)

    async def create(call: Call) -> Answer:
        record = await noun.create(call.database, call.actor, call.body)
        return Answer(masked(record), location=f"{path}/{record.id}")

    async def search(call: Call) -> Answer:
        wanted = {parameter.name: call.query[parameter.name] for parameter in by}
        found, total = await noun.search(call.database, call.account_id, wanted, **call.paging)
        return page_of(call, masked(found), total)

    async def read(call: Call) -> Answer:
        return Answer(masked(await noun.read(call.database, call.account_id, call.id())))

    async def update(call: Call) -> Answer:
        return Answer(masked(await noun.update(call.database, call.actor, call.id(), call.body)))

    async def archive(call: Call) -> Answer:
        await noun.archive(call.database, call.actor, call.id())
        return Answer()

    write, look = Permission.SETUP_WRITE, Permission.SETUP_READ
    return (
        Operation(
            method="GET", path=path, id=f"list{_one_word(plural)}", summary=f"List {plural}",
            description=f"All {plural} in order of id; archived ones are included unless a status is asked for.",
            handler=search, permission=look, parameters=(*by, *PAGING), answer=noun.record, is_list=True,
        ),
        Operation(
            method="POST", path=path, id=f"create{name}", summary=f"Create {a}", handler=create,
            description=f"{creating} When members do not fit, each is named and nothing is made.",
            permission=write, status=201, body=noun.input, answer=noun.record, example=example,
        ),
        Operation(
            method="GET", path=one, id=f"read{name}", summary=f"Read {a}", handler=read, permission=look,
            description=f"One {noun.entity} with all its settings, archived or not; secrets are shown as ********.",
            answer=noun.record,
        ),
        Operation(
            method="PATCH", path=one, id=f"update{name}", summary=f"Change {a}", handler=update,
            permission=write, body=noun.input, is_patch=True, answer=noun.record,
            description=f"A merge patch (RFC 7396) of {a}: members that are absent stay, null sets a member back to its "
            "default, lists are replaced. A masked secret that comes back keeps its value.",
        ),
        Operation(
            method="DELETE", path=one, id=f"archive{name}", summary=f"Archive {a}", handler=archive,
            permission=write, status=204,
            description=f"The {noun.entity} goes out of use and stays readable; a second time changes nothing.",
        ),
    )  # fmt: skip


def _one_word(name: str) -> str:
    return "".join(word.capitalize() for word in name.split())

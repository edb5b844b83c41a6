"""Addresses and numbers that operators take off, or put back on, the list of those to write to."""

from leadyard.identity.actor import Actor
from leadyard.identity.service import record_change
from leadyard.kit import clock
from leadyard.kit.documents import text_problem
from leadyard.kit.errors import InvalidInputError, NotFoundError
from leadyard.responders import store
from leadyard.responders.inputs import Suppression, SuppressionInput
from leadyard.responders.model import Medium, PushType
from leadyard.responders.queueing import normal_address
from leadyard.storage.database import Database

_MEDIA = {PushType.EMAIL: Medium.EMAIL, PushType.SMS: Medium.SMS}
_NAMES = {medium: name.value for name, medium in _MEDIA.items()}
_USUAL_COUNTRY = "GB"


async def suppress(database: Database, actor: Actor, wanted: SuppressionInput) -> Suppression:
    """Write no more to an address; a second time changes nothing. Raises InvalidInputError."""
    medium, address = _read(wanted.type, wanted.address)
    made = Suppression(type=wanted.type, address=address, at=clock.now(), source=actor.name)
    async with database.unit_of_work() as connection:
        await store.suppress(connection, actor.account_id, medium, address, made.at, made.source)
        await record_change(connection, actor.account_id, actor.name, "create", "suppression", 0, None, made)
    return made


async def unsuppress(database: Database, actor: Actor, kind: str, written: str) -> None:
    """Let an address be written to again; raises NotFoundError."""
    try:
        medium, address = _read(kind, written)
    except InvalidInputError:
        raise NotFoundError("There is no such suppression.") from None
    async with database.unit_of_work() as connection:
        if not await store.unsuppress(connection, actor.account_id, medium, address):
            raise NotFoundError("There is no such suppression.")
        gone = Suppression(type=kind, address=address, at=clock.now(), source=actor.name)
        await record_change(connection, actor.account_id, actor.name, "delete", "suppression", 0, gone, None)


async def list_suppressions(
    database: Database, account_id: int, *, page: int = 1, per_page: int = 50
) -> tuple[list[Suppression], int]:
    """Give one page of suppressions in order of address, and how many there are on all pages with any."""
    async with database.connection() as connection:
        rows = await store.suppressions(connection, account_id, per_page, (page - 1) * per_page)
    found = [
        Suppression(
            type=_NAMES[Medium(row["channel"])], address=row["address"], at=row["at"], source=row["source"]
        )
        for row in rows
    ]
    return found, rows[0]["total"] if rows else 0


def _read(kind: str, written: str) -> tuple[Medium, str]:
    medium = _MEDIA.get(PushType(kind)) if kind in set(PushType) else None
    trouble = text_problem(written)
    address = "" if medium is None or trouble else normal_address(medium, written, _USUAL_COUNTRY)
    if medium is None or not address or (medium is Medium.EMAIL and "@" not in address):
        raise InvalidInputError.of("address", trouble or f"is not an address for {kind}")
    return medium, address

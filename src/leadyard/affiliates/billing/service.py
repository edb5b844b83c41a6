"""Reading and changing what billing systems must prove."""

from collections.abc import Iterator
from typing import Any

from leadyard.affiliates.billing.model import NAMES, PAYPAL, BillingProvider
from leadyard.affiliates.integrations.service import Integration
from leadyard.affiliates.program.checks import is_web_address
from leadyard.identity.actor import Actor
from leadyard.kit.documents import text_problem
from leadyard.kit.errors import FieldProblem, InvalidInputError, NotFoundError
from leadyard.kit.masking import masked
from leadyard.storage.database import Connection, Database

_SYSTEMS = {name: Integration(f"billing system {name}", BillingProvider) for name in NAMES}


async def read(connection: Connection, account_id: int, name: str) -> BillingProvider:
    """Give what a billing system must prove, secrets opened; nothing where nothing is set. Raises SecretKeyError."""
    system = _SYSTEMS.get(name)
    known = None if system is None else await system.read(connection, account_id)
    return known or BillingProvider()


async def show(database: Database, account_id: int, name: str) -> Any:
    """Give the settings of a billing system with the secret masked; raises NotFoundError."""
    _known(name)
    async with database.connection() as connection:
        return masked(await read(connection, account_id, name))


async def put(database: Database, actor: Actor, name: str, wanted: BillingProvider) -> Any:
    """Set what a billing system must prove; a mask keeps the secret. Raises NotFoundError and InvalidInputError."""
    system = _known(name)
    problems = list(_problems(name, wanted))
    if problems:
        raise InvalidInputError(problems)
    return await system.put(database, actor, wanted)


async def show_all(database: Database, account_id: int) -> dict[str, Any]:
    """Give every billing system with its settings, secrets masked; None where nothing is set."""
    async with database.connection() as connection:
        known = {name: await system.read(connection, account_id) for name, system in _SYSTEMS.items()}
    systems = [
        {"name": name, "settings": None if found is None else masked(found)} for name, found in known.items()
    ]
    return {"systems": systems}


async def delete(database: Database, actor: Actor, name: str) -> None:
    """Forget what a billing system must prove: its messages count by the key alone again. Raises NotFoundError."""
    await _known(name).delete(database, actor)


def _problems(name: str, wanted: BillingProvider) -> Iterator[FieldProblem]:
    if wanted.verify_url is not None and (name != PAYPAL or not is_web_address(wanted.verify_url)):
        yield FieldProblem("verify_url", "is not a web address, or not for this system")
    if wanted.receivers and name != PAYPAL:
        yield FieldProblem("receivers", "is not for this system")
    if any(not receiver.strip() or text_problem(receiver) for receiver in wanted.receivers):
        yield FieldProblem("receivers", "must be addresses or ids of your own")
    if wanted.allows_sandbox and name != PAYPAL:
        yield FieldProblem("allows_sandbox", "is not for this system")


def _known(name: str) -> Integration[BillingProvider]:
    if name not in _SYSTEMS:
        raise NotFoundError("There is no such billing system, or it neither signs nor confirms anything.")
    return _SYSTEMS[name]

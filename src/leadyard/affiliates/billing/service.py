"""Reading and changing what billing systems must prove."""

from typing import Any

import msgspec

from leadyard.affiliates.billing import store
from leadyard.affiliates.billing.model import NAMES, PAYPAL, BillingProvider
from leadyard.affiliates.program.checks import is_web_address
from leadyard.identity.actor import Actor
from leadyard.identity.service import record_change
from leadyard.kit.errors import FieldProblem, InvalidInputError, NotFoundError
from leadyard.kit.masking import masked, restored
from leadyard.storage.database import Connection, Database
from leadyard.storage.sealing import opened, read_opened, sealed

TABLE = "billing_providers"


async def read(connection: Connection, account_id: int, name: str) -> BillingProvider:
    """Give what a billing system must prove, secrets opened; nothing where nothing is set. Raises SecretKeyError."""
    document = await store.find(connection, account_id, name)
    if document is None:
        return BillingProvider()
    return read_opened(connection, account_id, TABLE, document, BillingProvider)


async def show(database: Database, account_id: int, name: str) -> Any:
    """Give the settings of a billing system with the secret masked; raises NotFoundError."""
    _require_known(name)
    async with database.connection() as connection:
        return masked(await read(connection, account_id, name))


async def put(database: Database, actor: Actor, name: str, wanted: BillingProvider) -> Any:
    """Set what a billing system must prove; a mask keeps the secret. Raises NotFoundError and InvalidInputError."""
    _require_known(name)
    if wanted.verify_url is not None and (name != PAYPAL or not is_web_address(wanted.verify_url)):
        raise InvalidInputError([FieldProblem("verify_url", "is not a web address, or not for this system")])
    async with database.unit_of_work() as connection:
        stored = await store.find(connection, actor.account_id, name)
        before = opened(connection, actor.account_id, TABLE, stored or {}, BillingProvider)
        after = msgspec.convert(
            restored(msgspec.to_builtins(wanted), before, BillingProvider), BillingProvider
        )
        document = await sealed(connection, actor.account_id, TABLE, after)
        await store.put(connection, actor.account_id, name, document)
        await record_change(
            connection, actor.account_id, actor.name, "set up", f"billing system {name}", actor.account_id,
            masked(msgspec.convert(before, BillingProvider)), masked(after),
        )  # fmt: skip
    return masked(after)


def _require_known(name: str) -> None:
    if name not in NAMES:
        raise NotFoundError("There is no such billing system, or it neither signs nor confirms anything.")

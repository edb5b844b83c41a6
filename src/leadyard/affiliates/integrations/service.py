"""Settings of one outside system each: sealed in storage, masked wherever they are shown, every change on record."""

from typing import Any, Generic, TypeVar

import msgspec

from leadyard.affiliates.integrations import store
from leadyard.identity.actor import Actor
from leadyard.identity.service import record_change
from leadyard.kit.errors import NotFoundError
from leadyard.kit.masking import masked, restored
from leadyard.storage.database import Connection, Database
from leadyard.storage.sealing import opened, read_opened, sealed

TABLE = "integrations"
SettingsT = TypeVar("SettingsT", bound=msgspec.Struct)


class Integration(Generic[SettingsT]):
    """One outside system as every account may set it up."""

    def __init__(self, name: str, kind: type[SettingsT]) -> None:
        """Name it as the audit log does, and give the type of its settings."""
        self.name = name
        self.kind = kind

    async def is_set_up(self, connection: Connection, account_id: int) -> bool:
        """Tell whether an account has set it up."""
        return await store.find(connection, account_id, self.name) is not None

    async def read(self, connection: Connection, account_id: int) -> SettingsT | None:
        """Give the settings with their secrets opened; None where nothing is set up. Raises SecretKeyError."""
        document = await store.find(connection, account_id, self.name)
        return None if document is None else read_opened(connection, account_id, TABLE, document, self.kind)

    async def show(self, database: Database, account_id: int) -> Any:
        """Give the settings with their secrets masked; raises NotFoundError."""
        async with database.connection() as connection:
            known = await self.read(connection, account_id)
        if known is None:
            raise NotFoundError(f"The {self.name} is not set up.")
        return masked(known)

    async def put(self, database: Database, actor: Actor, wanted: SettingsT) -> Any:
        """Set it up; a mask keeps the secret that was there. Raises InvalidInputError and SecretKeyError."""
        async with database.unit_of_work() as connection:
            stored = await store.find(connection, actor.account_id, self.name)
            before = (
                None if stored is None else opened(connection, actor.account_id, TABLE, stored, self.kind)
            )
            after = msgspec.convert(restored(msgspec.to_builtins(wanted), before or {}, self.kind), self.kind)
            document = await sealed(connection, actor.account_id, TABLE, after)
            await store.put(connection, actor.account_id, self.name, document)
            shown = None if before is None else masked(msgspec.convert(before, self.kind))
            await record_change(
                connection,
                actor.account_id,
                actor.name,
                "set up",
                self.name,
                actor.account_id,
                shown,
                masked(after),
            )
        return masked(after)

    async def delete(self, database: Database, actor: Actor) -> None:
        """Forget it; raises NotFoundError."""
        async with database.unit_of_work() as connection:
            if not await store.delete(connection, actor.account_id, self.name):
                raise NotFoundError(f"The {self.name} is not set up.")
            await record_change(
                connection, actor.account_id, actor.name, "delete", self.name, actor.account_id, None, None
            )

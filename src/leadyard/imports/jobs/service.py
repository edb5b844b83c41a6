"""Handing files in, watching and cancelling their imports, and reading what was refused."""

import hashlib
from collections.abc import AsyncIterator

from leadyard.campaigns.configuration import Configuration
from leadyard.identity.model import KeyKind, Principal
from leadyard.imports.error_file import ErrorLines
from leadyard.imports.files.model import ImportFileError
from leadyard.imports.jobs import store
from leadyard.imports.jobs.model import (
    ABANDONED,
    CHUNK_BYTES,
    LARGEST_FILE,
    MOST_OPEN,
    Author,
    Import,
    ImportState,
)
from leadyard.imports.model import NEEDED, ImportKind, ImportOrder, Summary
from leadyard.imports.takers import require_known
from leadyard.kit import clock
from leadyard.kit.errors import ConflictError, DeniedError, InvalidInputError, NotFoundError
from leadyard.storage.database import Database

_REFUSALS_AT_ONCE = 500


class Imports:
    """The files of every account; a key reaches the kinds that it may import, suppliers and buyers only their own."""

    def __init__(self, database: Database, configuration: Configuration) -> None:
        """Share the process's database and set-ups."""
        self._database = database
        self._configuration = configuration

    async def hand_in(
        self, principal: Principal, name: str, order: ImportOrder, chunks: AsyncIterator[bytes]
    ) -> Import:
        """Keep a file, piece by piece, and let workers import it.

        Raises DeniedError, InvalidInputError for an order or a file that is nothing, ConflictError when too many wait.
        """
        needed = NEEDED[order.kind]
        if not principal.may(needed):
            raise DeniedError(needed)
        try:
            require_known(await self._configuration.current(principal.account_id), order)
        except ImportFileError as error:
            raise InvalidInputError.of(
                "campaign" if "campaign" in str(error) else "buyer", str(error)
            ) from error
        import_id = await self._begin(principal, name, order)
        try:
            await self._receive(principal.account_id, import_id, order, chunks)
        except BaseException:
            await self._forget(principal.account_id, import_id)
            raise
        return await self.read(principal, import_id)

    async def read(self, principal: Principal, import_id: int) -> Import:
        """Read an import; raises NotFoundError."""
        async with self._database.connection() as connection:
            found = await store.find(connection, principal.account_id, import_id)
        if found is None or not _may_see(principal, found):
            raise NotFoundError("There is no such import.")
        return found

    async def page(
        self,
        principal: Principal,
        *,
        state: ImportState | None = None,
        kind: ImportKind | None = None,
        before_id: int | None = None,
        most: int = 50,
    ) -> list[Import]:
        """List imports by falling id."""
        kinds = [one.value for one in ImportKind if principal.may(NEEDED[one]) and kind in {None, one}]
        own = None if principal.key.kind is KeyKind.ADMINISTRATOR else principal.key.id
        async with self._database.connection() as connection:
            return await store.page(connection, principal.account_id, state, kinds, own, before_id, most)

    async def cancel(self, principal: Principal, import_id: int) -> bool:
        """End an import after the chunk under way; raises NotFoundError, gives False when it was over already."""
        await self.read(principal, import_id)
        async with self._database.unit_of_work() as connection:
            return await store.cancel(connection, principal.account_id, import_id, clock.now())

    async def error_file(self, principal: Principal, import_id: int) -> AsyncIterator[str]:
        """Write the error file as it is now, piece by piece; raises NotFoundError."""
        found = await self.read(principal, import_id)
        if found.is_emptied:
            raise NotFoundError("The error file of this import is no longer kept.")
        return self._error_lines(found)

    async def _error_lines(self, found: Import) -> AsyncIterator[str]:
        lines, after = ErrorLines(), 0
        yield lines.heading(found.header or [])
        while True:
            async with self._database.connection() as connection:
                refusals = await store.refusals(
                    connection, found.account_id, found.id, after, _REFUSALS_AT_ONCE
                )
            if not refusals:
                return
            yield lines.lines(refusals)
            after = refusals[-1].number

    async def _begin(self, principal: Principal, name: str, order: ImportOrder) -> int:
        now = clock.now()
        new = Import(
            account_id=principal.account_id, id=0, name=name, order=order, author=Author.of(principal),
            state=ImportState.ARRIVING, summary=Summary(), due_at=now + ABANDONED, made_by=principal.actor,
            created_at=now, updated_at=now,
        )  # fmt: skip
        async with self._database.unit_of_work() as connection:
            import_id = await store.insert(connection, new)
        if import_id is None:
            raise ConflictError("state", f"{MOST_OPEN} imports wait or are under way: let them end first")
        return import_id

    async def _receive(
        self, account_id: int, import_id: int, order: ImportOrder, chunks: AsyncIterator[bytes]
    ) -> None:
        digest, number, size = hashlib.blake2b(order.identity.encode(), digest_size=16), 0, 0
        async for piece in _even(chunks):
            digest.update(piece)
            size += len(piece)
            if size > LARGEST_FILE:
                raise InvalidInputError.of("body", f"must have at most {LARGEST_FILE} bytes")
            now = clock.now()
            async with self._database.unit_of_work() as connection:
                if not await store.add_chunk(
                    connection, account_id, import_id, number, piece, now + ABANDONED, now
                ):
                    raise ConflictError("state", "the import was cancelled")
            number += 1
        if not size:
            raise InvalidInputError.of("body", "must be a file: this one is empty")
        async with self._database.unit_of_work() as connection:
            if not await store.arrived(connection, account_id, import_id, digest.digest(), clock.now()):
                raise ConflictError("state", "the import was cancelled")

    async def _forget(self, account_id: int, import_id: int) -> None:
        async with self._database.unit_of_work() as connection:
            await store.cancel(connection, account_id, import_id, clock.now())
            await store.empty(connection, account_id, [import_id])


async def _even(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Give pieces of one size, whatever sizes they come in."""
    held = bytearray()
    async for chunk in chunks:
        held += chunk
        while len(held) >= CHUNK_BYTES:
            yield bytes(held[:CHUNK_BYTES])
            del held[:CHUNK_BYTES]
    if held:
        yield bytes(held)


def _may_see(principal: Principal, found: Import) -> bool:
    if not principal.may(NEEDED[found.order.kind]):
        return False
    return principal.key.kind is KeyKind.ADMINISTRATOR or principal.key.id == found.author.key_id

"""Connections kept between statements, for whoever runs one after the other all day."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from leadyard.kit.errors import UnavailableError
from leadyard.storage.database import LOST, Connection, Database


class KeptConnections:
    """Connections of the pool that are not given back after each statement.

    To borrow one and give it back costs as much time as judging several leads.
    """

    def __init__(self, database: Database) -> None:
        """Keep none yet."""
        self._database = database
        self._idle: list[Connection] = []

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Lend a connection outside any transaction; one that fails is kept no longer."""
        connection = await self._sound()
        try:
            yield connection
        except asyncpg.DataError:
            self._idle.append(connection)
            raise
        except LOST as error:
            await self._database.give_back(connection)
            raise UnavailableError("the database cannot be reached") from error
        except BaseException:
            await self._database.give_back(connection)
            raise
        self._idle.append(connection)

    async def close(self) -> None:
        """Give all back to the pool."""
        while self._idle:
            await self._database.give_back(self._idle.pop())

    async def _sound(self) -> Connection:
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
            await self._database.give_back(connection)
        return await self._database.borrow()

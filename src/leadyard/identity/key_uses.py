"""When API keys were last used: noted in memory, written every few seconds."""

from datetime import datetime

from leadyard.identity.model import Principal
from leadyard.identity.service import touch_keys
from leadyard.storage.database import Database


class KeyUses:
    """The uses of keys that are not written yet."""

    def __init__(self) -> None:
        """Start with none."""
        self._uses: dict[int, dict[int, datetime]] = {}

    def note(self, principal: Principal, at: datetime) -> None:
        """Remember a use."""
        self._uses.setdefault(principal.account_id, {})[principal.key.id] = at

    async def flush(self, database: Database) -> None:
        """Write what was noted; uses that cannot be written now are kept for the next time."""
        while self._uses:
            account_id, uses = self._uses.popitem()
            try:
                async with database.connection() as connection:
                    await touch_keys(connection, account_id, uses)
            except BaseException:
                self._uses[account_id] = {**uses, **self._uses.get(account_id, {})}
                raise

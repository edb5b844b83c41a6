"""Takes up attempts that a dead worker left, of kinds that can be repeated without doing anything twice.

A file delivery does nothing before the sale is booked; a campaign transfer submits under a claimed UUID. So their
unknown attempts need no person: repeating them tells what became of them.
"""

import asyncio
import random
from collections.abc import Mapping

import asyncpg
import structlog

from leadyard.campaigns.configuration import AccountSetup, Configuration
from leadyard.campaigns.model import DeliveryKind
from leadyard.delivery.outcomes import OutcomeBatch
from leadyard.delivery.reconciling import lock_unknown
from leadyard.delivery.sending import Result, Sending, result_of, template_values
from leadyard.delivery.service import SendingCarrier
from leadyard.delivery.settling import most_entries
from leadyard.kit import clock
from leadyard.kit.errors import UnavailableError
from leadyard.kit.waiting import pause
from leadyard.leads import events
from leadyard.leads.views import LeadEvent
from leadyard.ledger.service import Ledger
from leadyard.storage.database import Connection, Database

_log = structlog.get_logger(__name__)
REPEATABLE = (DeliveryKind.FILE, DeliveryKind.TRANSFER)
_MOST = 50
_IDLE_SECONDS = 5.0
_NO_WORKER = 0

# Tells in which accounts there is something to look at; the statements that follow name one each.
_DUE_ACCOUNTS = "SELECT DISTINCT account_id FROM delivery_attempts WHERE is_unknown"

_UNKNOWN = """
SELECT lead_id, number FROM delivery_attempts
WHERE account_id = $1 AND is_unknown AND delivery_id = ANY($2::bigint[]) ORDER BY lead_id, number LIMIT $3
"""

_PASSES = (
    "SELECT at, event, detail, actor FROM lead_events WHERE account_id = $1 AND lead_id = $2 AND event = $3"
)


class Resumer:
    """One process's share; several may take up the same attempt, and one of them books it."""

    def __init__(
        self,
        database: Database,
        configuration: Configuration,
        ledger: Ledger,
        carriers: Mapping[DeliveryKind, SendingCarrier],
    ) -> None:
        """Share the process's database, set-ups, ledger and carriers."""
        self._database = database
        self._configuration = configuration
        self._ledger = ledger
        self._carriers = carriers

    async def run(self, stop: asyncio.Event) -> None:
        """Look every few seconds until told to stop."""
        while not stop.is_set():
            try:
                await self.resume_all()
            except (UnavailableError, asyncpg.PostgresError) as error:
                _log.warning("attempts could not be taken up", error=str(error))
            await pause(stop, _IDLE_SECONDS)

    async def resume_all(self) -> int:
        """Take up what is unknown and repeatable; gives how many attempts were booked."""
        async with self._database.connection() as connection:
            accounts = [row["account_id"] for row in await connection.fetch(_DUE_ACCOUNTS)]
        count = 0
        for account_id in accounts:
            setup = await self._configuration.current(account_id)
            wanted = [
                delivery.id
                for campaign in setup.campaigns.values()
                for delivery in campaign.deliveries
                if delivery.settings.kind in REPEATABLE
            ]
            async with self._database.connection() as connection:
                rows = await connection.fetch(_UNKNOWN, account_id, wanted, _MOST)
            for row in rows:
                count += await self._resume(setup, row["lead_id"], row["number"])
        return count

    async def _resume(self, setup: AccountSetup, lead_id: int, number: int) -> bool:
        async with self._database.unit_of_work() as connection:
            sending = await self._sending(connection, setup, lead_id, number)
        if sending is None:
            return False
        carry = self._carriers[sending.delivery.settings.kind]
        key = f"{sending.job.uuid}-{sending.delivery.id}"
        verdict = await carry(sending, template_values(sending), key)
        result = result_of(sending, verdict, clock.now(), random.random())  # noqa: S311 - jitter, not a secret
        return await self._book(setup, result)

    @staticmethod
    async def _sending(
        connection: Connection, setup: AccountSetup, lead_id: int, number: int
    ) -> Sending | None:
        rows = await connection.fetch(_PASSES, setup.account.id, lead_id, events.REPROCESSED)
        start = events.pass_start([LeadEvent(*row.values()) for row in rows], number)
        found = await lock_unknown(connection, setup, lead_id, number, start)
        return None if found is None else found[0]

    async def _book(self, setup: AccountSetup, result: Result) -> bool:
        ids = await self._ledger.reserve_ids({result.sending.job.account_id: most_entries([result])})
        job = result.sending.job
        async with self._database.unit_of_work() as connection:
            # Locked first, so that of several processes one books and the others find it booked.
            if await lock_unknown(connection, setup, job.lead_id, result.sending.number, 0) is None:
                return False
            await OutcomeBatch(setup, _NO_WORKER, [result], clock.now()).write(connection, self._ledger, ids)
        return True

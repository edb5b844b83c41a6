"""Takes up attempts whose outcome is unknown, where repeating them does nothing twice.

A file delivery does nothing before the sale is booked; a campaign transfer submits under a claimed UUID; and a buyer
may promise to answer a repeated Idempotency-Key as it did at first. So their unknown attempts need no person:
repeating them tells what became of them. Of a buyer only an answer about the lead tells that.
"""

import asyncio
import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import asyncpg
import msgspec
import structlog

from leadyard.campaigns.configuration import AccountSetup, Configuration
from leadyard.campaigns.model import Delivery, DeliveryKind
from leadyard.delivery.model import Outcome, Verdict
from leadyard.delivery.outcomes import OutcomeBatch
from leadyard.delivery.reconciling import lock_unknown
from leadyard.delivery.sending import Result, Sending, result_of, template_values
from leadyard.delivery.service import Carrier, SendingCarrier
from leadyard.delivery.settling import most_entries
from leadyard.kit import clock
from leadyard.kit.errors import UnavailableError
from leadyard.kit.waiting import pause
from leadyard.leads import events
from leadyard.leads.model import AttemptState, SaleStatus
from leadyard.leads.views import LeadEvent
from leadyard.ledger.service import Ledger
from leadyard.storage.database import Connection, Database

_log = structlog.get_logger(__name__)
REPEATABLE = (DeliveryKind.FILE, DeliveryKind.TRANSFER)
_MOST = 50
_IDLE_SECONDS = 5.0
_NO_WORKER = 0
_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_PAUSE = timedelta(seconds=60)
_ABOUT_THE_KEY = frozenset({409, 422})
"""By these statuses a buyer says that the first request is still under way, or was another one."""
_FAULT = 500

# Tells in which accounts there is something to look at; the statements that follow name one each.
_DUE_ACCOUNTS = "SELECT DISTINCT account_id FROM delivery_attempts WHERE is_unknown"

_UNKNOWN = """
SELECT lead_id, number, delivery_id FROM delivery_attempts
JOIN unnest($2::bigint[], $3::timestamptz[]) AS wanted (delivery_id, since) USING (delivery_id)
WHERE account_id = $1 AND is_unknown AND started_at >= since ORDER BY lead_id, number LIMIT $4
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
        post: Carrier,
    ) -> None:
        """Share the process's database, set-ups, ledger and carriers; `post` is that of a Direct Post."""
        self._database = database
        self._configuration = configuration
        self._ledger = ledger
        self._carriers = carriers
        self._post = post
        self._paused: dict[tuple[int, int], datetime] = {}

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
            count += await self._resume_account(setup)
        return count

    async def _resume_account(self, setup: AccountSetup) -> int:
        account_id, now = setup.account.id, clock.now()
        self._paused = {key: until for key, until in self._paused.items() if until > now}
        wanted = {
            delivery.id: since
            for campaign in setup.campaigns.values()
            for delivery in campaign.deliveries
            if (since := _repeatable_since(delivery, now)) is not None
            and (account_id, delivery.id) not in self._paused
        }
        async with self._database.connection() as connection:
            rows = await connection.fetch(_UNKNOWN, account_id, list(wanted), list(wanted.values()), _MOST)
        count = 0
        for row in rows:
            # A buyer that gave no answer is left alone for a while, with all that it may have.
            if (account_id, row["delivery_id"]) not in self._paused:
                count += await self._resume(setup, row["lead_id"], row["number"])
        return count

    async def _resume(self, setup: AccountSetup, lead_id: int, number: int) -> bool:
        async with self._database.unit_of_work() as connection:
            sending = await self._sending(connection, setup, lead_id, number)
        if sending is None:
            return False
        verdict = await self._carry(sending)
        if verdict is None:
            self._paused[setup.account.id, sending.delivery.id] = clock.now() + _PAUSE
            return False
        result = result_of(sending, verdict, clock.now(), random.random())  # noqa: S311 - jitter, not a secret
        is_sold = sending.job.sale_status in (SaleStatus.SOLD, SaleStatus.ASSIGNED)
        if result.state is not AttemptState.SOLD and is_sold and not sending.goes_on:
            result.due_at = None
        return await self._book(setup, result)

    async def _carry(self, sending: Sending) -> Verdict | None:
        """Repeat an attempt; None when the buyer's answer does not tell what became of the lead."""
        settings, values = sending.delivery.settings, template_values(sending)
        if settings.kind in REPEATABLE:
            key = f"{sending.job.uuid}-{sending.delivery.id}"
            return await self._carriers[settings.kind](sending, values, key)
        verdict = await self._post(settings, values, _first_key(sending))
        status = verdict.status_code or 0
        is_told = verdict.outcome in (Outcome.ACCEPT, Outcome.REJECT) and status < _FAULT
        return verdict if is_told and status not in _ABOUT_THE_KEY else None

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


def _first_key(sending: Sending) -> str:
    """Give the key of the first time, when only what came before had been tried."""
    before = [one for one in sending.job.tried if one.number < sending.number]
    job = msgspec.structs.replace(sending.job, tried=before)
    return msgspec.structs.replace(sending, job=job).idempotency_key


def _repeatable_since(delivery: Delivery, now: datetime) -> datetime | None:
    """Tell since when a delivery's attempts can be repeated; None when they cannot."""
    if delivery.settings.kind in REPEATABLE:
        return _EVER
    hours = delivery.settings.repeat_hours
    if delivery.settings.kind is not DeliveryKind.HTTP or not hours:
        return None
    return now - timedelta(hours=hours)

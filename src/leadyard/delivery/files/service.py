"""File deliveries: building files at their times, handing them over, and what people do with them."""

import asyncio
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import asyncpg
import msgspec
import structlog

from leadyard.campaigns.configuration import AccountSetup, Configuration
from leadyard.delivery.files import store
from leadyard.delivery.files.building import build_one, source_of
from leadyard.delivery.files.model import STATES, Claimed, DeliveryFile, FileState, QueuedDelivery, StateName
from leadyard.delivery.files.news import tell_of_file
from leadyard.delivery.guard import AddressGuard
from leadyard.delivery.kinds import Destination
from leadyard.delivery.model import Outcome, RetryPolicy, Verdict
from leadyard.delivery.retries import next_delay
from leadyard.delivery.transports.file.hand_over import BY_EMAIL, Parcel, hand_over, place_of
from leadyard.delivery.transports.file.schedule import latest_slot
from leadyard.identity.actor import Actor
from leadyard.identity.service import record_change
from leadyard.kit import clock
from leadyard.kit.errors import ConflictError, NotFoundError, UnavailableError
from leadyard.storage.database import Connection, Database, Row
from leadyard.storage.working import keep_working

_log = structlog.get_logger(__name__)
_MOST = 4
_IDLE_SECONDS = 2.0
_LEASE = timedelta(minutes=15)
"""How long a worker has for one hand-over: three times what a destination's time limit can be at most."""

_OVERRUN = "the worker stopped before the answer"
_STATE_NAMES: dict[FileState, StateName] = {state: name for name, state in STATES.items()}


class FileExporter:
    """One process's share of building and handing over; any number run side by side."""

    def __init__(self, database: Database, configuration: Configuration, guard: AddressGuard) -> None:
        """Share the process's database and set-ups."""
        self._database = database
        self._configuration = configuration
        self._guard = guard

    async def run(self, stop: asyncio.Event) -> None:
        """Build and hand over until told to stop."""
        await keep_working(
            stop, self._work, idle_seconds=_IDLE_SECONDS, trouble="files could not be dealt with"
        )

    async def _work(self) -> int:
        return await self.build_due(clock.now()) + await self.hand_over_due(clock.now())

    async def build_due(self, now: datetime) -> int:
        """Build every file whose time has come; gives how many were built."""
        async with self._database.connection() as connection:
            queued = await store.queued_deliveries(connection)
        built = 0
        for each in queued:
            try:
                built += await self._build(each, now)
            except asyncpg.UniqueViolationError:
                _log.info(
                    "two files wanted one name; the next round names one anew", delivery=each.delivery_id
                )
        return built

    async def _build(self, queued: QueuedDelivery, now: datetime) -> int:
        setup = await self._configuration.current(queued.account_id)
        source = source_of(setup, queued.delivery_id, now)
        if source is None:
            return 0
        slot = latest_slot(source.settings.schedule, now, ZoneInfo(setup.account.time_zone))
        if slot is None or queued.oldest > slot:
            return 0
        source = msgspec.structs.replace(source, slot=slot)
        built = 0
        while True:
            async with self._database.unit_of_work() as connection:
                if not await store.lock_delivery(connection, queued.account_id, queued.delivery_id):
                    return built
                if not await build_one(connection, source, now):
                    return built
            built += 1

    async def hand_over_due(self, now: datetime) -> int:
        """Hand over files that are due, and settle hand-overs that a dead worker left; gives how many were tried."""
        async with self._database.connection() as connection:
            accounts = await store.due_accounts(connection, now)
        count = 0
        for account_id in accounts:
            setup = await self._configuration.current(account_id)
            claimed = await self._claim(setup, now)
            await asyncio.gather(*(self._hand_over(setup, file, where) for file, where in claimed))
            count += len(claimed)
        return count

    async def _claim(self, setup: AccountSetup, now: datetime) -> list[tuple[Claimed, Destination]]:
        account_id, claimed = setup.account.id, []
        async with self._database.unit_of_work() as connection:
            for row in await store.due_files(connection, account_id, now, _MOST):
                source = source_of(setup, row["delivery_id"], now)
                if row["state"] == FileState.SENDING and row["destination"].startswith(BY_EMAIL):
                    await _end(connection, setup, row, FileState.UNKNOWN, _OVERRUN, now)
                elif source is None:
                    error = "the delivery is archived or no file delivery any more"
                    await _end(connection, setup, row, FileState.FAILED, error, now)
                else:
                    where = source.settings.destination
                    place = place_of(where, row["name"])
                    file = await store.begin(connection, account_id, row["id"], now + _LEASE, place)
                    claimed.append((file, where))
        return claimed

    async def _hand_over(self, setup: AccountSetup, file: Claimed, where: Destination) -> None:
        parcel = Parcel(
            file.name, file.format, file.content, file.rows, f"file-{file.id}.{setup.account.slug}"
        )
        verdict = await hand_over(self._guard, setup, where, parcel, clock.now())
        source = source_of(setup, file.delivery_id, clock.now())
        policy = RetryPolicy() if source is None else source.delivery.settings.retry
        by_email = place_of(where, file.name).startswith(BY_EMAIL)
        tries, jitter = file.tries - file.tries_before, random.random()  # noqa: S311 - jitter, not a secret
        state, delay = settled(verdict, policy, tries, jitter, by_email=by_email)
        error = None if state is FileState.SENT else verdict.reason
        await self._book(setup, file, state, error, delay)

    async def _book(
        self, setup: AccountSetup, file: Claimed, state: FileState, error: str | None, delay: float
    ) -> None:
        """Book what became of a try, however often that fails: the server's answer exists nowhere else."""
        wait = 0.1
        while True:
            now = clock.now()
            finished = now if state in (FileState.SENT, FileState.FAILED) else None
            try:
                async with self._database.unit_of_work() as connection:
                    due_at = now + timedelta(seconds=delay)
                    if await store.settle(connection, file, state, error, due_at, finished):
                        await tell_of_file(
                            connection, setup, now, state, file_id=file.id, delivery_id=file.delivery_id,
                            name=file.name, problem=error,
                        )  # fmt: skip
            except (UnavailableError, asyncpg.PostgresError) as trouble:
                _log.warning("booking a file failed", file=file.id, error=str(trouble))
                await asyncio.sleep(wait)
                wait = min(5.0, wait * 2)
            else:
                return


async def _end(
    connection: Connection, setup: AccountSetup, row: Row, state: FileState, error: str, now: datetime
) -> None:
    """End a file that nobody hands over, and tell of it."""
    finished = now if state is FileState.FAILED else None
    await store.move(connection, setup.account.id, row["id"], state, error, now, finished)
    await tell_of_file(
        connection, setup, now, state, file_id=row["id"], delivery_id=row["delivery_id"], name=row["name"],
        problem=error,
    )  # fmt: skip


def settled(
    verdict: Verdict, policy: RetryPolicy, tries: int, random_value: float, *, by_email: bool
) -> tuple[FileState, float]:
    """Tell what a try makes of a file, and after how many seconds it is tried again.

    An unknown outcome at a server where the same name with the same bytes replaces itself is safely tried again; an
    e-mail is not.
    """
    if verdict.outcome is Outcome.ACCEPT:
        return FileState.SENT, 0
    if verdict.outcome is Outcome.UNKNOWN and by_email:
        return FileState.UNKNOWN, 0
    if verdict.outcome in (Outcome.RETRY, Outcome.UNKNOWN):
        delay = next_delay(policy, tries, random_value, verdict.retry_after_seconds)
        if delay is not None:
            return FileState.WAITING, delay
    return FileState.FAILED, 0


async def read_file(database: Database, account_id: int, file_id: int) -> DeliveryFile:
    """Give one file; raises NotFoundError."""
    async with database.connection() as connection:
        return _record(await store.find(connection, account_id, file_id))


async def list_files(
    database: Database,
    account_id: int,
    *,
    delivery_id: int | None,
    state: StateName | None,
    page: int,
    per_page: int,
) -> tuple[Sequence[DeliveryFile], int]:
    """Give one page of files, the newest first, and how many there are on all pages."""
    wanted = None if state is None else STATES[state]
    async with database.connection() as connection:
        rows = await store.page(connection, account_id, delivery_id, wanted, per_page, (page - 1) * per_page)
        if not rows and page > 1:
            first = await store.page(connection, account_id, delivery_id, wanted, 1, 0)
            return [], first[0]["total"] if first else 0
    return [_record(row) for row in rows], rows[0]["total"] if rows else 0


async def resend_file(database: Database, actor: Actor, file_id: int) -> DeliveryFile:
    """Hand a file over again, with the same name and bytes; raises NotFoundError, ConflictError while it is sending."""
    return await _change(database, actor, file_id, "resend", None)


async def settle_file(database: Database, actor: Actor, file_id: int, *, arrived: bool) -> DeliveryFile:
    """Say what became of a file whose outcome is unknown; raises NotFoundError, ConflictError for any other."""
    return await _change(database, actor, file_id, "settle", arrived)


async def _change(
    database: Database, actor: Actor, file_id: int, action: str, arrived: bool | None
) -> DeliveryFile:
    now = clock.now()
    async with database.unit_of_work() as connection:
        before = _record(await store.find(connection, actor.account_id, file_id, lock=True))
        if action == "settle" and before.state != "Unknown":
            raise ConflictError("state", f"is {before.state}, not Unknown")
        if before.state in ("Sending", "Waiting") and action == "resend":
            raise ConflictError("state", f"is {before.state}: the file is on its way")
        state = FileState.SENT if arrived else FileState.WAITING
        finished = now if arrived else None
        await store.move(connection, actor.account_id, file_id, state, None, now, finished)
        after = _record(await store.find(connection, actor.account_id, file_id))
        await record_change(
            connection, actor.account_id, actor.name, action, "delivery file", file_id, before, after
        )
    return after


def _record(row: Row | None) -> DeliveryFile:
    if row is None:
        raise NotFoundError("There is no such file.")
    return DeliveryFile(
        id=row["id"],
        delivery_id=row["delivery_id"],
        number=row["number"],
        name=row["name"],
        format=row["format"],
        state=_STATE_NAMES[FileState(row["state"])],
        rows=row["row_count"],
        size=row["size"],
        destination=row["destination"],
        error=row["error"],
        tries=row["tries"],
        built_at=row["built_at"],
        due_at=row["due_at"],
        finished_at=row["finished_at"],
    )

"""The ordinary leads of a process on their way to the database: in batches, each by one statement."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from uuid import UUID

import asyncpg

from leadyard.intake import express_store, store
from leadyard.intake.batch import Candidate
from leadyard.intake.counting import count_results
from leadyard.intake.express import by_window, is_ordinary, prepare
from leadyard.intake.model import IntakeResult
from leadyard.kit import clock
from leadyard.kit.errors import UnavailableError
from leadyard.storage.database import Database
from leadyard.storage.group_commit import GroupCommit

_PATIENCE_SECONDS = 8.0
_STEP_BY_STEP_SECONDS = 1.0


class ExpressLane:
    """Commits ordinary candidates together; None sends one to be decided step by step."""

    def __init__(
        self,
        database: Database,
        number: Callable[[Sequence[Candidate]], Awaitable[None]],
        *,
        lanes: int,
        crowd: int,
    ) -> None:
        """Share the process's database; `number` gives candidates their ids."""
        self._database = database
        self._number = number
        self._group: GroupCommit[Candidate, IntakeResult | None] = GroupCommit(
            self.commit, lanes=lanes, crowd=crowd
        )
        self._step_by_step_until: dict[int, float] = {}

    def takes(self, candidate: Candidate) -> bool:
        """Tell whether a candidate may come this way now."""
        return is_ordinary(candidate) and not self._is_step_by_step(candidate.account_id)

    def submit(self, candidate: Candidate) -> asyncio.Future[IntakeResult | None]:
        """Commit a candidate with whatever else is waiting."""
        return self._group.submit(candidate)

    async def close(self) -> None:
        """Finish what is in flight."""
        await self._group.close()

    async def commit(self, candidates: Sequence[Candidate]) -> list[IntakeResult | None]:
        """Commit a batch by one statement for each window of duplicate keys."""
        results: dict[UUID, IntakeResult] = {}
        for window, listed in by_window(candidates).items():
            results.update(await self._write(listed, window))
        decided = [results.get(candidate.uuid) for candidate in candidates]
        count_results(decided)
        return decided

    def _is_step_by_step(self, account_id: int) -> bool:
        """Tell whether an account's last ordinary batch failed just now: where a cap is full, the next would too."""
        until = self._step_by_step_until.get(account_id)
        if until is None:
            return False
        if asyncio.get_running_loop().time() < until:
            return True
        del self._step_by_step_until[account_id]
        return False

    async def _write(
        self, candidates: Sequence[Candidate], window: timedelta | None
    ) -> dict[UUID, IntakeResult]:
        now = clock.now()
        results: dict[UUID, IntakeResult] = {}
        try:
            await self._number(candidates)
            results, rows = prepare(candidates, now)
            async with self._database.connection() as connection:
                taken = await express_store.write(connection, rows, now, store.cutoff(window, now))
        except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError):
            return {}
        except UnavailableError:
            return await self._found(results)
        if taken is None:
            until = asyncio.get_running_loop().time() + _STEP_BY_STEP_SECONDS
            self._step_by_step_until.update((candidate.account_id, until) for candidate in candidates)
            return {}
        if taken:
            return {uuid: result for uuid, result in results.items() if uuid not in taken}
        return results

    async def _found(self, results: dict[UUID, IntakeResult]) -> dict[UUID, IntakeResult]:
        """Find what a statement wrote whose answer was lost: all that it let through, or nothing."""
        if not results:
            return {}
        accounts = {uuid: result.plan.setup.account.id for uuid, result in results.items() if result.plan}
        deadline = asyncio.get_running_loop().time() + _PATIENCE_SECONDS
        while True:
            try:
                async with self._database.connection() as connection:
                    present = await store.present(connection, accounts)
            except UnavailableError:
                if asyncio.get_running_loop().time() > deadline:
                    raise
                await asyncio.sleep(0.2)
            else:
                return {uuid: result for uuid, result in results.items() if uuid in present}

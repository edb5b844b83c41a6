"""Releases and rejects by rule: any number of workers side by side, each lead once, the throttle over all of them.

A rule goes over its campaign's quarantine in passes, in order of id, and looks only at leads whose time may have come.
At the end of a pass it waits for more behind it. A new pass begins from the first lead when the set-up has changed, and
every few minutes: for leads whose fields were corrected, that came back, or that an earlier try left where they were.

As with jobs, a batch begins with a commit that keeps others away for as long as the throttle asks after a full batch,
and the rule's progress stays locked while the batch is done.
"""

import asyncio
from datetime import datetime, timedelta

import msgspec
import structlog

from leadyard.campaigns.configuration import AccountSetup, Configuration
from leadyard.identity.model import Principal
from leadyard.intake.quarantine import Quarantine
from leadyard.kit import clock
from leadyard.kit.errors import InvalidInputError, UnavailableError
from leadyard.leads.jobs.model import Author
from leadyard.leads.jobs.throttle import batch_size, longest_pause, pause_after
from leadyard.leads.matching import LOOKED_AT_ONCE, RuleTests, matches
from leadyard.leads.outcomes import DONE, NOT_CHECKED
from leadyard.leads.release_rules import store
from leadyard.leads.release_rules.model import Chosen, choose
from leadyard.leads.release_rules.store import RunningRule
from leadyard.storage.database import Connection, Database
from leadyard.storage.working import keep_working

_log = structlog.get_logger(__name__)
_POLL_SECONDS = 0.5
_SHORTEST_REST, _LONGEST_REST = timedelta(seconds=10), timedelta(minutes=1)
_RESTS_PER_WAIT = 60
_NEXT_PASS = timedelta(minutes=5)
_AGAIN = timedelta(minutes=1)


class ReleaseRuleRunner:
    """One process's share of the release rules."""

    def __init__(self, database: Database, configuration: Configuration, quarantine: Quarantine) -> None:
        """Share the process's database, set-ups and quarantine."""
        self._database = database
        self._configuration = configuration
        self._quarantine = quarantine
        self._tests = RuleTests(database)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop."""
        await keep_working(stop, self.run_due, idle_seconds=_POLL_SECONDS, trouble="releasing by rule failed")

    async def run_due(self) -> bool:
        """Do one batch for each account that has a rule due; False when there was none."""
        async with self._database.connection() as connection:
            due = await store.due_accounts(connection, clock.now())
        return any([await self._run_one(account_id) for account_id in due])

    async def _run_one(self, account_id: int) -> bool:
        rule = await self._claim(account_id)
        if rule is None:
            return False
        try:
            setup = await self._configuration.current(account_id)
            async with self._database.unit_of_work() as connection:
                if await store.lock(connection, rule):
                    await store.advance(connection, await self._batch(connection, setup, rule))
        except UnavailableError:
            raise
        except Exception as error:  # noqa: BLE001 - a rule that cannot be followed must not stop the others
            await self._postpone(rule, error)
        return True

    async def _claim(self, account_id: int) -> RunningRule | None:
        """Take the rule that is due first, and keep others from it for as long as a full batch asks."""
        now = clock.now()
        async with self._database.unit_of_work() as connection:
            rule = await store.claim(connection, account_id, now)
            if rule is None:
                return None
            held = msgspec.structs.replace(rule, due_at=now + longest_pause(rule.settings.per_minute))
            await store.hold(connection, held)
        return held

    async def _batch(self, connection: Connection, setup: AccountSetup, rule: RunningRule) -> RunningRule:
        """Decide what is due next; the releases are units of work of their own, each made once however often asked."""
        chosen = await self._chosen(connection, setup, rule)
        principal = Author(0, f"release rule {rule.id}").principal(rule.account_id)
        released, stayed = await self._release(principal, rule, chosen.release)
        rejected = await self._reject(principal, rule, chosen.reject)
        taken = len(chosen.release) + len(chosen.reject)
        moved = msgspec.structs.replace(
            rule,
            cursor=max(rule.cursor, chosen.looked_to),
            released=rule.released + released,
            rejected=rule.rejected + rejected,
            stayed=rule.stayed + stayed,
            last_error=None,
        )
        now = clock.now()
        ready_at = now + pause_after(taken, rule.settings.per_minute)
        return _turned(moved, setup.version, now, ready_at) if chosen.at_end else _due(moved, ready_at)

    async def _chosen(self, connection: Connection, setup: AccountSetup, rule: RunningRule) -> Chosen:
        settings, campaign = rule.settings, setup.campaigns[rule.campaign_id]
        now = clock.now()
        leads = await store.held(
            connection,
            rule.account_id,
            rule.campaign_id,
            rule.cursor,
            now - settings.shortest_wait,
            LOOKED_AT_ONCE,
        )
        test = None
        if settings.rule is not None:
            test = await self._tests.of(setup, campaign, settings.rule)
        return choose(
            settings,
            leads,
            lambda lead: test is None or matches(setup, campaign, test, lead),
            batch_size(settings.per_minute),
            now,
            was_last=len(leads) < LOOKED_AT_ONCE,
        )

    async def _release(self, principal: Principal, rule: RunningRule, ids: list[int]) -> tuple[int, int]:
        if not ids:
            return 0, 0
        reasons = list((await self._quarantine.release(principal, ids, because=_named(rule))).values())
        return reasons.count(DONE), reasons.count(NOT_CHECKED)

    async def _reject(self, principal: Principal, rule: RunningRule, ids: list[int]) -> int:
        if not ids:
            return 0
        return list((await self._quarantine.reject(principal, ids, because=_named(rule))).values()).count(
            DONE
        )

    async def _postpone(self, rule: RunningRule, error: Exception) -> None:
        told = str(error) if isinstance(error, InvalidInputError) else type(error).__name__
        _log.error("a release rule failed", account=rule.account_id, rule=rule.id, error=told)
        later = clock.now() + max(_AGAIN, longest_pause(rule.settings.per_minute))
        async with self._database.unit_of_work() as connection:
            if await store.lock(connection, rule):
                await store.advance(connection, msgspec.structs.replace(rule, due_at=later, last_error=told))


def _named(rule: RunningRule) -> str:
    return f'release rule {rule.id} "{rule.name}"'


def _due(rule: RunningRule, at: datetime) -> RunningRule:
    return msgspec.structs.replace(rule, due_at=at)


def _turned(rule: RunningRule, version: int, now: datetime, ready_at: datetime) -> RunningRule:
    """Tell what follows the end of a pass: another one, or waiting for leads behind the last."""
    if version == rule.pass_version and now - rule.pass_started_at < _NEXT_PASS:
        rest = min(_LONGEST_REST, max(_SHORTEST_REST, rule.settings.shortest_wait / _RESTS_PER_WAIT))
        return _due(rule, max(ready_at, now + rest))
    return msgspec.structs.replace(rule, cursor=0, pass_started_at=now, pass_version=version, due_at=ready_at)

"""Asks providers: answers are remembered, equal questions join, and a provider that fails is left alone for a while."""

import asyncio
import time
from collections.abc import Mapping

import asyncpg
import msgspec
import structlog

from leadyard.campaigns.configuration import AccountSetup
from leadyard.delivery.breaker import Breaker
from leadyard.delivery.model import Outcome as Sent
from leadyard.intake.providers.compiled import Check
from leadyard.intake.providers.model import Answer, HttpSource, Outcome, ProviderStatus
from leadyard.intake.providers.sources import Sources
from leadyard.kit import clock
from leadyard.kit.errors import UnavailableError

_MOST_REMEMBERED = 100_000
_REPORTED = {Outcome.VALID: Sent.ACCEPT, Outcome.INVALID: Sent.REJECT, Outcome.UNAVAILABLE: Sent.RETRY}
_NOT_ACTIVE = Answer(Outcome.UNAVAILABLE, "the provider is not active")
_LEFT_ALONE = Answer(Outcome.UNAVAILABLE, "left alone after failures in a row")
_log = structlog.get_logger(__name__)


class Asking:
    """One process's questions to providers."""

    def __init__(self, sources: Sources) -> None:
        """Ask these."""
        self._sources = sources
        self._known: dict[bytes, tuple[float, Answer]] = {}
        self._under_way: dict[bytes, asyncio.Task[Answer]] = {}
        self._breakers: dict[tuple[int, int], Breaker] = {}

    async def answer(
        self, setup: AccountSetup, check: Check, values: Mapping[str, str], country: str, key: bytes
    ) -> Answer:
        """Get the answer that `key` names; it costs nothing when it was known or is on its way already."""
        if not check.provider.settings.cache_seconds:
            return await self._asked(setup, check, values, country)
        known = self._known.get(key)
        if known is not None and time.monotonic() < known[0]:
            return _again(known[1])
        running = self._under_way.get(key)
        if running is not None:
            return _again(await asyncio.shield(running))
        task = asyncio.create_task(self._asked_once(setup, check, values, country, key))
        self._under_way[key] = task
        return await asyncio.shield(task)

    async def _asked_once(
        self, setup: AccountSetup, check: Check, values: Mapping[str, str], country: str, key: bytes
    ) -> Answer:
        try:
            answer = await self._asked(setup, check, values, country)
            self._remember(key, answer, check.provider.settings.cache_seconds)
        finally:
            del self._under_way[key]
        return answer

    async def _asked(
        self, setup: AccountSetup, check: Check, values: Mapping[str, str], country: str
    ) -> Answer:
        provider, place = check.provider, (setup.account.id, check.provider.id)
        if provider.status is not ProviderStatus.ACTIVE:
            return _NOT_ACTIVE
        outside = isinstance(provider.settings.source, HttpSource)
        now = clock.now()
        breaker = self._breakers.get(place, Breaker())
        if outside and not breaker.allows(now):
            return _LEFT_ALONE
        if outside:
            self._breakers[place] = breaker.sending(now)
        try:
            answer = await self._sources.ask(setup, check, values, country)
        except (UnavailableError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            answer = Answer(Outcome.UNAVAILABLE, f"the database did not answer: {type(error).__name__}")
        if outside:
            before = self._breakers[place]
            self._breakers[place] = before.after(
                provider.settings.breaker, _REPORTED[answer.outcome], clock.now()
            )
        if answer.outcome is Outcome.UNAVAILABLE:
            _log.info(
                "a check got no answer", account=setup.account.id, provider=provider.id, kind=check.kind
            )
            return answer
        return msgspec.structs.replace(answer, cost=check.cost)

    def _remember(self, key: bytes, answer: Answer, seconds: int) -> None:
        if answer.outcome is Outcome.UNAVAILABLE:
            return
        while len(self._known) >= _MOST_REMEMBERED:
            del self._known[next(iter(self._known))]
        self._known.pop(key, None)
        self._known[key] = (time.monotonic() + seconds, answer)


def _again(answer: Answer) -> Answer:
    return msgspec.structs.replace(answer, cost=0, cached=True, elapsed_ms=0)

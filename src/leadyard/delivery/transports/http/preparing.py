"""What happens before a lead is sent: tokens are fetched and steps are taken, each once for as many leads as it may."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple
from weakref import WeakKeyDictionary

from leadyard.delivery.answers import Answer, read_value, retry_after_seconds
from leadyard.delivery.model import RESPONSE_TEXT_LIMIT, Outcome, Verdict
from leadyard.delivery.transports.http.calling import Reply, TroubleError
from leadyard.delivery.transports.http.credentials import concealable, read_token
from leadyard.delivery.transports.http.request import Request, RequestPlan, StepPlan
from leadyard.kit import clock

Exchange = Callable[[RequestPlan, Request], Awaitable[Reply]]
"""Sends one request of a plan and gives its answer; raises TroubleError."""

_TOKEN = "token"  # noqa: S105 - the name of a place, not a secret
_WORTH_A_RETRY = frozenset({408, 425, 429})
_SERVER_ERROR = 500
_SUCCESS = range(200, 300)


class StepFailedError(Exception):
    """A request before the lead's own failed, so that the lead was surely not sent; carries the verdict."""

    def __init__(self, verdict: Verdict) -> None:
        """Take what becomes of the lead."""
        super().__init__(verdict.reason)
        self.verdict = verdict


class Kept(NamedTuple):
    """Values that were read from an answer, and until when (monotonic seconds) they serve."""

    values: Mapping[str, str]
    until: float


class Prepared(NamedTuple):
    """What a lead's request needs: a token, the values of steps, and which of these came from memory."""

    token: str
    values: Mapping[str, str]
    from_memory: Mapping[str, Kept]

    @property
    def secrets(self) -> tuple[str, ...]:
        """List the texts that must not show in what is kept of the buyer's answer."""
        return concealable([self.token, *self.values.values()])


class Preparation:
    """One process's memory of tokens and of steps that serve more than one lead."""

    def __init__(self, exchange: Exchange) -> None:
        """Send by the given exchange."""
        self._exchange = exchange
        self._memory: WeakKeyDictionary[RequestPlan, dict[str, Kept]] = WeakKeyDictionary()
        self._running: dict[tuple[RequestPlan, str], asyncio.Task[Kept]] = {}

    async def close(self) -> None:
        """Give up what is being fetched."""
        running = list(self._running.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def prepare(self, plan: RequestPlan, values: Mapping[str, str]) -> Prepared:
        """Take the steps and fetch the token, or remember them; raises StepFailedError, UnfitValueError."""
        found: dict[str, str] = {}
        from_memory: dict[str, Kept] = {}
        for step in plan.steps:
            found.update(await self._step_values(plan, step, {**values, **found}, from_memory))
        token = ""
        if plan.token is not None:
            token = (await self._kept(plan, _TOKEN, lambda: self._fetch_token(plan), from_memory))[_TOKEN]
        return Prepared(token, found, from_memory)

    def forget(self, plan: RequestPlan, prepared: Prepared) -> None:
        """Forget what the buyer refused, unless another lead has renewed it meanwhile."""
        memory = self._memory.get(plan, {})
        for key, kept in prepared.from_memory.items():
            if memory.get(key) is kept:
                del memory[key]

    async def _step_values(
        self, plan: RequestPlan, step: StepPlan, values: Mapping[str, str], from_memory: dict[str, Kept]
    ) -> Mapping[str, str]:
        if not step.keep_seconds:
            return (await self._take_step(plan, step, values)).values
        return await self._kept(plan, step.name, lambda: self._take_step(plan, step, values), from_memory)

    async def _kept(
        self,
        plan: RequestPlan,
        key: str,
        fetch: Callable[[], Awaitable[Kept]],
        from_memory: dict[str, Kept],
    ) -> Mapping[str, str]:
        """Give what memory holds, else fetch it: once, however many leads wait for it, and all share a failure."""
        kept = self._memory.get(plan, {}).get(key)
        if kept is not None and time.monotonic() < kept.until:
            from_memory[key] = kept
            return kept.values
        running = self._running.get((plan, key))
        if running is None:
            running = asyncio.create_task(self._remember(plan, key, fetch))
            self._running[plan, key] = running
            running.add_done_callback(lambda task: self._done(plan, key, task))
        return (await asyncio.shield(running)).values

    async def _remember(self, plan: RequestPlan, key: str, fetch: Callable[[], Awaitable[Kept]]) -> Kept:
        kept = await fetch()
        self._memory.setdefault(plan, {})[key] = kept
        return kept

    def _done(self, plan: RequestPlan, key: str, task: "asyncio.Task[Kept]") -> None:
        self._running.pop((plan, key), None)
        if not task.cancelled():
            task.exception()  # whoever waits gets it; asked for here in case that nobody does any more

    async def _take_step(self, plan: RequestPlan, step: StepPlan, values: Mapping[str, str]) -> Kept:
        what = f"The step {step.name}"
        request = step.message.filled(values)
        try:
            reply = await self._exchange(plan, request)
        except TroubleError as error:
            raise StepFailedError(_not_sent(what, error, plan.shown_step(step, values))) from error
        answer = Answer(reply.status, reply.content_type, reply.text)
        found = {name: read_value(reader, answer) or "" for name, reader in step.readers}
        missing = [name for name, text in found.items() if not text]
        shown = plan.conceal(reply.text, concealable([text for text in found.values() if text]))
        problem = _refused(what, reply)
        if problem is None and missing:
            problem = Verdict(Outcome.ERROR, f"{what} failed: its answer lacks {missing[0]}")
        if problem is not None:
            raise StepFailedError(_with_texts(problem, plan.shown_step(step, values), shown))
        return Kept(found, time.monotonic() + step.keep_seconds)

    async def _fetch_token(self, plan: RequestPlan) -> Kept:
        if plan.token is None:
            raise RuntimeError("a token was asked for that the target does not need")
        what, shown = "Fetching the token", f"POST {plan.token.url}"
        try:
            reply = await self._exchange(plan, Request("POST", *plan.token))
        except TroubleError as error:
            raise StepFailedError(_not_sent(what, error, shown)) from error
        problem = _refused(what, reply)
        if problem is not None:
            raise StepFailedError(_with_texts(problem, shown, plan.conceal(reply.text)))
        try:
            token = read_token(reply.text)
        except ValueError as error:
            raise StepFailedError(
                Verdict(Outcome.ERROR, f"{what} failed: {error}", request_text=shown)
            ) from error
        return Kept({_TOKEN: token.text}, time.monotonic() + token.seconds)


def _not_sent(what: str, error: TroubleError, shown: str) -> Verdict:
    """Give a verdict that leaves out what may have happened to the step's request: the lead itself was never sent."""
    outcome = Outcome.ERROR if error.outcome is Outcome.ERROR else Outcome.RETRY
    reason = error.reason.replace("; the buyer may have the lead", "")
    return Verdict(outcome, f"{what} failed: {reason}", request_text=shown)


def _refused(what: str, reply: Reply) -> Verdict | None:
    if reply.status in _SUCCESS:
        return None
    reason = f"{what} failed with status {reply.status}"
    if reply.status in _WORTH_A_RETRY or reply.status >= _SERVER_ERROR:
        after = retry_after_seconds(reply.headers.get("Retry-After"), clock.now())
        return Verdict(Outcome.RETRY, reason, retry_after_seconds=after)
    return Verdict(Outcome.ERROR, reason)


def _with_texts(verdict: Verdict, request_text: str, response_text: str) -> Verdict:
    return Verdict(
        verdict.outcome,
        verdict.reason,
        request_text=request_text,
        response_text=response_text[:RESPONSE_TEXT_LIMIT],
        retry_after_seconds=verdict.retry_after_seconds,
    )

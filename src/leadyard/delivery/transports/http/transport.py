"""Sends leads over HTTP and tells a lead that was surely not taken from one that may have been."""

import time
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from msgspec import structs
from multidict import CIMultiDict
from yarl import URL

from leadyard.delivery.answers import RuleError, compile_rules, judge, retry_after_seconds
from leadyard.delivery.guard import AddressGuard, Network
from leadyard.delivery.model import RESPONSE_TEXT_LIMIT, AnswerRules, HttpTarget, Outcome, Verdict
from leadyard.delivery.templates import UnfitValueError
from leadyard.delivery.transports.http.calling import Message, Reply, TroubleError, call, words
from leadyard.delivery.transports.http.compiling import OUR_HEADERS
from leadyard.delivery.transports.http.pool import Pool
from leadyard.delivery.transports.http.preparing import Preparation, Prepared, StepFailedError
from leadyard.delivery.transports.http.request import Request, RequestPlan, compile_target
from leadyard.delivery.transports.http.tls import context_of
from leadyard.kit import clock
from leadyard.kit.errors import InvalidInputError

_POST_SECONDS = 10
_NOT_SIGNED_IN = frozenset({401, 403})
_SURELY_REFUSED = frozenset({Outcome.REJECT, Outcome.RETRY})


class HttpTransport:
    """One process's HTTP client for deliveries: no cookies, no redirects, no proxies, and nothing sent twice."""

    def __init__(
        self,
        allowed_networks: Sequence[Network] = (),
        *,
        connections: int = 512,
        connections_per_host: int = 128,
    ) -> None:
        """Take the private networks that may be called, and how many connections may be open at once."""
        self._guard = AddressGuard(allowed_networks)
        self._connections, self._connections_per_host = connections, connections_per_host
        self._preparation = Preparation(self._exchange)
        self._pool: Pool | None = None

    async def open(self) -> None:
        """Make the client; call it inside the event loop that will send."""
        self._pool = Pool(self._guard, most=self._connections, most_per_host=self._connections_per_host)

    async def close(self) -> None:
        """Close all connections."""
        await self._preparation.close()
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    async def deliver(
        self, target: HttpTarget, rules: AnswerRules, values: Mapping[str, str], *, idempotency_key: str
    ) -> Verdict:
        """Send one lead and judge the answer; network trouble becomes a verdict, never an exception.

        `error`: set-up or values cannot be used, the address or a step before is refused; the lead was not sent.
        `retry`: no connection came about, or a step before failed; the lead was not sent. `unknown`: the request may
        have left and no whole answer came in time. When this call is cancelled the lead's fate is unknown too.
        """
        started = time.perf_counter()
        try:
            plan = compile_target(target)
            compile_rules(rules)
            values = plan.completed(values)
            prepared = await self._preparation.prepare(plan, values)
            verdict = await self._send(plan, prepared, rules, values, idempotency_key)
            if prepared.from_memory and _is_sign_in_refused(verdict, prepared):
                # The buyer refused what was kept, and with it the lead: with fresh values it is offered once again.
                self._preparation.forget(plan, prepared)
                prepared = await self._preparation.prepare(plan, values)
                verdict = await self._send(plan, prepared, rules, values, idempotency_key)
        except (InvalidInputError, RuleError, UnfitValueError) as error:
            return Verdict(Outcome.ERROR, str(error))
        except StepFailedError as error:
            verdict = error.verdict
        return structs.replace(verdict, elapsed_ms=round((time.perf_counter() - started) * 1000))

    async def post_json(self, url: str, body: bytes, headers: Mapping[str, str]) -> str:
        """Post JSON to an address, under the same guard as leads; gives "" for a 2xx answer, else what went wrong."""
        return await self.send("POST", url, body, {"Content-Type": "application/json", **headers})

    async def send(self, method: str, url: str | URL, body: bytes | None, headers: Mapping[str, str]) -> str:
        """Make a request whose answer does not matter beyond its status: "" for 2xx, else what went wrong."""
        try:
            reply = await self._call(method, url, body, headers)
        except TroubleError as error:
            return error.reason
        return "" if reply.status < HTTPStatus.MULTIPLE_CHOICES else f"HTTP {reply.status}"

    async def exchange(self, method: str, url: str, body: str | None, headers: Mapping[str, str]) -> Reply:
        """Make a request and read its answer, whatever its status; raises TroubleError without a whole one."""
        return await self._call(method, url, None if body is None else body.encode(errors="replace"), headers)

    async def _call(
        self, method: str, url: str | URL, body: bytes | None, headers: Mapping[str, str]
    ) -> Reply:
        try:
            target = URL(url)
        except ValueError as error:
            raise TroubleError(Outcome.ERROR, f"The URL cannot be called: {words(error)}") from error
        message = Message(method, target, CIMultiDict({**OUR_HEADERS, **headers}), body)
        return await call(self._opened(), message, _POST_SECONDS, None)

    def _opened(self) -> Pool:
        if self._pool is None:
            raise RuntimeError("open() the transport before calling")
        return self._pool

    async def _send(
        self,
        plan: RequestPlan,
        prepared: Prepared,
        rules: AnswerRules,
        values: Mapping[str, str],
        idempotency_key: str,
    ) -> Verdict:
        request = plan.request({**values, **prepared.values} if prepared.values else values)
        if prepared.token:
            request.headers["Authorization"] = f"Bearer {prepared.token}"
        request.headers["Idempotency-Key"] = idempotency_key
        try:
            reply = await self._exchange(plan, request)
        except TroubleError as error:
            verdict = Verdict(error.outcome, error.reason)
        else:
            verdict = _judged(plan, prepared, reply, rules)
        return structs.replace(verdict, request_text=plan.shown_text(values, request))

    async def _exchange(self, plan: RequestPlan, request: Request) -> Reply:
        context = None if plan.tls is None else context_of(plan.tls)
        body = None if request.body is None else request.body.encode(errors="replace")
        message = Message(request.method, request.url, request.headers, body)
        return await call(self._opened(), message, plan.timeout_seconds, context)


def _is_sign_in_refused(verdict: Verdict, prepared: Prepared) -> bool:
    """Tell whether kept values were refused: 401, and for steps 403, without a rule that sees an acceptance in it."""
    statuses = _NOT_SIGNED_IN if prepared.values else {HTTPStatus.UNAUTHORIZED}
    return verdict.status_code in statuses and verdict.outcome in _SURELY_REFUSED


def _judged(plan: RequestPlan, prepared: Prepared, reply: Reply, rules: AnswerRules) -> Verdict:
    judgement = judge(rules, reply.status, reply.content_type, reply.text)
    retry_after = None
    if judgement.outcome is Outcome.RETRY:
        retry_after = retry_after_seconds(reply.headers.get("Retry-After"), clock.now())
    secrets, page = prepared.secrets, judgement.redirect_url
    return Verdict(
        judgement.outcome,
        plan.conceal(judgement.reason, secrets),
        reply.status,
        judgement.revenue,
        judgement.buyer_reference,
        plan.conceal(reply.text, secrets)[:RESPONSE_TEXT_LIMIT],
        retry_after_seconds=retry_after,
        details={"redirect_url": plan.conceal(page, secrets)} if page else {},
    )

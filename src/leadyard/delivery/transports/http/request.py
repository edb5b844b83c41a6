"""Turns a target into a plan once, and the plan into requests for each lead."""

import secrets
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from multidict import CIMultiDict
from yarl import URL

from leadyard.delivery.answers import Reader, RuleError, compile_extract
from leadyard.delivery.model import (
    REQUEST_TEXT_LIMIT,
    ClientCredentials,
    Header,
    HttpTarget,
    PreparedRequest,
    Step,
)
from leadyard.delivery.transports.http.checking import check_names
from leadyard.delivery.transports.http.compiling import Parts, compile_parts
from leadyard.delivery.transports.http.credentials import authorization, secret_texts, token_request
from leadyard.delivery.transports.http.multipart import BOUNDARY
from leadyard.delivery.transports.http.signing import BODY, Signer, compile_signers
from leadyard.delivery.transports.http.tls import tls_problems
from leadyard.kit import clock
from leadyard.kit.errors import FieldProblem, InvalidInputError
from leadyard.kit.masking import MASK

_ALWAYS_MASKED = frozenset(
    ["authorization", "cookie", "x-api-key", "api-key", "apikey", "x-auth-token", "x-access-token"]
)
_OURS = ("secret.", "step.", "signature.", "request.", "request:")


class Request(NamedTuple):
    """A request for one lead, ready to be sent."""

    method: str
    url: URL
    headers: CIMultiDict[str]
    body: str | None


class MessagePlan:
    """One request made ready: everything that does not depend on the lead is computed once."""

    def __init__(self, method: str, parts: Parts, signers: Mapping[str, Signer]) -> None:
        """Take the compiled parts and those signatures that they name."""
        self.names = parts.names
        self._method = method
        self._parts = parts
        used = [signer for name, signer in signers.items() if name in parts.names]
        self._signers = used
        self.signed_names = frozenset().union(*(signer.names for signer in used))

    def filled(self, values: Mapping[str, str], masks: Mapping[str, str] | None = None) -> Request:
        """Fill in the values; `masks` take the place of secrets and signatures when a request is only shown."""
        hidden = masks or {}
        values = self._signed({**values, **hidden} if hidden else values, hidden, with_body=False)
        body = None if self._parts.body is None else self._parts.body.render(values)
        if self._signers:
            values = self._signed({**values, BODY: body or ""}, hidden, with_body=True)
        headers = self._parts.fixed_headers.copy()
        for name, template in self._parts.headers:
            headers[name] = template.render(values)
        return Request(self._method, self._parts.address.render(values), headers, body)

    def _signed(
        self, values: Mapping[str, str], hidden: Mapping[str, str], *, with_body: bool
    ) -> Mapping[str, str]:
        made = {
            signer.name: signer.sign(values)
            for signer in self._signers
            if signer.needs_body is with_body and signer.name not in hidden
        }
        return {**values, **made} if made else values


class StepPlan(NamedTuple):
    """One step made ready: its request, and how the values are read from its answer."""

    name: str
    message: MessagePlan
    readers: tuple[tuple[str, Reader], ...]
    keep_seconds: int


class RequestPlan:
    """A target made ready."""

    def __init__(self, target: HttpTarget) -> None:
        """Compile every template; InvalidInputError lists all that is wrong, each with its field."""
        problems: list[FieldProblem] = []
        signers = compile_signers(target.signatures, problems)
        main = compile_parts(target, problems)
        steps = [
            _compiled_step(step, f"steps[{index}]", signers, problems)
            for index, step in enumerate(target.steps)
        ]
        token = token_request(target.auth, problems)
        problems += _auth_problems(target)
        if target.tls is not None:
            problems += [FieldProblem(f"tls.{p.field}", p.detail) for p in tls_problems(target.tls)]
        if main is not None and not problems:
            problems += check_names(target, main, [step.message.names for step in steps if step], signers)
        if problems or main is None:
            raise InvalidInputError(problems)
        self.main = MessagePlan(target.method, main, signers)
        self.steps = tuple(step for step in steps if step is not None)
        self.token = token
        self.tls = target.tls
        self.timeout_seconds = target.timeout_seconds
        self._authorization = authorization(target.auth)
        self._needs_token = isinstance(target.auth, ClientCredentials)
        self._secrets = {f"secret.{secret.name}": secret.value for secret in target.secrets}
        self._concealed = secret_texts(target)
        messages = [self.main, *(step.message for step in self.steps)]
        self.names = frozenset().union(*(m.names | m.signed_names for m in messages))
        hidden = ("secret.", "step.", "signature.")
        self._masks = dict.fromkeys((name for name in self.names if name.startswith(hidden)), MASK)
        self._is_timed = any(name.startswith(("request.", "request:")) for name in self.names)

    def completed(self, values: Mapping[str, str]) -> Mapping[str, str]:
        """Add what belongs to this one sending: secrets, and the time and the random texts that templates name."""
        if self._is_timed and BOUNDARY not in values:
            values = {**values, **_moment()}
        return {**values, **self._secrets} if self._secrets else values

    def request(self, values: Mapping[str, str]) -> Request:
        """Fill in a lead's values; UnfitValueError when one does not fit where it stands."""
        return self._authorized(self.main.filled(self.completed(values)))

    def shown(self, values: Mapping[str, str]) -> PreparedRequest:
        """Give the request as people may see it."""
        return _shown(self._masked(values), needs_token=self._needs_token)

    def shown_text(self, values: Mapping[str, str], sent: Request) -> str:
        """Write the request as people may see it, cut to what is kept; the one that was sent, if no secret is in it."""
        return _written(self._masked(values) if self._masks else sent, needs_token=self._needs_token)

    def shown_step(self, step: StepPlan, values: Mapping[str, str]) -> str:
        """Write the request of a step as people may see it, cut to what is kept."""
        return _written(step.message.filled(self.completed(values), self._masks))

    def conceal(self, text: str, more: Iterable[str] = ()) -> str:
        """Mask the target's secrets, and more that came up on the way, in a buyer's answer, which may echo them."""
        for secret in (*self._concealed, *more):
            text = text.replace(secret, MASK)
        return text

    def _masked(self, values: Mapping[str, str]) -> Request:
        return self._authorized(self.main.filled(self.completed(values), self._masks))

    def _authorized(self, request: Request) -> Request:
        if self._authorization:
            request.headers["Authorization"] = self._authorization
        return request


@lru_cache(maxsize=4096)
def compile_target(target: HttpTarget) -> RequestPlan:
    """Compile a target, once per set-up; raises InvalidInputError with every problem found."""
    return RequestPlan(target)


def check_target(target: HttpTarget) -> list[FieldProblem]:
    """List what is wrong with a target, for the set-up API."""
    try:
        compile_target(target)
    except InvalidInputError as error:
        return error.problems
    return []


def names_in(target: HttpTarget) -> frozenset[str]:
    """List the lead's names that a target reads, so that the set-up API can warn of unknown ones."""
    return frozenset(name for name in compile_target(target).names if not name.startswith(_OURS))


def preview(target: HttpTarget, values: Mapping[str, str]) -> PreparedRequest:
    """Show the request that these values would make, secrets masked.

    Raises InvalidInputError for an unusable target and UnfitValueError for values that do not fit.
    """
    return compile_target(target).shown(values)


def _compiled_step(
    step: Step, at: str, signers: Mapping[str, Signer], problems: list[FieldProblem]
) -> StepPlan | None:
    parts = compile_parts(step, problems, f"{at}.")
    readers = []
    for index, wanted in enumerate(step.values):
        try:
            readers.append(
                (f"step.{wanted.name}", compile_extract(wanted.value, f"{at}.values[{index}].value"))
            )
        except RuleError as error:
            problems.append(error.problem)
    if parts is None:
        return None
    return StepPlan(step.name, MessagePlan(step.method, parts, signers), tuple(readers), step.keep_seconds)


def _auth_problems(target: HttpTarget) -> list[FieldProblem]:
    if target.auth is None:
        return []
    return [
        FieldProblem(f"headers[{index}].name", "clashes with auth")
        for index, header in enumerate(target.headers)
        if header.name.lower() == "authorization"
    ]


def _moment() -> dict[str, str]:
    """Give the values that each sending has of its own."""
    now = clock.now()
    return {
        "request.timestamp": str(int(now.timestamp())),
        "request.timestamp_ms": str(int(now.timestamp() * 1000)),
        "request.time": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "request.nonce": secrets.token_hex(16),
        BOUNDARY: f"leadyard-{secrets.token_hex(16)}",
    }


def _shown_headers(request: Request, *, needs_token: bool) -> list[tuple[str, str]]:
    headers = [
        (name, MASK if name.lower() in _ALWAYS_MASKED else value) for name, value in request.headers.items()
    ]
    if needs_token and "Authorization" not in request.headers:
        headers.append(("Authorization", MASK))
    return headers


def _shown(request: Request, *, needs_token: bool = False) -> PreparedRequest:
    headers = tuple(Header(name, value) for name, value in _shown_headers(request, needs_token=needs_token))
    return PreparedRequest(request.method, str(request.url), headers, request.body or "")


def _written(request: Request, *, needs_token: bool = False) -> str:
    lines = [f"{request.method} {request.url}"]
    lines += [f"{name}: {value}" for name, value in _shown_headers(request, needs_token=needs_token)]
    head = "\n".join(lines)
    return f"{head}\n\n{request.body or ''}"[:REQUEST_TEXT_LIMIT].replace("\x00", "\ufffd")

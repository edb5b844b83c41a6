"""Turns a target into a request plan once, and the plan into a request for each lead."""

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from multidict import CIMultiDict
from yarl import URL

from leadyard.delivery.model import MASK, REQUEST_TEXT_LIMIT, Header, HttpTarget, PreparedRequest
from leadyard.delivery.transports.http.compiling import compile_parts, concealed
from leadyard.kit.errors import FieldProblem, InvalidInputError

_ALWAYS_MASKED = frozenset(
    ["authorization", "cookie", "x-api-key", "api-key", "apikey", "x-auth-token", "x-access-token"]
)


class Request(NamedTuple):
    """A request for one lead, ready to be sent."""

    url: URL
    headers: CIMultiDict[str]
    body: str | None


class RequestPlan:
    """A target made ready: everything that does not depend on the lead is computed once."""

    def __init__(self, target: HttpTarget) -> None:
        """Compile every template; InvalidInputError lists all that is wrong, each with its field."""
        parts = compile_parts(target)
        self.method = target.method
        self.names = parts.names
        self._parts = parts
        self._secrets = {f"secret.{secret.name}": secret.value for secret in target.secrets}
        self._masks = dict.fromkeys(self.names & self._secrets.keys(), MASK)
        self._concealed = concealed(target)

    def request(self, values: Mapping[str, str]) -> Request:
        """Fill in a lead's values; UnfitValueError when one does not fit where it stands."""
        return self._filled({**values, **self._secrets} if self._secrets else values)

    def shown(self, values: Mapping[str, str], sent: Request | None = None) -> PreparedRequest:
        """Give the request as people may see it; the one that was `sent` saves work where no secret is in it."""
        request = sent if sent is not None and not self._masks else self._filled({**values, **self._masks})
        headers = tuple(
            Header(name, MASK if name.lower() in _ALWAYS_MASKED else value)
            for name, value in request.headers.items()
        )
        return PreparedRequest(self.method, str(request.url), headers, request.body or "")

    def shown_text(self, values: Mapping[str, str], sent: Request) -> str:
        """Write the request as people may see it, cut to what is kept."""
        shown = self.shown(values, sent)
        head = "\n".join([f"{shown.method} {shown.url}", *(f"{h.name}: {h.value}" for h in shown.headers)])
        return f"{head}\n\n{shown.body}"[:REQUEST_TEXT_LIMIT].replace("\x00", "\ufffd")

    def conceal(self, text: str) -> str:
        """Mask the target's secrets in a buyer's answer, which may echo them."""
        for secret in self._concealed:
            text = text.replace(secret, MASK)
        return text

    def _filled(self, values: Mapping[str, str]) -> Request:
        headers = self._parts.fixed_headers.copy()
        for name, template in self._parts.headers:
            headers[name] = template.render(values)
        body = None if self._parts.body is None else self._parts.body.render(values)
        return Request(self._parts.address.render(values), headers, body)


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
    return frozenset(name for name in compile_target(target).names if not name.startswith("secret."))


def preview(target: HttpTarget, values: Mapping[str, str]) -> PreparedRequest:
    """Show the request that these values would make, secrets masked.

    Raises InvalidInputError for an unusable target and UnfitValueError for values that do not fit.
    """
    return compile_target(target).shown(values)

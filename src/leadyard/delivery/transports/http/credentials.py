"""How a target proves who is asking: fixed headers, and the request that fetches an OAuth 2 token."""

from base64 import b64encode
from typing import NamedTuple
from urllib.parse import quote_plus, urlencode

from msgspec import DecodeError, Struct, ValidationError, json
from multidict import CIMultiDict
from yarl import URL

from leadyard.delivery.model import BasicAuth, BearerAuth, ClientCredentials, HttpTarget
from leadyard.delivery.templates import TemplateError
from leadyard.delivery.transports.http.addresses import compile_address
from leadyard.kit.errors import FieldProblem

_SHORTEST_CONCEALED = 4
_UNSTATED_SECONDS = 300
"""How long a token is kept whose answer does not say when it expires; a 401 before that fetches another."""

_SKEW_SECONDS = 30
_LONGEST_SECONDS = 86_400


class TokenRequest(NamedTuple):
    """The request that fetches a token: a form post (RFC 6749, section 4.4.2)."""

    url: URL
    headers: CIMultiDict[str]
    body: str


class Token(NamedTuple):
    """An access token and for how many seconds it may be used."""

    text: str
    seconds: int


class _TokenAnswer(Struct):
    access_token: str
    token_type: str = "Bearer"  # noqa: S105 - the kind of token, not a token
    expires_in: int | float | str | None = None


def authorization(auth: BasicAuth | BearerAuth | ClientCredentials | None) -> str:
    """Give the Authorization header that is the same for every lead, "" when there is none."""
    if isinstance(auth, BasicAuth):
        return f"Basic {_basic(auth.username, auth.password)}"
    return f"Bearer {auth.token}" if isinstance(auth, BearerAuth) else ""


def secret_texts(target: HttpTarget) -> tuple[str, ...]:
    """List the texts that must not show in what is kept of a buyer's answer, longest first."""
    texts = [secret.value for secret in target.secrets] + [each.key for each in target.signatures]
    auth = target.auth
    if isinstance(auth, BasicAuth):
        texts += [auth.password, _basic(auth.username, auth.password)]
    elif isinstance(auth, BearerAuth):
        texts.append(auth.token)
    elif auth is not None:
        texts += [auth.client_secret, _basic(quote_plus(auth.client_id), quote_plus(auth.client_secret))]
    return concealable(texts)


def concealable(texts: list[str]) -> tuple[str, ...]:
    """Keep the texts that are long enough to be looked for, longest first."""
    return tuple(sorted((text for text in texts if len(text) >= _SHORTEST_CONCEALED), key=len, reverse=True))


def token_request(
    auth: BasicAuth | BearerAuth | ClientCredentials | None, problems: list[FieldProblem]
) -> TokenRequest | None:
    """Make the request for a token, the same every time; what is wrong is added to the problems."""
    if not isinstance(auth, ClientCredentials):
        return None
    try:
        address = compile_address(auth.token_url, [])
    except TemplateError as error:
        problems.append(FieldProblem("auth.token_url", str(error)))
        return None
    if not address.text.static:
        problems.append(FieldProblem("auth.token_url", "must not hold placeholders"))
        return None
    form = {"grant_type": "client_credentials", "scope": auth.scope, "audience": auth.audience}
    headers = CIMultiDict(
        {
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "Content-Type": "application/x-www-form-urlencoded",
            "User-Agent": "Leadyard",
        }
    )
    if auth.send_as == "body":
        form |= {"client_id": auth.client_id, "client_secret": auth.client_secret}
    else:
        # RFC 6749, section 2.3.1: both are form-encoded before they are put into the header.
        pair = quote_plus(auth.client_id), quote_plus(auth.client_secret)
        headers["Authorization"] = f"Basic {_basic(*pair)}"
    return TokenRequest(address.render({}), headers, urlencode({k: v for k, v in form.items() if v}))


def read_token(body: str) -> Token:
    """Read the answer of a token endpoint (RFC 6749, section 5.1); ValueError in words when it holds no token."""
    try:
        answer = json.decode(body, type=_TokenAnswer)
    except (DecodeError, ValidationError, UnicodeError):
        raise ValueError("the answer holds no access_token") from None
    text = answer.access_token
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("the access_token cannot stand in a header")
    if answer.token_type.lower() != "bearer":
        raise ValueError("the token is not a bearer token")
    try:
        stated = _UNSTATED_SECONDS if answer.expires_in is None else int(float(answer.expires_in))
    except (ValueError, OverflowError):
        raise ValueError("expires_in is not a number of seconds") from None
    return Token(text, max(0, min(stated, _LONGEST_SECONDS) - _SKEW_SECONDS))


def _basic(username: str, password: str) -> str:
    return b64encode(f"{username}:{password}".encode(errors="replace")).decode()

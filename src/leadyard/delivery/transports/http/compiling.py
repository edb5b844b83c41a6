"""Compiles the parts of a target and collects the problems of all of them, each with its field."""

from base64 import b64encode
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from multidict import CIMultiDict

from leadyard.delivery.model import BasicAuth, HttpTarget
from leadyard.delivery.templates import Template, TemplateError, compile_template
from leadyard.delivery.templates.escapes import in_header
from leadyard.delivery.transports.http.addresses import Address, compile_address
from leadyard.delivery.transports.http.bodies import (
    form_body,
    json_body,
    json_template,
    text_template,
    xml_template,
)
from leadyard.delivery.transports.http.placing import Placed, placed
from leadyard.kit.errors import FieldProblem, InvalidInputError

T = TypeVar("T")
Fields = list[tuple[str, Template]]

_CONTENT_TYPES = {
    "form": "application/x-www-form-urlencoded",
    "json": "application/json",
    "xml": "application/xml; charset=utf-8",
    "text": "text/plain; charset=utf-8",
}
_FREE_BODIES: dict[str, Callable[[Template], Placed]] = {
    "json": json_template,
    "xml": xml_template,
    "text": text_template,
}
_OURS = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-length",
        "expect",
        "host",
        "idempotency-key",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_SHORTEST_CONCEALED = 4


class Parts(NamedTuple):
    """A compiled target."""

    address: Address
    body: Placed | None
    fixed_headers: CIMultiDict[str]
    headers: tuple[tuple[str, Placed], ...]
    names: frozenset[str]


def compile_parts(target: HttpTarget) -> Parts:
    """Compile a target; InvalidInputError lists every problem found."""
    problems: list[FieldProblem] = []

    def attempt(field: str, compile_part: Callable[[], T]) -> T | None:
        try:
            return compile_part()
        except TemplateError as error:
            problems.append(FieldProblem(field, str(error)))
            return None

    fields: Fields = []
    for index, field in enumerate(target.fields):
        value = attempt(f"fields[{index}].value", lambda text=field.value: compile_template(text))  # type: ignore[misc]
        if value is not None:
            fields.append((field.name, value))
    in_query = target.body == "none" or (target.method == "GET" and target.body == "form")
    address = attempt("url", lambda: compile_address(target.url, fields if in_query else []))
    place = "fields" if target.body == "form" or target.template is None else "template"
    body = attempt(place, lambda: _body(target, fields, in_query=in_query))
    headers: list[tuple[str, Placed]] = []
    for index, header in enumerate(target.headers):
        compiled = attempt(f"headers[{index}].value", lambda text=header.value: _header(text))  # type: ignore[misc]
        problems += _header_problems(target, index)
        if compiled is not None:
            headers.append((header.name, compiled))
    names = _names(address, body, headers)
    problems += _secret_problems(target, names)
    if problems or address is None:
        raise InvalidInputError(problems)
    moving = tuple((name, value) for name, value in headers if not value.static)
    return Parts(address, body, _fixed_headers(target, headers, has_body=body is not None), moving, names)


def concealed(target: HttpTarget) -> tuple[str, ...]:
    """List the texts that must not show in what is kept of a buyer's answer."""
    texts = [secret.value for secret in target.secrets]
    if isinstance(target.auth, BasicAuth):
        texts += [target.auth.password, _basic(target.auth)]
    elif target.auth is not None:
        texts.append(target.auth.token)
    return tuple(sorted((text for text in texts if len(text) >= _SHORTEST_CONCEALED), key=len, reverse=True))


def _body(target: HttpTarget, fields: Fields, *, in_query: bool) -> Placed | None:
    if target.template is not None and target.body not in _FREE_BODIES:
        raise TemplateError("A template needs a json, xml or text body")
    if in_query:
        return None
    if target.method == "GET":
        raise TemplateError("GET carries no body; choose none, and the fields go into the query")
    if target.template is not None:
        if target.fields:
            raise TemplateError("Give either fields or a template, not both")
        return _FREE_BODIES[target.body](compile_template(target.template))
    if target.body == "form":
        return form_body(fields)
    if target.body == "json":
        return json_body(fields)
    raise TemplateError(f"A {target.body} body needs a template")


def _header(text: str) -> Placed:
    return placed(compile_template(text), in_header)


def _header_problems(target: HttpTarget, index: int) -> list[FieldProblem]:
    name = target.headers[index].name.lower()
    if name in _OURS:
        return [FieldProblem(f"headers[{index}].name", "is set by the system")]
    if name == "authorization" and target.auth is not None:
        return [FieldProblem(f"headers[{index}].name", "clashes with auth")]
    if name in {header.name.lower() for header in target.headers[:index]}:
        return [FieldProblem(f"headers[{index}].name", "is given twice")]
    return []


def _secret_problems(target: HttpTarget, names: frozenset[str]) -> list[FieldProblem]:
    known = {f"secret.{secret.name}" for secret in target.secrets}
    unknown = sorted(name for name in names if name.startswith("secret.") and name not in known)
    return [
        FieldProblem("secrets", f"lacks {name.removeprefix('secret.')}, which a template names")
        for name in unknown
    ]


def _names(address: Address | None, body: Placed | None, headers: list[tuple[str, Placed]]) -> frozenset[str]:
    parts = [value for _, value in headers]
    parts += [address.text] if address is not None else []
    parts += [body] if body is not None else []
    return frozenset().union(*(part.names for part in parts))


def _fixed_headers(
    target: HttpTarget, headers: list[tuple[str, Placed]], *, has_body: bool
) -> CIMultiDict[str]:
    fixed = CIMultiDict({"Accept": "*/*", "User-Agent": "Leadyard", "Accept-Encoding": "identity"})
    if has_body:
        fixed["Content-Type"] = _CONTENT_TYPES[target.body]
    if isinstance(target.auth, BasicAuth):
        fixed["Authorization"] = f"Basic {_basic(target.auth)}"
    elif target.auth is not None:
        fixed["Authorization"] = f"Bearer {target.auth.token}"
    for name, value in headers:
        if value.static:
            fixed[name] = value.render({})
    return fixed


def _basic(auth: BasicAuth) -> str:
    return b64encode(f"{auth.username}:{auth.password}".encode(errors="replace")).decode()

"""Compiles the parts of one request and collects the problems of all of them, each with its field."""

from collections.abc import Callable
from typing import NamedTuple, TypeVar

from multidict import CIMultiDict

from leadyard.delivery.model import HttpRequest
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
from leadyard.delivery.transports.http.multipart import multipart_body, multipart_type
from leadyard.delivery.transports.http.placing import Placed, placed
from leadyard.delivery.transports.http.soap import soap_headers, soap_template
from leadyard.kit.errors import FieldProblem

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
_FIELD_BODIES: dict[str, Callable[[Fields], Placed]] = {
    "form": form_body,
    "json": json_body,
    "multipart": multipart_body,
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

OUR_HEADERS = {"Accept": "*/*", "User-Agent": "Leadyard", "Accept-Encoding": "identity"}
"""What every request says of itself unless it is told otherwise."""


class Parts(NamedTuple):
    """A compiled request."""

    address: Address
    body: Placed | None
    fixed_headers: CIMultiDict[str]
    headers: tuple[tuple[str, Placed], ...]
    names: frozenset[str]
    body_names: frozenset[str]


def compile_parts(request: HttpRequest, problems: list[FieldProblem], at: str = "") -> Parts | None:
    """Compile a request; every problem found is added, its field below `at`, and then there are no parts."""
    before = len(problems)

    def attempt(field: str, compile_part: Callable[[], T]) -> T | None:
        try:
            return compile_part()
        except TemplateError as error:
            problems.append(FieldProblem(f"{at}{field}", str(error)))
            return None

    fields: Fields = []
    for index, field in enumerate(request.fields):
        value = attempt(f"fields[{index}].value", lambda text=field.value: compile_template(text))  # type: ignore[misc]
        if value is not None:
            fields.append((field.name, value))
    in_query = request.body == "none" or (request.method == "GET" and request.body == "form")
    address = attempt("url", lambda: compile_address(request.url, fields if in_query else []))
    place = (
        "template" if request.template is not None and request.body not in {"form", "multipart"} else "fields"
    )
    body = attempt(place, lambda: _body(request, fields, in_query=in_query))
    headers: list[tuple[str, Placed]] = []
    for index, header in enumerate(request.headers):
        compiled = attempt(f"headers[{index}].value", lambda text=header.value: _header(text))  # type: ignore[misc]
        problems += _header_problems(request, index, at)
        if compiled is not None:
            headers.append((header.name, compiled))
    if request.content_type and request.body == "multipart":
        problems.append(
            FieldProblem(f"{at}content_type", "cannot be set for multipart, whose parts it describes")
        )
    if address is None or len(problems) > before:
        return None
    if request.body == "multipart" and body is not None:
        headers.insert(0, ("Content-Type", multipart_type()))
    moving = tuple((name, value) for name, value in headers if not value.static)
    body_names = frozenset() if body is None else body.names
    names = body_names.union(address.text.names, *(value.names for _, value in headers))
    return Parts(
        address, body, _fixed_headers(request, headers, has_body=body is not None), moving, names, body_names
    )


def _body(request: HttpRequest, fields: Fields, *, in_query: bool) -> Placed | None:
    if request.template is not None and request.body not in {*_FREE_BODIES, "soap"}:
        raise TemplateError("A template needs a json, xml, soap or text body")
    if in_query:
        return None
    if request.method == "GET":
        raise TemplateError("GET carries no body; choose none, and the fields go into the query")
    if request.template is not None:
        if request.fields:
            raise TemplateError("Give either fields or a template, not both")
        if request.body == "soap":
            return soap_template(request.template, request.soap_version)
        return _FREE_BODIES[request.body](compile_template(request.template))
    if request.body not in _FIELD_BODIES:
        raise TemplateError(f"A {request.body} body needs a template")
    return _FIELD_BODIES[request.body](fields)


def _header(text: str) -> Placed:
    return placed(compile_template(text), in_header)


def _header_problems(request: HttpRequest, index: int, at: str) -> list[FieldProblem]:
    field, name = f"{at}headers[{index}].name", request.headers[index].name.lower()
    if name in _OURS or (name == "content-type" and request.body == "multipart"):
        return [FieldProblem(field, "is set by the system")]
    if name in {header.name.lower() for header in request.headers[:index]}:
        return [FieldProblem(field, "is given twice")]
    return []


def _fixed_headers(
    request: HttpRequest, headers: list[tuple[str, Placed]], *, has_body: bool
) -> CIMultiDict[str]:
    fixed = CIMultiDict(OUR_HEADERS)
    if has_body and request.body == "soap":
        fixed.update(soap_headers(request.soap_version, request.soap_action))
    elif has_body and request.body in _CONTENT_TYPES:
        fixed["Content-Type"] = _CONTENT_TYPES[request.body]
    if has_body and request.content_type:
        fixed["Content-Type"] = request.content_type
    for name, value in headers:
        if value.static:
            fixed[name] = value.render({})
    return fixed

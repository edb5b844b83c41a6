"""The OpenAPI 3.1 document of the own API, made from its operations."""

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from leadyard.own_api.operation import Operation, Parameter, Section
from leadyard.own_api.problems import MEDIA_TYPE, Problem
from leadyard.own_api.reading import LARGEST_BODY, largest_body
from leadyard.own_api.schemas import Schema, build_schemas, patch_ref_to, ref_to, schema_of

PREFIX = "/api/v1"

_INTRODUCTION = (
    "Everything that Leadyard keeps: what an operator sets up (campaigns with their fields, rules and suppliers, buyers, "
    "deliveries, responders, webhooks, keys), what became of leads (decisions, quarantine, returns, feedback, credit, jobs, "
    "imports), the affiliate programme (affiliates, plans, purchases, commissions, payouts), visitors and people, reports "
    "and exports. Leads themselves are posted by LeadByte's API (docs/leadbyte.md). "
    "Send the key of an administrator in the header Authorization: Bearer <key>, or in X-Key: <key>; each operation names "
    "the permission that it needs. Lists come in pages. Secrets are shown as ********. Errors are problem details "
    "(RFC 9457) that name each bad member."
)
_REFUSALS = {
    400: "The body is not JSON.",
    401: "The key is missing, unknown, switched off or revoked.",
    403: "The key lacks the permission, or the address is not one of its addresses.",
    404: "There is no such thing in this account.",
    409: "A unique value is taken, or the state forbids the change.",
    413: f"The body is larger than {LARGEST_BODY // 1024**2} MiB.",
    415: "The body is not sent as application/json.",
    422: "Members or parameters are not valid; each is named.",
    503: "The database cannot be reached just now; nothing was changed.",
}
_PROBLEM_EXAMPLE = {
    "type": "about:blank",
    "title": "Unprocessable Entity",
    "status": 422,
    "detail": "Some members are not valid.",
    "errors": [{"field": "settings.http.url", "detail": "is required"}],
}


def build_document(sections: Sequence[Section]) -> dict[str, Any]:
    """Make the document; every operation of every section is in it."""
    operations = [operation for section in sections for operation in section.operations]
    bodies = [operation for operation in operations if operation.body is not None]
    types = [operation.answer for operation in operations if operation.answer is not None]
    types += [
        parameter.type
        for operation in operations
        for parameter in (*operation.path_parameters, *operation.parameters)
    ]
    paths: dict[str, dict[str, Any]] = {}
    for section in sections:
        for operation in section.operations:
            item = paths.setdefault(f"{PREFIX}{operation.path}", {})
            item[operation.method.lower()] = _operation(operation, section.name)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Leadyard API",
            "version": version("leadyard"),
            "description": _INTRODUCTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}, {"header": []}],
        "tags": [{"name": section.name, "description": section.description} for section in sections],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "An API key of 32 hex digits."},
                "header": {"type": "apiKey", "in": "header", "name": "X-Key", "description": "The same key."},
            },
            "schemas": build_schemas(
                [Problem, *types, *(operation.body for operation in bodies if not operation.is_patch)],
                [operation.body for operation in bodies if operation.is_patch],
            ),
            "responses": {str(status): _refusal(text) for status, text in _REFUSALS.items()},
        },
    }


def _operation(operation: Operation, tag: str) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.id,
        "tags": [tag],
        "summary": operation.summary,
        "description": " ".join(text for text in (operation.description, _permissions(operation)) if text),
        "parameters": [
            *(_path_parameter(parameter) for parameter in operation.path_parameters),
            *(_query_parameter(parameter) for parameter in operation.parameters),
        ],
        "responses": _responses(operation),
    }
    if operation.body is not None:
        described["requestBody"] = {"required": True, "content": {"application/json": _body(operation)}}
    if operation.is_text:
        text = {"schema": {"type": "string"}, "example": operation.example or ""}
        described["requestBody"] = {"required": True, "content": dict.fromkeys(operation.body_types, text)}
    return described


def _permissions(operation: Operation) -> str:
    return f"Needs the permission {' or '.join((operation.permission, *operation.other_permissions))}."


def _body(operation: Operation) -> dict[str, Any]:
    body = {"schema": (patch_ref_to if operation.is_patch else ref_to)(operation.body)}
    return body if operation.example is None else {**body, "example": operation.example}


def _path_parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": "path",
        "required": True,
        "description": parameter.description,
        "schema": schema_of(parameter.type),
    }


def _query_parameter(parameter: Parameter) -> dict[str, Any]:
    schema = schema_of(parameter.type)
    if parameter.default is not None:
        schema = {**schema, "default": parameter.default}
    return {
        "name": parameter.name,
        "in": "query",
        "required": False,
        "description": parameter.description,
        "schema": schema,
    }


def _responses(operation: Operation) -> dict[str, Any]:
    statuses = {401, 403, 503}
    if "{" in operation.path:
        statuses.add(404)
    if operation.parameters or operation.body is not None:
        statuses.add(422)
    if operation.method == "GET":
        statuses.add(422)
    else:
        statuses |= {409, 422}
    if operation.body is not None or operation.is_text:
        statuses |= {400, 413, 415}
    refusals = {str(status): {"$ref": f"#/components/responses/{status}"} for status in sorted(statuses)}
    if 413 in statuses and largest_body(operation) != LARGEST_BODY:  # noqa: PLR2004 - the status is the name
        refusals["413"] = _refusal(f"The body is larger than {largest_body(operation) // 1024**2} MiB.")
    good = {str(operation.status): _success(operation, operation.status)}
    if operation.other_status is not None:
        good[str(operation.other_status)] = _success(operation, operation.other_status)
    return {**good, **refusals}


def _success(operation: Operation, status: int) -> dict[str, Any]:
    if operation.media_types:
        file = {"schema": {"type": "string"}}
        return {"description": "The file.", "content": dict.fromkeys(operation.media_types, file)}
    if operation.answer is None:
        return {"description": "Done."}
    schema = _page(ref_to(operation.answer)) if operation.is_list else ref_to(operation.answer)
    answer: dict[str, Any] = {"description": "Done.", "content": {"application/json": {"schema": schema}}}
    if status == 201:  # noqa: PLR2004 - the status is the name
        location = {"description": "Where it can be read.", "required": True, "schema": {"type": "string"}}
        return {**answer, "description": "Made.", "headers": {"Location": location}}
    return answer


def _page(item: Schema) -> Schema:
    number = {"type": "integer", "minimum": 0}
    return {
        "type": "object",
        "required": ["items", "page", "per_page", "total"],
        "additionalProperties": False,
        "properties": {
            "items": {"type": "array", "items": item},
            "page": {**number, "description": "Which page this is, counted from 1."},
            "per_page": {**number, "description": "How many items a page has at most."},
            "total": {**number, "description": "How many items there are on all pages."},
        },
    }


def _refusal(text: str) -> dict[str, Any]:
    content = (
        {"schema": ref_to(Problem), "example": _PROBLEM_EXAMPLE}
        if "named" in text
        else {"schema": ref_to(Problem)}
    )
    return {"description": text, "content": {MEDIA_TYPE: content}}

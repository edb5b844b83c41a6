"""The readable page of the API, rendered once from the OpenAPI document, and the document itself."""

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import MediaType, Response, get
from litestar.handlers import HTTPRouteHandler

from leadyard.own_api.operation import LARGEST_ID
from leadyard.own_api.schemas import REF

DOCUMENT_PATH = "/api/openapi.json"
PAGE_PATH = "/api/docs"
STYLE_PATH = "/api/docs.css"
DEEPEST_MEMBER = 5

_HERE = Path(__file__).parent
_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}
_SUCCESS = ("200", "201", "204")

Json = Mapping[str, Any]


class Member(msgspec.Struct, frozen=True):
    """One line of the table that describes a body."""

    path: str
    type: str
    required: bool
    default: str
    description: str


def docs_handlers(build: Callable[[], Json]) -> list[HTTPRouteHandler]:
    """Make the handlers of the document, the page and its style sheet.

    The document is built when somebody first asks for it, apart from the loop that takes leads.
    """

    @cache
    def encoded() -> bytes:
        return msgspec.json.encode(build())

    @cache
    def page() -> str:
        return render_page(build())

    style = (_HERE / "static" / "docs.css").read_bytes()

    @get(DOCUMENT_PATH, name="openapi_document")
    async def openapi_document() -> Response[bytes]:
        return Response(await asyncio.to_thread(encoded), media_type="application/json", headers=_HEADERS)

    @get(PAGE_PATH, name="docs_page")
    async def docs_page() -> Response[str]:
        return Response(await asyncio.to_thread(page), media_type=MediaType.HTML, headers=_HEADERS)

    @get(STYLE_PATH, name="docs_style")
    async def docs_style() -> Response[bytes]:
        return Response(style, media_type="text/css", headers=_HEADERS)

    return [openapi_document, docs_page, docs_style]


def render_page(document: Json) -> str:
    """Render the page: operations by section, with parameters, bodies, answers and a call to copy."""
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("docs.html").render(
        document=document,
        sections=[
            {
                **tag,
                "slug": tag["name"].lower().replace(" ", "-"),
                "operations": list(_operations(document, tag["name"])),
            }
            for tag in document["tags"]
        ],
        document_path=DOCUMENT_PATH,
        style_path=STYLE_PATH,
    )


def _operations(document: Json, tag: str) -> Iterator[dict[str, Any]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if tag in operation["tags"]:
                yield _shown(document, path, method.upper(), operation)


def _shown(document: Json, path: str, method: str, operation: Json) -> dict[str, Any]:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    status = next(code for code in operation["responses"] if code in _SUCCESS)
    answer = operation["responses"][status].get("content", {}).get("application/json")
    example = None if content is None else content.get("example")
    return {
        **operation,
        "path": path,
        "method": method,
        "parameters": [
            Member(
                p["name"],
                _type(p["schema"], document),
                p["required"],
                _default(p["schema"]),
                p["description"],
            )
            for p in operation["parameters"]
        ],
        "members": [] if content is None else list(_members(content["schema"], document)),
        "answer": [] if answer is None else list(_members(answer["schema"], document)),
        "status": status,
        "refusals": {
            code: _resolved(response, document)["description"]
            for code, response in operation["responses"].items()
            if code not in _SUCCESS
        },
        "curl": _curl(path, method, example, has_body=content is not None),
    }


def _curl(path: str, method: str, example: Any, *, has_body: bool) -> str:
    lines = [f"curl -X {method} https://leads.example.com{path.replace('{', '').replace('}', '')}"]
    lines.append("  -H 'Authorization: Bearer YOUR_KEY'")
    if has_body:
        body = json.dumps(example if example is not None else {}, indent=2)
        lines += ["  -H 'Content-Type: application/json'", f"  -d '{body}'"]
    return " \\\n".join(lines)


def _members(schema: Json, document: Json, path: str = "", depth: int = 0) -> Iterator[Member]:
    resolved = _object(schema, document)
    if resolved is None or depth > DEEPEST_MEMBER:
        return
    required = resolved.get("required", [])
    for name, part in resolved.get("properties", {}).items():
        where = f"{path}.{name}" if path else name
        yield Member(
            where,
            _type(part, document),
            name in required,
            _default(part),
            part.get("description", "") or _resolved(part, document).get("description", ""),
        )
        is_list = _items(part) is not None
        yield from _members(_items(part) or part, document, f"{where}[]" if is_list else where, depth + 1)


def _items(schema: Json) -> Json | None:
    found: Json | None = schema.get("items") if isinstance(schema.get("items"), Mapping) else None
    return found


def _object(schema: Json, document: Json) -> Json | None:
    for option in schema.get("anyOf", [schema]):
        resolved = _resolved(option, document)
        if "properties" in resolved:
            return resolved
    return None


def _resolved(schema: Json, document: Json) -> Json:
    reference = schema.get("$ref")
    if reference is None:
        return schema
    found: Any = document
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    resolved: Json = found
    return resolved


def _default(schema: Json) -> str:
    if "default" not in schema or schema["default"] in ({}, [], ""):
        return ""
    return (
        json.dumps(schema["default"], ensure_ascii=False) if not isinstance(schema["default"], dict) else ""
    )


def _type(schema: Json, document: Json) -> str:
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_type(option, document) for option in schema["anyOf"]))
    if "$ref" in schema:
        resolved = _resolved(schema, document)
        name: str = schema["$ref"].removeprefix(REF)
        return _type(resolved, document) if "enum" in resolved else name
    if "enum" in schema:
        return ", ".join(json.dumps(value, ensure_ascii=False) for value in schema["enum"])
    kind = schema.get("type", "anything")
    if kind == "array":
        return f"list of {_type(_items(schema) or {}, document)}"
    words = " or ".join(kind) if isinstance(kind, list) else kind
    return f"{words}{_bounds(schema)}"


def _bounds(schema: Json) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high == LARGEST_ID:
        return f", at least {low}"
    if low is not None and high is not None:
        return f" from {low} to {high}"
    if "maxLength" in schema:
        return f", at most {schema['maxLength']} characters"
    return f" ({schema['format']})" if "format" in schema else ""

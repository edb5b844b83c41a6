"""Reads keys, parameters and bodies; whatever is wrong with them becomes a clear refusal."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any

import msgspec
from litestar import Request
from litestar.exceptions import ClientException

from leadyard.campaigns.configuration import Configuration
from leadyard.identity.model import InvalidKeyError, Permission, Principal
from leadyard.kit.asgi import Network, client_address
from leadyard.kit.documents import read, text_problem
from leadyard.kit.errors import DeniedError, FieldProblem, InvalidInputError, NotFoundError
from leadyard.kit.ids import looks_like_api_key
from leadyard.kit.plain_words import plain_words
from leadyard.own_api.operation import LARGEST_ID, Id, Operation, Parameter
from leadyard.own_api.problems import BadRequestError

LARGEST_BODY = 2 * 1024 * 1024
DEEPEST = 64
LARGEST_TEXT = 80 * 1024 * 1024
"""For uploads: a million digests of 64 characters, and some room."""
JSON_TYPES = frozenset({"application/json", "application/merge-patch+json"})

AnyRequest = Request[Any, Any, Any]


async def authenticate(
    request: AnyRequest,
    configuration: Configuration,
    permissions: Sequence[Permission],
    trusted_proxies: Sequence[Network] = (),
) -> Principal:
    """Find who calls, as of now; raises InvalidKeyError, and DeniedError without any of the permissions."""
    key = _key(request)
    principal = await configuration.current_principal(key) if looks_like_api_key(key) else None
    if principal is None:
        raise InvalidKeyError("Invalid API key")
    if not principal.may_come_from(client_address(request.scope, trusted_proxies)):
        raise DeniedError("this address")
    if not any(map(principal.may, permissions)):
        raise DeniedError(" or ".join(permissions))
    return principal


def read_path(given: Mapping[str, Any], operation: Operation) -> dict[str, Any]:
    """Read the parts of a path by their types; what cannot be one is not found: raises NotFoundError."""
    return {
        parameter.name: _part(str(given[parameter.name]), parameter)
        for parameter in operation.path_parameters
    }


def _part(text: str, parameter: Parameter) -> Any:
    if parameter.type is Id:
        if not (text.isascii() and text.isdigit() and len(text) <= len(str(LARGEST_ID))):
            raise NotFoundError("There is nothing under this id.")
        return min(int(text), LARGEST_ID)
    try:
        return msgspec.convert(text, parameter.type, strict=False)
    except msgspec.ValidationError:
        raise NotFoundError("There is nothing under this address.") from None


def read_query(request: AnyRequest, parameters: tuple[Parameter, ...]) -> dict[str, Any]:
    """Read the query's parameters; raises InvalidInputError for unknown names and bad values."""
    return read_parameters(request.query_params.multi_items(), parameters)


def read_parameters(given: Iterable[tuple[str, str]], parameters: tuple[Parameter, ...]) -> dict[str, Any]:
    """Read parameters from texts as `read_query` does."""
    known = {parameter.name: parameter for parameter in parameters}
    values = {parameter.name: parameter.default for parameter in parameters}
    problems = []
    for name, text in given:
        parameter = known.get(name)
        trouble = text_problem(text)
        if parameter is None or trouble is not None:
            shown = "".join(c if c.isprintable() else "?" for c in name[:100])
            problems.append(FieldProblem(shown, trouble or "is not a known parameter"))
            continue
        try:
            values[name] = msgspec.convert(text, parameter.type, strict=False)
        except msgspec.ValidationError as error:
            problems.append(FieldProblem(name, plain_words(str(error), parameter.type)))
    if problems:
        raise InvalidInputError(problems)
    return values


async def read_body(request: AnyRequest, operation: Operation) -> Any:
    """Read the body as the operation's type, or as the object of a merge patch; raises BadRequestError too."""
    if operation.is_text:
        return _chunks(request, operation)
    if operation.body is None:
        return None
    document = decode(await _bytes(request))
    if not operation.is_patch:
        return read(document, operation.body)
    if not isinstance(document, dict):
        raise InvalidInputError.of("", "must be an object")
    return document


def largest_body(operation: Operation) -> int:
    """Tell how many bytes the body of an operation's request may have."""
    return operation.largest_body or (LARGEST_TEXT if operation.is_text else LARGEST_BODY)


def decode(body: bytes) -> Any:
    """Read JSON, refusing what is malformed or nested beyond any use."""
    try:
        document = msgspec.json.decode(body)
    except (ValueError, RecursionError) as error:
        raise BadRequestError(400, f"The body is not JSON: {_first_line(error)}") from error
    _refuse_depth(document)
    return document


def _chunks(request: AnyRequest, operation: Operation) -> AsyncIterator[bytes]:
    if _content_type(request) not in operation.body_types:
        known = " or ".join(operation.body_types)
        raise BadRequestError(415, f"The body must be text, sent as Content-Type: {known}.")
    return _bounded(request.stream(), largest_body(operation))


async def _bounded(chunks: AsyncIterator[bytes], largest: int) -> AsyncIterator[bytes]:
    try:
        async for chunk in chunks:
            yield chunk
    except ClientException as error:
        if error.status_code == 413:  # noqa: PLR2004 - the status is the name
            raise BadRequestError(413, f"The body is larger than {largest // 1024**2} MiB.") from error
        raise


def _content_type(request: AnyRequest) -> str:
    return str(request.headers.get("content-type", "")).partition(";")[0].strip().lower()


async def _bytes(request: AnyRequest) -> bytes:
    if _content_type(request) not in JSON_TYPES:
        raise BadRequestError(415, "The body must be JSON, sent as Content-Type: application/json.")
    try:
        return await request.body()
    except ClientException as error:
        if error.status_code == 413:  # noqa: PLR2004 - the status is the name
            raise BadRequestError(413, f"The body is larger than {LARGEST_BODY // 1024**2} MiB.") from error
        raise


def _key(request: AnyRequest) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip()
    return request.headers.get("x-key", "").strip()


def _refuse_depth(document: Any) -> None:
    level = [document]
    for _ in range(DEEPEST):
        level = [below for value in level for below in _below(value)]
        if not level:
            return
    raise BadRequestError(400, f"The body is nested more than {DEEPEST} levels deep.")


def _below(value: Any) -> Any:
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, list) else ()


def _first_line(error: BaseException) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return str(error).partition("\n")[0][:200]

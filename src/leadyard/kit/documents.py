"""JSON documents from outside: read against a type with every problem named, and patched.

Reading is stricter than msgspec alone: members that the type does not have are refused at any depth, all
problems are collected, and texts that the database cannot hold never get through.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from types import NoneType, UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

import msgspec

from leadyard.kit.errors import FieldProblem, InvalidInputError
from leadyard.kit.money import BadAmountError, parse_amount, plain
from leadyard.kit.plain_words import plain_words

LARGEST_INTEGER = 2**53 - 1
"""The largest integer that every JSON reader keeps exactly."""

_PATH = re.compile(r"(?P<message>.*?)(?: - at `(?:key in )?\$(?P<path>.*)`)?", re.DOTALL)

TargetT = TypeVar("TargetT")


def read(document: object, target: type[TargetT]) -> TargetT:
    """Turn plain JSON values into a `target`; raises InvalidInputError with a problem for each bad member."""
    problems: list[FieldProblem] = []
    checked = _checked(document, target, "", problems)
    if problems:
        raise InvalidInputError(problems)
    try:
        return msgspec.convert(checked, target)
    except msgspec.ValidationError as error:
        raise InvalidInputError([_problem("", error, target)]) from error


def merged(document: object, patch: object) -> object:
    """Apply a merge patch (RFC 7396): null takes a member away, objects merge, all else replaces."""
    if not isinstance(patch, Mapping):
        return patch
    result = dict(document) if isinstance(document, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


def text_problem(text: str) -> str | None:
    """Say what keeps a text from being stored; None when nothing does."""
    if "\0" in text:
        return "must not contain NUL characters"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "must not contain lone surrogates"
    return None


def _checked(value: object, hint: Any, path: str, problems: list[FieldProblem]) -> object:
    base = _base(hint)
    if get_origin(base) in {Union, UnionType}:
        return _checked_union(value, hint, base, path, problems)
    if isinstance(base, type) and issubclass(base, msgspec.Struct):
        return _checked_struct(value, base, path, problems)
    if get_origin(base) is tuple and isinstance(value, list | tuple):
        item = get_args(base)[0]
        return [_checked(entry, item, f"{path}[{i}]", problems) for i, entry in enumerate(value)]
    if get_origin(base) is dict and isinstance(value, Mapping):
        return _checked_members(value, get_args(base)[1], path, problems)
    if base is Decimal:
        return _checked_amount(value, path, problems)
    return _checked_leaf(value, hint, path, problems)


def _checked_union(value: object, hint: Any, base: Any, path: str, problems: list[FieldProblem]) -> object:
    members = get_args(base)
    rest = [member for member in members if member is not NoneType]
    if value is None and NoneType in members:
        return None
    if len(rest) == 1:
        return _checked(value, rest[0], path, problems)
    tagged = _tagged(value, rest)
    if tagged is not None:
        return _checked(value, tagged, path, problems)
    return _checked_leaf(value, hint, path, problems)


def _checked_struct(
    value: object, struct: type[msgspec.Struct], path: str, problems: list[FieldProblem]
) -> object:
    if not isinstance(value, Mapping):
        problems.append(FieldProblem(path, "must be an object"))
        return value
    fields = {field.encode_name: field for field in msgspec.structs.fields(struct)}
    tag_field = struct.__struct_config__.tag_field
    for name in value:
        if name not in fields and name != tag_field:
            shown = "".join(c if c.isprintable() else "?" for c in str(name)[:100])
            problems.append(FieldProblem(_join(path, shown), "is not a known member"))
    checked = {tag_field: value[tag_field]} if tag_field in value else {}
    for name, field in fields.items():
        if name in value:
            checked[name] = _checked(value[name], field.type, _join(path, name), problems)
        elif field.required:
            problems.append(FieldProblem(_join(path, name), "is required"))
    return checked


def _tagged(value: object, members: list[Any]) -> Any:
    """Find the Struct of a union that an object means: by its tag, or the only one where it has no tag."""
    if not isinstance(value, Mapping):
        return None
    structs = [member for member in members if hasattr(member, "__struct_config__")]
    for member in structs:
        config = member.__struct_config__
        if config.tag is not None and value.get(config.tag_field) == config.tag:
            return member
    return structs[0] if len(structs) == 1 and structs[0].__struct_config__.tag is None else None


def _checked_members(
    value: Mapping[Any, object], hint: Any, path: str, problems: list[FieldProblem]
) -> object:
    checked = {}
    for name, entry in value.items():
        trouble = text_problem(str(name))
        if trouble is not None:
            problems.append(FieldProblem(path, f"names {trouble}"))
            continue
        checked[name] = _checked(entry, hint, _join(path, str(name)), problems)
    return checked


def _checked_amount(value: object, path: str, problems: list[FieldProblem]) -> object:
    try:
        return plain(parse_amount(value))
    except BadAmountError as error:
        problems.append(FieldProblem(path, str(error)))
        return value


def _checked_leaf(value: object, hint: Any, path: str, problems: list[FieldProblem]) -> object:
    trouble = text_problem(value) if isinstance(value, str) else None
    if isinstance(value, int) and abs(value) > LARGEST_INTEGER:
        trouble = "is out of range"
    if trouble is not None:
        problems.append(FieldProblem(path, trouble))
        return value
    try:
        msgspec.convert(value, hint)
    except msgspec.ValidationError as error:
        problems.append(_problem(path, error, hint))
    return value


def _problem(path: str, error: msgspec.ValidationError, hint: Any) -> FieldProblem:
    match = _PATH.fullmatch(str(error))
    message, rest = (match["message"], match["path"] or "") if match else (str(error), "")
    return FieldProblem(f"{path}{rest}".lstrip("."), plain_words(message, hint))


def _base(hint: Any) -> Any:
    return get_args(hint)[0] if get_origin(hint) is Annotated else hint


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name

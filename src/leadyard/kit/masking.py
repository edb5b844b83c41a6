"""Secrets in documents: write-only, shown as a mask, kept when the mask comes back.

A text is secret when its member's type is `SecretText`. The type of a document says where its secrets are, at any
depth, so whatever shows, stores or restores them follows that one mark.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Annotated, Any

import msgspec
from msgspec import Meta, inspect

from leadyard.kit.errors import FieldProblem, InvalidInputError

MASK = "********"

SecretText = Annotated[str, Meta(extra={"secret": True}, extra_json_schema={"format": "password"})]
"""A text that goes in and never comes out; further limits may be put around it."""

Destination = Annotated[str, Meta(extra={"destination": True})]
"""A URL or host name to which a document's secrets are sent: they do not follow it to another one unseen."""

Change = Callable[[str], str]


class _Shape:
    """Where in the JSON form of a type texts are secret."""

    def __init__(self) -> None:
        self.is_secret = False
        self.is_destination = False
        self.items: _Shape | None = None
        self.values: _Shape | None = None
        self.tag_field = ""
        self.objects: dict[object, dict[str, _Shape]] = {}

    def members(self, value: Mapping[str, Any]) -> Mapping[str, "_Shape"]:
        """Give the shapes of an object's members, told by its tag where the type is a union."""
        tag = value.get(self.tag_field) if self.tag_field else None
        known = self.objects.get(tag) if isinstance(tag, str | int) else None
        return known or self.objects.get(None) or {}


def masked(value: object) -> Any:
    """Turn a Struct, or a list of Structs, into JSON values in which every secret is the mask."""
    if isinstance(value, list | tuple):
        return [masked(entry) for entry in value]
    return changed(msgspec.to_builtins(value), type(value), lambda _: MASK)


def changed(document: Any, kind: Any, change: Change) -> Any:
    """Change every secret text of a document of this type, empty ones aside; what does not fit the type stays."""
    return _changed(document, _shape_of(kind), change)


def restored(document: Any, stored: Any, kind: Any) -> Any:
    """Put the stored secrets back wherever a document of this type has the mask.

    Entries of a list are matched by their `name`, so that a list may come back in another order. Raises
    InvalidInputError for a mask that stands for no stored secret, and for all of them once the document sends its
    secrets to a destination that the stored one does not have: else whoever may edit it could have them sent
    anywhere.
    """
    shape = _shape_of(kind)
    problems: list[FieldProblem] = []
    moved = stored is not None and not _destinations(document, shape) <= _destinations(stored, shape)
    result = _restored(document, None if moved else stored, shape, "", problems)
    if problems and moved:
        detail = "must be given again, for it would be sent to another host"
        problems = [FieldProblem(problem.field, detail) for problem in problems]
    if problems:
        raise InvalidInputError(problems)
    return result


def _changed(value: Any, shape: _Shape | None, change: Change) -> Any:
    if shape is None:
        return value
    if isinstance(value, str):
        return change(value) if shape.is_secret and value else value
    if isinstance(value, Mapping):
        members = shape.members(value)
        return {
            name: _changed(entry, members.get(name, shape.values), change) for name, entry in value.items()
        }
    if isinstance(value, list | tuple):
        return [_changed(entry, shape.items, change) for entry in value]
    return value


def _restored(value: Any, stored: Any, shape: _Shape | None, path: str, problems: list[FieldProblem]) -> Any:
    if shape is None:
        return value
    if isinstance(value, str):
        if not shape.is_secret or value != MASK:
            return value
        if isinstance(stored, str) and stored:
            return stored
        problems.append(
            FieldProblem(path, "is the mask of a secret that is not stored here; give the secret")
        )
    if isinstance(value, Mapping):
        known = stored if isinstance(stored, Mapping) else {}
        members = shape.members(value)
        return {
            name: _restored(
                entry,
                known.get(name),
                members.get(name, shape.values),
                f"{path}.{name}" if path else str(name),
                problems,
            )
            for name, entry in value.items()
        }
    if isinstance(value, list | tuple):
        return [
            _restored(entry, _same_named(entry, stored), shape.items, f"{path}[{index}]", problems)
            for index, entry in enumerate(value)
        ]
    return value


def _same_named(entry: Any, stored: Any) -> Any:
    if not isinstance(entry, Mapping) or not isinstance(stored, list | tuple):
        return None
    named = (
        other for other in stored if isinstance(other, Mapping) and other.get("name") == entry.get("name")
    )
    return next(named, None)


def _destinations(value: Any, shape: _Shape | None) -> frozenset[str]:
    if shape is None:
        return frozenset()
    if isinstance(value, str):
        return frozenset([_origin(value)]) if shape.is_destination and value else frozenset()
    if isinstance(value, Mapping):
        members = shape.members(value)
        found = (_destinations(entry, members.get(name, shape.values)) for name, entry in value.items())
        return frozenset().union(*found)
    if isinstance(value, list | tuple):
        return frozenset().union(*(_destinations(entry, shape.items) for entry in value))
    return frozenset()


def _origin(text: str) -> str:
    """Give scheme, host and port of a URL whose path may hold placeholders, or a bare host as it is."""
    scheme, separator, rest = text.partition("://")
    return f"{scheme}{separator}{rest.partition('/')[0].partition('?')[0]}".lower()


@lru_cache(maxsize=512)
def _shape_of(kind: Any) -> _Shape:
    return _shape(inspect.type_info(kind), {})


def _shape(info: inspect.Type, known: dict[object, _Shape]) -> _Shape:
    if isinstance(info, inspect.Metadata):
        shape = _shape(info.type, known)
        extra = info.extra or {}
        if extra.get("secret") or extra.get("destination"):
            marked = _Shape()
            marked.is_secret, marked.is_destination = (
                bool(extra.get("secret")),
                bool(extra.get("destination")),
            )
            return marked
        return shape
    if isinstance(info, inspect.StructType):
        return _struct_shape(info, known)
    shape = _Shape()
    if isinstance(info, inspect.UnionType):
        for option in info.types:
            _add(shape, _shape(option, known))
    elif isinstance(info, inspect.ListType | inspect.VarTupleType):
        shape.items = _shape(info.item_type, known)
    elif isinstance(info, inspect.DictType):
        shape.values = _shape(info.value_type, known)
    return shape


def _struct_shape(info: inspect.StructType, known: dict[object, _Shape]) -> _Shape:
    """Describe a Struct; one that contains itself meets its own shape again."""
    if info.cls in known:
        return known[info.cls]
    shape = known[info.cls] = _Shape()
    shape.tag_field = info.tag_field or ""
    shape.objects[info.tag] = {field.encode_name: _shape(field.type, known) for field in info.fields}
    return shape


def _add(union: _Shape, option: _Shape) -> None:
    union.is_secret |= option.is_secret
    union.is_destination |= option.is_destination
    union.items = union.items or option.items
    union.values = union.values or option.values
    union.tag_field = union.tag_field or option.tag_field
    union.objects.update(option.objects)

"""Secrets in documents: write-only, shown as a mask, kept when the mask comes back.

A text is secret when its member is called `password`, `token`, `secret` or `private_key`, and the `value` of each entry of
a list called `secrets`.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

MASK = "********"
_SECRET_MEMBERS = frozenset({"password", "token", "secret", "private_key"})
_SECRET_LISTS = frozenset({"secrets"})


def masked(value: object) -> Any:
    """Turn a Struct, or JSON values, into JSON values in which every secret is the mask."""
    return _masked(msgspec.to_builtins(value), _SECRET_MEMBERS)


def restored(document: Any, stored: Any) -> Any:
    """Put the stored secrets back wherever the document has the mask; one without a stored secret is emptied.

    Entries of a list are matched by their `name`, so that a list may come back in another order.
    """
    return _restored(document, stored, _SECRET_MEMBERS)


def _masked(value: Any, secret: frozenset[str]) -> Any:
    if isinstance(value, Mapping):
        return {
            name: MASK
            if name in secret and isinstance(entry, str) and entry
            else _masked(entry, _secret_below(name))
            for name, entry in value.items()
        }
    if isinstance(value, list | tuple):
        return [_masked(entry, secret) for entry in value]
    return value


def _restored(document: Any, stored: Any, secret: frozenset[str]) -> Any:
    if isinstance(document, Mapping):
        known = stored if isinstance(stored, Mapping) else {}
        return {
            name: known.get(name, "")
            if name in secret and entry == MASK
            else _restored(entry, known.get(name), _secret_below(name))
            for name, entry in document.items()
        }
    if isinstance(document, list | tuple):
        return [_restored(entry, _same_named(entry, stored), secret) for entry in document]
    return document


def _secret_below(name: str) -> frozenset[str]:
    return _SECRET_MEMBERS | {"value"} if name in _SECRET_LISTS else _SECRET_MEMBERS


def _same_named(entry: Any, stored: Any) -> Any:
    if not isinstance(entry, Mapping) or not isinstance(stored, list | tuple):
        return None
    named = (
        other for other in stored if isinstance(other, Mapping) and other.get("name") == entry.get("name")
    )
    return next(named, None)

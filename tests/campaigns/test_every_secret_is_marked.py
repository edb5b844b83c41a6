"""A member whose name says that it is a secret is marked as one, in every document of the set-up."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from msgspec import inspect

from leadyard.campaigns import service  # noqa: F401 - so that all nouns are known
from leadyard.campaigns.service.noun import Noun
from leadyard.kit.masking import MASK, changed

SUSPICIOUS = (
    "password",
    "passphrase",
    "secret",
    "token",
    "private_key",
    "api_key",
    "signing_key",
)
NO_SECRETS = frozenset({"token_url"})


def nouns(base: type[Any] = Noun) -> Iterator[type[Any]]:
    for noun in base.__subclasses__():
        yield noun
        yield from nouns(noun)


def texts(
    info: inspect.Type, path: str, seen: frozenset[object], *, marked: bool = False
) -> Iterator[tuple[str, bool]]:
    """Every text of a type, with its path and whether it is marked."""
    if isinstance(info, inspect.Metadata):
        yield from texts(info.type, path, seen, marked=marked or bool((info.extra or {}).get("secret")))
    elif isinstance(info, inspect.StrType):
        yield path, marked
    elif isinstance(info, inspect.UnionType):
        for option in info.types:
            yield from texts(option, path, seen, marked=marked)
    elif isinstance(info, inspect.ListType | inspect.VarTupleType):
        yield from texts(info.item_type, path, seen, marked=marked)
    elif isinstance(info, inspect.DictType):
        yield from texts(info.value_type, path, seen, marked=marked)
    elif isinstance(info, inspect.StructType) and info.cls not in seen:
        for field in info.fields:
            yield from texts(field.type, f"{path}.{field.encode_name}", seen | {info.cls})


@pytest.mark.parametrize("noun", list(nouns()), ids=lambda noun: noun.__name__)
def test_no_secret_goes_unmarked(noun: type[Any]) -> None:
    found = list(texts(inspect.type_info(noun.input), noun.entity, frozenset()))
    unmarked = [
        path
        for path, marked in found
        if not marked
        and path.rpartition(".")[2] not in NO_SECRETS
        and any(word in path.rpartition(".")[2] for word in SUSPICIOUS)
    ]
    assert unmarked == []


def test_the_walk_itself_finds_what_is_not_marked() -> None:
    class Bare(msgspec.Struct):
        password: str

    assert list(texts(inspect.type_info(Bare), "bare", frozenset())) == [("bare.password", False)]
    assert changed({"password": "a"}, Bare, lambda _: MASK) == {"password": "a"}

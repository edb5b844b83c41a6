"""Secrets are shown masked wherever a type marks them, and a mask that comes back means the stored secret."""

from typing import Annotated, Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Meta

from leadyard.kit.errors import InvalidInputError
from leadyard.kit.masking import MASK, Destination, SecretText, changed, masked, restored


class Named(msgspec.Struct, frozen=True):
    name: str
    value: Annotated[SecretText, Meta(max_length=100)]


class Shown(msgspec.Struct, frozen=True):
    name: str
    value: str


class Basic(msgspec.Struct, frozen=True, tag_field="kind", tag="basic"):
    username: str
    word: SecretText


class Token(msgspec.Struct, frozen=True, tag_field="kind", tag="token"):
    word: str
    text: SecretText


class Group(msgspec.Struct, frozen=True):
    key: SecretText = ""
    inside: "tuple[Group, ...]" = ()


class Document(msgspec.Struct, frozen=True):
    url: Annotated[Destination, Meta(max_length=200)] = "https://buyer.example/a"
    auth: Basic | Token | None = None
    entries: tuple[Named, ...] = ()
    others: tuple[Shown, ...] = ()
    by_name: dict[str, SecretText] = {}
    maybe: SecretText | None = None
    group: Group = Group()


STORED = Document(
    auth=Basic("me", "s1"),
    entries=(Named("a", "s2"), Named("b", "s3")),
    others=(Shown("a", "seen"),),
    by_name={"x": "s4"},
    maybe="s5",
    group=Group("s6", (Group("s7"), Group(""))),
)
PLAIN = msgspec.json.decode(msgspec.json.encode(STORED))


def refused(document: Any, stored: Any = PLAIN) -> list[str]:
    with pytest.raises(InvalidInputError) as caught:
        restored(document, stored, Document)
    return [problem.field for problem in caught.value.problems]


def test_every_marked_text_is_masked_at_any_depth() -> None:
    shown = masked(STORED)
    assert not any(secret in str(shown) for secret in ("s1", "s2", "s3", "s4", "s5", "s6", "s7"))
    assert shown["auth"] == {"kind": "basic", "username": "me", "word": MASK}
    assert shown["others"] == [{"name": "a", "value": "seen"}]
    assert shown["group"]["inside"][0]["key"] == MASK


@pytest.mark.parametrize("tag", [{}, [], None, 5, "other"])
def test_a_tag_that_is_none_does_no_harm(tag: Any) -> None:
    document = {"auth": {"kind": tag, "word": "a"}}
    assert changed(document, Document, lambda _: MASK) == document


def test_an_empty_secret_is_shown_as_empty() -> None:
    assert masked(STORED)["group"]["inside"][1]["key"] == ""


def test_the_tag_of_a_union_says_what_is_secret() -> None:
    assert masked(Document(auth=Token("plain", "secret")))["auth"] == {
        "kind": "token",
        "word": "plain",
        "text": MASK,
    }


@settings(max_examples=100, deadline=None)
@given(st.permutations(["a", "b", "c"]), st.lists(st.text(min_size=1), min_size=3, max_size=3))
def test_a_masked_document_sent_back_restores_every_secret(order: list[str], texts: list[str]) -> None:
    entries = {name: Named(name, text) for name, text in zip("abc", texts, strict=True)}
    stored = msgspec.to_builtins(Document(entries=tuple(entries.values()), maybe=texts[0]))
    shown = masked(Document(entries=tuple(entries[name] for name in order), maybe=texts[0]))
    back = restored(shown, stored, Document)
    assert {entry["name"]: entry["value"] for entry in back["entries"]} == dict(
        zip("abc", texts, strict=True)
    )
    assert back["maybe"] == texts[0]


def test_a_new_secret_replaces_the_stored_one() -> None:
    assert restored({**masked(STORED), "maybe": "new"}, PLAIN, Document)["maybe"] == "new"


def test_a_mask_that_stands_for_nothing_is_refused() -> None:
    assert refused({"maybe": MASK, "entries": [{"name": "z", "value": MASK}]}, None) == [
        "maybe",
        "entries[0].value",
    ]
    assert refused({"entries": [{"name": "z", "value": MASK}]}) == ["entries[0].value"]


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/a",
        "http://buyer.example/a",
        "https://buyer.example:444/a",
        "https://buyer.example.evil/a",
        "https://buyer.example@evil.example/a",
        "https://buyer.example\\@evil.example/a",
    ],
)
def test_a_stored_secret_does_not_follow_to_another_host(url: str) -> None:
    assert "auth.word" in refused({**masked(STORED), "url": url})


def test_secrets_given_again_may_go_to_another_host() -> None:
    moved = {**PLAIN, "url": "https://other.example/"}
    assert restored(moved, PLAIN, Document) == moved


def test_a_secret_stays_while_only_the_path_changes() -> None:
    moved = {**masked(STORED), "url": "https://BUYER.example/b?c={{ d }}"}
    assert restored(moved, PLAIN, Document)["maybe"] == "s5"


@given(st.recursive(st.none() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_what_does_not_fit_the_type_passes_unchanged(document: Any) -> None:
    assert changed({"auth": document, "group": 3}, Document, lambda _: MASK)["group"] == 3
    assert restored({"entries": document}, None, Document) == {"entries": document}

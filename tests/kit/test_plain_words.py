"""What msgspec says of a bad value reaches its sender as a plain sentence."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
import pytest
from msgspec import Meta

from leadyard.kit.plain_words import plain_words


class Colour(StrEnum):
    RED = "Red"
    GREEN = "Light Green"


class Basic(msgspec.Struct, tag="basic", tag_field="kind"):
    pass


class Bearer(msgspec.Struct, tag="bearer", tag_field="kind"):
    pass


@pytest.mark.parametrize(
    ("value", "hint", "sentence"),
    [
        ("", Annotated[str, Meta(min_length=1)], "must not be empty"),
        ({}, Annotated[dict[str, str], Meta(min_length=1)], "must not be empty"),
        ([], Annotated[list[int], Meta(min_length=1)], "must not be empty"),
        ("a", Annotated[str, Meta(min_length=2)], "must have at least 2 characters"),
        ("abc", Annotated[str, Meta(max_length=2)], "must have at most 2 characters"),
        ([1, 2], Annotated[list[int], Meta(max_length=1)], "must have at most 1 items"),
        ({"a": 1, "b": 2}, Annotated[dict[str, int], Meta(max_length=1)], "must have at most 1 members"),
        (0, Annotated[int, Meta(ge=1)], "must be at least 1"),
        (9, Annotated[int, Meta(le=8)], "must be at most 8"),
        (0.0, Annotated[float, Meta(gt=0)], "must be more than 0"),
        (2.5, Annotated[float, Meta(le=1.5)], "must be at most 1.5"),
        (3, str, "must be a text, not a whole number"),
        (None, str, "must be a text, not null"),
        ("x", int, "must be a whole number, not a text"),
        (1.5, int, "must be a whole number, not a number"),
        ([], bool, "must be true or false, not a list"),
        ([], int | str | None, "must be a whole number or a text or null, not a list"),
        ("Blue", Colour, "must be one of Red, Light Green"),
        ("Blue", Colour | None, "must be one of Red, Light Green"),
        ("x", Literal["GET", "POST"], "must be one of GET, POST"),
        ("x", Annotated[Literal["GET"], Meta(description="A method.")], "must be one of GET"),
        ({"kind": "x"}, Basic | Bearer, "must be one of basic, bearer"),
        ({}, Basic | Bearer, "lacks the member kind"),
        (" ", Annotated[str, Meta(pattern=r"\S")], "must not be blank"),
        ("gbp", Annotated[str, Meta(pattern="^[A-Z]{3}$")], "must have the form ^[A-Z]{3}$"),
        ("x", datetime, "must be a date and time such as 2026-01-31T12:00:00Z"),
        (
            "2026-01-31T12:00:00",
            Annotated[datetime, Meta(tz=True)],
            "must name its time zone, as in 2026-01-31T12:00:00Z",
        ),
        ("x", date, "must be a date such as 2026-01-31"),
        ("x", UUID, "must be a UUID"),
    ],
)
def test_a_bad_value_is_told_in_plain_words(value: object, hint: Any, sentence: str) -> None:
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.convert(value, hint)

    message = str(refused.value).partition(" - at ")[0]
    assert plain_words(message, hint) == sentence


def test_an_enumeration_somewhere_inside_is_told_by_its_value() -> None:
    assert plain_words("Invalid enum value 'x'", object) == "is not a known value: 'x'"


def test_a_message_that_nobody_foresaw_is_passed_on() -> None:
    assert plain_words("Expected `this` and that", str) == "Expected this and that"

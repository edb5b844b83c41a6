"""Periods, charts, colours, own fields and image types: rules without a database."""

import itertools
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.affiliates.pages import pictures

from leadyard.affiliates.affiliates.inputs import FieldRecord, FieldType
from leadyard.affiliates.pages.brand import brand_css, ink_on
from leadyard.affiliates.pages.charts import HEIGHT, WIDTH, chart
from leadyard.affiliates.pages.images import Image, read_image
from leadyard.affiliates.pages.own_fields import read_fields
from leadyard.affiliates.pages.periods import Period, spans
from leadyard.affiliates.pages.requests import Request, cookie
from leadyard.affiliates.pages.settings import PageSettings
from leadyard.affiliates.pages.tokens import Tokens

DAYS = st.dates(date(2000, 1, 1), date(2100, 1, 1))
AMOUNTS = st.decimals(-1_000_000, 1_000_000, places=2)


@given(st.sampled_from(Period), DAYS)
def test_a_period_ends_today_and_has_each_of_its_days_once(period: Period, today: date) -> None:
    cut = spans(period, today)

    assert cut[-1].last == today
    for before, after in itertools.pairwise(cut):
        assert before.first <= before.last
        assert after.first == before.last + timedelta(days=1)
    assert len(cut) == {"7d": 7, "30d": 30, "13w": 13, "12m": 12}[period.value]


@given(st.lists(AMOUNTS, min_size=1, max_size=31))
def test_every_bar_is_inside_the_drawing_and_stands_on_zero_or_hangs_from_it(values: list[Decimal]) -> None:
    drawn = chart("Earnings", [str(i) for i in range(len(values))], values, "USD")

    assert len(drawn.bars) == len(values)
    for bar, value in zip(drawn.bars, values, strict=True):
        assert bar.y >= -2
        assert bar.y + bar.height <= HEIGHT + 2
        assert bar.x >= 0
        assert bar.x + bar.width <= WIDTH + 0.1
        assert bar.is_negative == (value < 0)
        assert (bar.height == 0) == (value == 0)
        edge = bar.y if value < 0 else bar.y + bar.height
        assert abs(edge - drawn.zero) < 0.03


def test_taller_bars_are_worth_more() -> None:
    drawn = chart("Clicks", ["a", "b", "c"], [10, 5, 0])
    assert [bar.height for bar in drawn.bars] == [96, 48, 0]
    assert (drawn.total, drawn.highest) == ("15", "10")


@pytest.mark.parametrize(
    ("colour", "ink"),
    [("#ffffff", "#000000"), ("#000000", "#ffffff"), ("#ffd400", "#000000"), ("#1f4e79", "#ffffff")],
)
def test_text_on_a_brand_colour_can_be_read(colour: str, ink: str) -> None:
    assert ink_on(colour) == ink
    assert f"--on-brand: {ink}" in brand_css(PageSettings(brand_colour=colour))


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (pictures.png(30, 20), "image/png"), (pictures.gif(30, 20), "image/gif"), (pictures.jpeg(30, 20), "image/jpeg"),
        (pictures.webp(30, 20, b"VP8X"), "image/webp"), (pictures.webp(30, 20, b"VP8L"), "image/webp"),
        (pictures.webp(30, 20, b"VP8 "), "image/webp"),
    ],
)  # fmt: skip
def test_an_image_is_known_by_its_beginning(content: bytes, kind: str) -> None:
    assert read_image(content) == Image(kind, 30, 20)


@pytest.mark.parametrize(
    "content",
    [
        b"", b"GIF", b"GIF89a", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF....WEBP", b"<svg></svg>", b"%PDF-1.7",
        pictures.gif(0, 5), b"\xff\xd8\xff\xe0\x00\x00" * 9, b"<html>GIF89a",
    ],
)  # fmt: skip
def test_what_is_no_image_is_none(content: bytes) -> None:
    assert read_image(content) is None


@given(
    st.binary(max_size=200),
    st.sampled_from([b"", b"\xff\xd8\xff", b"RIFF0000WEBP", b"GIF89a", b"\x89PNG\r\n\x1a\n"]),
)
def test_no_bytes_break_the_reader(content: bytes, start: bytes) -> None:
    found = read_image(start + content)
    assert found is None or min(found.width, found.height) > 0


@given(st.sampled_from(FieldType), st.text(max_size=300), st.booleans())
def test_a_field_gives_a_value_of_its_type_or_says_what_is_wrong(
    kind: FieldType, text: str, required: bool
) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    field = FieldRecord(id=1, name="f", field_type=kind, required=required, options=("a", "b"), created_at=at)

    values, problems = read_fields([field], {"field_1": text})

    allowed = {FieldType.NUMBER: (int, float), FieldType.CHECKBOX: (bool,)}.get(kind, (str,))
    assert values["f"] is None or isinstance(values["f"], allowed)
    if not problems and required:
        assert values["f"] not in (None, False)


def test_tokens_are_good_for_what_they_were_made_for() -> None:
    tokens, other = Tokens("k" * 32), Tokens("o" * 32)
    assert tokens.read_invitation(tokens.invitation(1, 2)) == (1, 2)
    assert tokens.read_invitation(other.invitation(1, 2)) is None
    assert tokens.read_invitation(tokens.form("x")) is None
    assert tokens.form_is_ours("x", tokens.form("x"))
    assert not tokens.form_is_ours("x", tokens.form("y"))
    assert not tokens.form_is_ours("x", tokens.invitation(1, 2))


def test_invitations_stay_good_when_the_key_is_changed_and_the_old_one_kept() -> None:
    invitation = Tokens("a" * 32).invitation(1, 2)
    assert Tokens(f"{'b' * 32},{'a' * 32}").read_invitation(invitation) == (1, 2)
    assert Tokens("b" * 32).read_invitation(Tokens(f"{'b' * 32},{'a' * 32}").invitation(3, 4)) == (3, 4)


@pytest.mark.parametrize(
    ("is_secure", "is_framed", "expected"),
    [
        (False, False, "HttpOnly; SameSite=Lax"),
        (True, False, "HttpOnly; SameSite=Lax; Secure"),
        (True, True, "HttpOnly; SameSite=None; Partitioned; Secure"),
        (False, True, "HttpOnly; SameSite=Lax"),
    ],
)
def test_cookies_are_secure_over_https_and_come_along_in_frames_where_these_are_allowed(
    is_secure: bool, is_framed: bool, expected: str
) -> None:
    request = Request("GET", "/", {}, {}, {}, "", is_own=True, is_secure=is_secure)
    written = cookie("name", "value", "/affiliates/agency", seconds=60, request=request, is_framed=is_framed)
    assert written == f"name=value; Path=/affiliates/agency; Max-Age=60; {expected}"

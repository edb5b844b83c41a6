"""How many segments a text message takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadyard.delivery.transports.sms import count_segments


@pytest.mark.parametrize(
    ("text", "encoding", "units", "count"),
    [
        ("", "GSM-7", 0, 1),
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3),
        ("€" * 80, "GSM-7", 160, 1),
        ("€" * 81, "GSM-7", 162, 2),
        ("a" * 152 + "€" + "a" * 152, "GSM-7", 306, 3),
        ("é£@\n", "GSM-7", 4, 1),
        ("ç" * 70, "UCS-2", 70, 1),
        ("ш" * 71, "UCS-2", 71, 2),
        ("ш" * 134, "UCS-2", 134, 2),
        ("ш" * 135, "UCS-2", 135, 3),
        ("😀" * 35, "UCS-2", 70, 1),
        ("😀" * 36, "UCS-2", 72, 2),
        ("ш" * 66 + "😀" + "ш" * 66, "UCS-2", 134, 3),
    ],
)
def test_lengths_at_the_borders(text: str, encoding: str, units: int, count: int) -> None:
    found = count_segments(text)
    assert (found.encoding, found.units, found.count) == (encoding, units, count)


@given(st.text(max_size=400), st.text(max_size=400))
def test_a_longer_text_never_takes_fewer_segments(first: str, second: str) -> None:
    assert count_segments(first + second).count >= count_segments(first).count


@given(st.text(max_size=800))
def test_the_segments_hold_all_units(text: str) -> None:
    found = count_segments(text)
    single, part = (160, 153) if found.encoding == "GSM-7" else (70, 67)
    assert found.units <= (single if found.count == 1 else part * found.count)

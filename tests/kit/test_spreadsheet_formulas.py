"""No value runs as a formula, numbers stay numbers, and every value comes back as it was."""

import csv
import io
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from leadyard.kit.spreadsheets import cell_text, defused, is_defused, restored

DANGEROUS = set("=+-@\t\r\n\x00\uff1d\uff0b\uff0d\uff20")
LIKELY = st.text(st.sampled_from("=+-@'\t\r\n \u00a0\u200b\ufeff\uff1d\uff0b.,0123456789aZ"), max_size=8)
TEXT = st.one_of(LIKELY, st.text(max_size=40))


@given(TEXT, st.booleans())
@example("'=1", False)
@example("''-1", True)
@example("'+447700900123", True)
@example(" '=1", False)
def test_every_value_comes_back(text: str, keeps_plus: bool) -> None:
    assert restored(defused(text, keeps_plus=keeps_plus)) == text


@given(TEXT)
def test_nothing_begins_as_a_formula_does(text: str) -> None:
    safe = defused(text)
    if safe[:1] in DANGEROUS:
        assert safe[0] == "-"
        assert Decimal(safe.replace(",", ".")) <= 0


@given(TEXT)
def test_nothing_begins_so_behind_blanks_that_a_program_drops(text: str) -> None:
    assert defused(text).lstrip()[:1] not in DANGEROUS - {"-"}
    assert defused(text).lstrip("\u200b\ufeff \u00a0")[:1] not in DANGEROUS - {"-"}


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**9), max_value=10**9))
def test_numbers_are_unharmed(number: Decimal) -> None:
    assert defused(f"{number:f}") == f"{number:f}"


@given(st.text(st.characters(categories=("L", "N")), max_size=20))
def test_words_are_unharmed(text: str) -> None:
    assert defused(text) == text


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1+1", "--1", "-", "@SUM(A1)", "\t=1", "\rx", "\nx", " =1", "\u00a0=1", "\u200b=1", "\ufeff@x", "\uff1d1",
     "\uff0bA1", "\uff0d1", "\uff20x", "'=1", "''@x", "+447700900123", "=cmd|' /C calc'!A0", "-1,5,5", "-1e5"],
)  # fmt: skip
def test_what_could_be_a_formula_gets_an_apostrophe(text: str) -> None:
    assert defused(text) == f"'{text}"
    assert is_defused(text)


@pytest.mark.parametrize(
    "text", ["", "Ann", "-12.50", "-3", "-0,5", "a=b", "1+1", "'tis", "O'Neil", "…", "07700900123"]
)
def test_other_values_stay_as_they_are(text: str) -> None:
    assert defused(text) == text == restored(text)
    assert not is_defused(text)


def test_files_for_programs_keep_telephone_numbers() -> None:
    assert defused("+447700900123", keeps_plus=True) == "+447700900123"
    assert defused("+44 7700", keeps_plus=True) == "'+44 7700"


@given(st.lists(st.lists(TEXT, min_size=2, max_size=2), min_size=1, max_size=5))
def test_quotes_and_line_ends_begin_no_cell_of_their_own(rows: list[list[str]]) -> None:
    file = io.StringIO(newline="")
    csv.writer(file, lineterminator="\r\n").writerows([[defused(text) for text in row] for row in rows])
    read = csv.reader(io.StringIO(file.getvalue(), newline=""))
    assert [[restored(text) for text in row] for row in read] == rows


@given(TEXT)
def test_a_cell_of_a_workbook_keeps_what_it_can(text: str) -> None:
    assert cell_text(text) == text.replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd")


def test_a_cell_of_a_workbook_is_cut_at_its_limit() -> None:
    assert cell_text("x" * 40_000) == "x" * 32_767
    assert cell_text("\U0001f600" * 20_000) == "\U0001f600" * 16_383

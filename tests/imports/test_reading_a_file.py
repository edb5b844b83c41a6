"""Files of unknown origin become rows of a campaign's fields, or say what is wrong with them."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadyard.imports.files import texts
from leadyard.imports.files.model import ImportFileError
from leadyard.imports.files.opening import open_table
from leadyard.imports.files.texts import read_header, read_rows
from leadyard.imports.mapping import Columns, ImportRow, match_columns, read_values

KNOWN = [("email", "Email"), ("phone1", "Phone 1"), ("data13", "make_of_car"), ("postcode", "Postcode")]


def lines(text: str) -> Iterator[str]:
    return iter(io.StringIO(text, newline=""))


def rows_of(text: str) -> list[ImportRow]:
    reading = lines(text)
    header, delimiter = read_header(reading)
    return list(read_values(read_rows(reading, delimiter, len(header)), match_columns(header, KNOWN, {})))


@pytest.mark.parametrize("title", ["email", "Email", " EMAIL ", "E-Mail", "e mail"])
def test_a_column_is_found_however_its_title_is_written(title: str) -> None:
    assert match_columns([title], KNOWN, {}).fields == ("email",)


def test_a_label_names_its_field_and_the_supplier_columns_are_known() -> None:
    columns = match_columns(
        ["Make Of Car", "SID", "ssid", "Shoe size"], [*KNOWN, ("sid", "sid"), ("ssid", "ssid")], {}
    )
    assert columns == Columns(("data13", "sid", "ssid", None), ("Shoe size",))


def test_a_chosen_column_counts_before_its_title() -> None:
    assert match_columns(["email", "Mail"], KNOWN, {"Mail": "postcode"}).fields == ("email", "postcode")


@pytest.mark.parametrize(
    ("header", "chosen", "words"),
    [
        (["Shoe size"], {}, "No column"),
        (["email", "E-mail"], {}, "More than one column is the field email"),
        (["email"], {"Mail": "email"}, "no column Mail"),
        (["email"], {"email": "shoes"}, "no field shoes"),
    ],
)
def test_a_header_that_cannot_be_used_says_why(header: list[str], chosen: dict[str, str], words: str) -> None:
    with pytest.raises(ImportFileError, match=words):
        match_columns(header, KNOWN, chosen)


@pytest.mark.parametrize("text", ["", "\n", "\ufeff"])
def test_an_empty_file_is_refused(text: str) -> None:
    with pytest.raises(ImportFileError, match="empty"):
        read_header(lines(text))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_in_the_header(delimiter: str) -> None:
    text = delimiter.join(["email", "Phone 1"]) + "\n" + delimiter.join(["a@b.cd", " 07700900123 "]) + "\n"
    assert [row.values for row in rows_of(text)] == [{"email": "a@b.cd", "phone1": "07700900123"}]


def test_a_byte_order_mark_and_blank_lines_do_not_matter() -> None:
    assert [row.number for row in rows_of("\ufeffemail\na@b.cd\n\nc@d.ef\n")] == [2, 4]


def test_bytes_that_are_not_utf8_are_read_as_windows_1252() -> None:
    text = b"email,postcode\na@b.cd,caf\xe9\n".decode("utf-8", "surrogateescape")
    assert rows_of(text)[0].values["postcode"] == "café"


def test_rows_that_cannot_be_read_do_not_stop_the_others() -> None:
    rows = rows_of('email,postcode\na@b.cd\n"a"x,y\nc@d.ef,TN1\n')
    assert [bool(row.problem) for row in rows] == [True, True, False]
    assert rows[0].problem == "The row has 1 columns, the header 2"
    assert rows[2].values == {"email": "c@d.ef", "postcode": "TN1"}


def test_a_value_without_end_is_one_bad_row() -> None:
    rows = rows_of("email,postcode\n" + "x" * 70_000 + ",y\nc@d.ef,TN1\n")
    assert [bool(row.problem) for row in rows] == [True, False]


def test_files_in_utf_16_are_read(tmp_path: Path) -> None:
    path = tmp_path / "leads.txt"
    path.write_bytes("email\tpostcode\na@b.cd\tcafé\n".encode("utf-16"))
    with open_table(path) as table:
        assert (table.header, [row.cells for row in table.rows]) == (
            ["email", "postcode"],
            [["a@b.cd", "café"]],
        )


def test_zeros_among_the_characters_are_left_out() -> None:
    assert rows_of("email,postcode\na\x00@b.cd,TN1\x00\n")[0].values == {"email": "a@b.cd", "postcode": "TN1"}


def test_a_line_without_end_is_one_bad_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "_LONGEST_LINE", 1000)
    path = tmp_path / "leads.csv"
    path.write_text("email,postcode\n" + "x," * 5000 + "\nc@d.ef,TN1\n")
    with open_table(path) as table:
        assert [(row.number, bool(row.problem)) for row in table.rows] == [(2, True), (3, False)]


def test_columns_without_a_title_are_nobodys() -> None:
    columns = match_columns(["email", "", " "], [*KNOWN, ("notes", "")], {})
    assert columns == Columns(("email", None, None), ())


def test_what_keeps_spreadsheets_from_a_formula_is_taken_off_again() -> None:
    assert rows_of("email,postcode\n'=1+1,'tis\n")[0].values == {"email": "=1+1", "postcode": "'tis"}


cells = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r"), max_size=20)


@given(st.lists(st.lists(cells, min_size=2, max_size=2), max_size=8))
def test_what_a_csv_writer_wrote_is_read_back(table: list[list[str]]) -> None:
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["email", "postcode"])
    writer.writerows(table)
    found = [row.values for row in rows_of(file.getvalue())]
    expected = [
        {name: cell.strip() for name, cell in zip(("email", "postcode"), row, strict=True) if cell}
        for row in table
    ]
    assert found == expected


@given(st.text(max_size=300))
def test_no_text_whatever_makes_reading_fail(text: str) -> None:
    for row in rows_of("email,postcode\n" + text):
        assert row.number >= 2

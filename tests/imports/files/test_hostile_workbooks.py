"""Workbooks that are damaged, of another kind, or made to do harm end with a sentence, quickly and in little memory."""

import contextlib
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path

import openpyxl  # type: ignore[import-untyped]
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadyard.imports.files import archives
from leadyard.imports.files.model import ImportFileError
from leadyard.imports.files.opening import open_table

SHEET = "xl/worksheets/sheet1.xml"
OPEN = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
TITLES = '<row r="1"><c r="A1" t="inlineStr"><is><t>email</t></is></c></row>'
CLOSE = "</sheetData></worksheet>"
MOST_MEMORY = 40 * 1024**2


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "leads.xlsx"


def count(path: Path, sheet: str = "") -> int:
    with open_table(path, sheet) as table:
        return sum(1 for _ in table.rows)


def with_part(path: Path, name: str, pieces: Iterator[bytes] | list[bytes]) -> None:
    """Write a real workbook with one part in place of its own."""
    plain = path.with_suffix(".plain")
    made = openpyxl.Workbook()
    made.active.append(["email"])
    made.active.append(["a@example.com"])
    made.save(plain)
    with (
        zipfile.ZipFile(plain) as source,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for info in source.infolist():
            if info.filename != name:
                target.writestr(info.filename, source.read(info))
        with target.open(name, "w", force_zip64=True) as part:
            for piece in pieces:
                part.write(piece)


def refusal(path: Path, words: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(ImportFileError, match=words):
            count(path)
        assert tracemalloc.get_traced_memory()[1] < MOST_MEMORY
    finally:
        tracemalloc.stop()


def test_a_bomb_is_refused_by_what_it_would_unpack_to(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MOST_UNPACKED", 256 * 1024**2)
    with_part(path, SHEET, (b" " * 1024**2 for _ in range(300)))
    assert path.stat().st_size < 1024**2
    refusal(path, "unpacks to more than 256 MiB")


def test_a_smaller_bomb_is_refused_by_its_ratio(path: Path) -> None:
    with_part(path, SHEET, (b" " * 1024**2 for _ in range(100)))
    refusal(path, "more than 200 times its size")


def test_a_cell_without_end_is_refused_before_it_is_collected(path: Path) -> None:
    start = f'{OPEN}<row r="1"><c r="A1" t="inlineStr"><is><t>'.encode()
    with_part(path, SHEET, [start, *(b"x" * 1024**2 for _ in range(60)), CLOSE.encode()])
    refusal(path, "a cell of more than 1 MiB")


def test_a_row_without_end_is_refused_before_it_is_collected(path: Path) -> None:
    cells = b"<c><v>1</v></c>" * 4096
    with_part(path, SHEET, [f"{OPEN}{TITLES}<row>".encode(), *(cells for _ in range(400))])
    refusal(path, "a row of more than 16384 cells")


def test_entities_are_refused_wherever_they_are(path: Path) -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    declared = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "lol">{laughs}]>'
    with_part(path, SHEET, [declared.encode(), OPEN.encode(), CLOSE.encode()])
    refusal(path, "no spreadsheet program writes")
    for part in ("xl/workbook.xml", "xl/styles.xml", "[Content_Types].xml"):
        with_part(path, part, [declared.encode(), b"<x>&l9;</x>"])
        refusal(path, "no spreadsheet program writes")


@pytest.mark.parametrize("encoding", ["utf-16", "cp037"])
def test_entities_cannot_hide_in_another_encoding(path: Path, encoding: str) -> None:
    declaration = f'<?xml version="1.0" encoding="{encoding}"?>'
    hidden = f"<!DOCTYPE x [<!ENTITY l 'lol'>]>{OPEN}{CLOSE}"
    whole = (declaration + hidden).encode(encoding)
    with_part(path, SHEET, [whole if encoding == "utf-16" else declaration.encode() + hidden.encode("cp037")])
    refusal(path, "no spreadsheet program writes")


def test_many_rows_take_no_memory(path: Path) -> None:
    rows = (
        f'<row r="{n}" ht="15" customHeight="1"><c r="A{n}"><v>{n * 7919}</v></c></row>'.encode()
        for n in range(2, 60_000)
    )
    with_part(path, SHEET, iter([f"{OPEN}{TITLES}".encode(), *rows, CLOSE.encode()]))
    tracemalloc.start()
    try:
        assert count(path) == 59_998
        assert tracemalloc.get_traced_memory()[1] < 6 * 1024**2
    finally:
        tracemalloc.stop()


def test_a_directory_without_end_is_refused_before_it_is_listed(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "_LARGEST_DIRECTORY", 100)
    with_part(path, SHEET, [f"{OPEN}{TITLES}{CLOSE}".encode()])
    refusal(path, "no spreadsheet program writes")


def test_a_part_cut_short_is_told_where_it_ends(path: Path) -> None:
    with_part(path, SHEET, [f'{OPEN}{TITLES}<row r="2"><c r="A2"><v>1</v></c></row><row'.encode()])
    refusal(path, "damaged")


def test_a_bad_row_does_not_stop_the_others(path: Path) -> None:
    rows = (
        '<row r="2"><c r="A2" t="s"><v>99999</v></c></row><row r="3"><c r="A3"><v>abc</v></c></row>'
        '<row r="2"><c r="A2"><v>1</v></c></row><row r="5"><c r="A5"><v>12</v></c></row>'
    )
    with_part(path, SHEET, [f"{OPEN}{TITLES}{rows}{CLOSE}".encode()])
    with open_table(path, "") as table:
        assert [bool(row.problem) for row in table.rows] == [True, True, True, False]


def test_other_kinds_of_file_say_what_to_do(path: Path) -> None:
    old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    for content, words in (
        (old + b"x" * 600, "old form"),
        (old + b"x" * 600 + "EncryptedPackage".encode("utf-16-le"), "without a password"),
        (b"%PDF-1.7 ...", "a PDF document"),
        (b"\x1f\x8b\x08 ...", "compressed"),
        (b"PK\x03\x04 and no more", "not an XLSX workbook"),
        (b"a\x00b\x00c\nd", "neither a CSV file nor an XLSX workbook"),
    ):
        path.write_bytes(content)
        refusal(path, words)


def test_another_archive_is_no_workbook(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("hello.xml", "<x/>")
    refusal(path, "not an XLSX workbook")


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("sound") / "leads.xlsx"
    made = openpyxl.Workbook()
    for number in range(20):
        made.active.append([f"title {number}", number, number / 7])
    made.save(path)
    return path.read_bytes()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255)), max_size=12),
    st.one_of(st.just(0), st.integers(0, 4000)),
)
def test_no_damage_whatever_makes_reading_fail_otherwise(
    tmp_path: Path, sound: bytes, changes: list[tuple[int, int]], cut: int
) -> None:
    content = bytearray(sound)
    for place, byte in changes:
        content[place % len(content)] = byte
    path = tmp_path / "damaged.xlsx"
    path.write_bytes(bytes(content[: len(content) - cut]))
    with contextlib.suppress(ImportFileError):
        count(path)


@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "xl/styles.xml", "xl/_rels/workbook.xml.rels"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.lists(
        st.tuples(st.integers(0, 1 << 16), st.sampled_from(b'<>"/=&a1 ')), min_size=1, max_size=6
    )
)
def test_no_damage_inside_a_part_makes_reading_fail_otherwise(
    path: Path, sound: bytes, part: str, changes: list[tuple[int, int]]
) -> None:
    source = path.with_suffix(".sound")
    source.write_bytes(sound)
    with zipfile.ZipFile(source) as archive:
        content = bytearray(archive.read(part))
    for place, byte in changes:
        content[place % len(content)] = byte
    with_part(path, part, [bytes(content)])
    with contextlib.suppress(ImportFileError):
        count(path)

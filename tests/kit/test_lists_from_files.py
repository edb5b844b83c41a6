"""A list comes from a file that the operator brings, and follows what is written into it."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from leadyard.kit.list_files import ListFile


def numbers() -> ListFile[int, list[int]]:
    def read(text: str) -> int | None:
        return int(text) if text.isdigit() else None

    def made(items: Iterable[int]) -> list[int]:
        return sorted(items)

    return ListFile("numbers", read, made, look_every_seconds=0)


def test_without_a_file_the_list_is_empty() -> None:
    assert numbers().now() == []


def test_remarks_and_lines_that_cannot_be_read_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "list").write_text("# primes\n7\n\n  5  \nseven\n\xff\n")
    known = numbers()
    known.bring(tmp_path / "list")

    assert known.now() == [5, 7]


def test_a_file_that_was_changed_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "list"
    file.write_text("1\n")
    known = numbers()
    known.bring(file)
    before = known.now()
    (tmp_path / "new").write_text("1\n22\n")
    (tmp_path / "new").replace(file)

    assert (before, known.now()) == ([1], [1, 22])


@pytest.mark.parametrize("becomes", ["nothing", "a folder"])
def test_a_file_that_is_gone_leaves_the_list_as_it_was(tmp_path: Path, becomes: str) -> None:
    file = tmp_path / "list"
    file.write_text("1\n")
    known = numbers()
    known.bring(file)
    known.now()
    file.unlink()
    if becomes == "a folder":
        file.mkdir()

    assert known.now() == [1]


def test_a_list_that_is_brought_no_more_is_empty(tmp_path: Path) -> None:
    (tmp_path / "list").write_text("1\n")
    known = numbers()
    known.bring(tmp_path / "list")
    known.now()
    known.bring(None)

    assert known.now() == []

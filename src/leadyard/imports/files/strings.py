"""The texts that the cells of a workbook share, on disk: there may be millions of them."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from os import pread
from typing import IO
from xml.etree.ElementTree import Element

from openpyxl.cell.text import Text  # type: ignore[import-untyped]
from openpyxl.xml.constants import SHEET_MAIN_NS  # type: ignore[import-untyped]

from leadyard.imports.files.archives import GuardedXml
from leadyard.imports.files.elements import finished

_ITEM, _TEXT = f"{{{SHEET_MAIN_NS}}}si", f"{{{SHEET_MAIN_NS}}}t"
_PLACE = 8
_REMEMBERED = 4096


class SharedStrings:
    """Texts by their number, read from a file as they are needed."""

    def __init__(self, texts: IO[bytes], places: IO[bytes], count: int) -> None:
        """Take the texts one behind the other, and where each begins and the last ends."""
        self._texts, self._places, self._count = texts, places, count
        self._read = lru_cache(_REMEMBERED)(self._find)

    def __getitem__(self, number: int) -> str:
        """Give a text; raises IndexError."""
        return self._read(number)

    def _find(self, number: int) -> str:
        if not 0 <= number < self._count:
            raise IndexError(number)
        place = pread(self._places.fileno(), 2 * _PLACE, number * _PLACE)
        start, end = (int.from_bytes(part, "little") for part in (place[:_PLACE], place[_PLACE:]))
        return pread(self._texts.fileno(), end - start, start).decode()


@contextmanager
def shared_strings(source: GuardedXml | None) -> Iterator[SharedStrings]:
    """Read the texts of a workbook, if it has any, into files that are gone at the end."""
    with tempfile.TemporaryFile() as texts, tempfile.TemporaryFile() as places:
        count = end = 0
        places.write(end.to_bytes(_PLACE, "little"))
        for element in () if source is None else finished(source, _ITEM):
            text = _text_of(element).encode()
            texts.write(text)
            end += len(text)
            places.write(end.to_bytes(_PLACE, "little"))
            count += 1
        texts.flush()
        places.flush()
        yield SharedStrings(texts, places, count)


def _text_of(element: Element) -> str:
    if len(element) == 1 and element[0].tag == _TEXT:
        return element[0].text or ""
    return str(Text.from_tree(element).content)

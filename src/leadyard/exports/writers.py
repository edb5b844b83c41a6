"""Writes batches of rows as CSV or as lines of JSON: column by column, which costs far less than cell by cell."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Protocol

import msgspec

from leadyard.exports.model import Column, Form, Format, Kind, Rows
from leadyard.kit.money import from_micros
from leadyard.kit.money import plain as plain_amount
from leadyard.kit.spreadsheets import defused

_BETWEEN = "; "
_encoder = msgspec.json.Encoder(decimal_format="string")


class TextWriter(Protocol):
    """Turns batches into the bytes of a file, one after the other."""

    def heading(self) -> bytes:
        """Write what comes before the first row."""

    def rows(self, rows: Rows) -> bytes:
        """Write rows."""


def writer_of(columns: Sequence[Column], form: Form) -> TextWriter:
    """Make the writer of a format that is text."""
    if form.format is Format.JSONL:
        return _JsonLines(columns)
    return _Csv(columns, is_raw=form.is_raw)


class _Csv:
    """CSV as RFC 4180 has it, in UTF-8."""

    def __init__(self, columns: Sequence[Column], *, is_raw: bool) -> None:
        self._columns = columns
        self._is_raw = is_raw

    def heading(self) -> bytes:
        return self._written([[column.name] for column in self._columns])

    def rows(self, rows: Rows) -> bytes:
        return self._written([self._cells(column.kind, column.read(rows)) for column in self._columns])

    def _cells(self, kind: Kind, values: Sequence[Any]) -> Sequence[Any]:
        if kind is Kind.NUMBER:
            return values
        if kind is Kind.TEXT:
            return values if self._is_raw else [text and defused(text) for text in values]
        written = TEXTS[kind]
        texts = [None if value is None else written(value) for value in values]
        return texts if self._is_raw or kind is not Kind.LIST else [text and defused(text) for text in texts]

    def _written(self, cells: Sequence[Sequence[Any]]) -> bytes:
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\r\n").writerows(zip(*cells, strict=True))
        return text.getvalue().encode()


class _JsonLines:
    """An object a line; amounts are exact texts, times are in UTC."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._names = [column.name for column in columns]

    def heading(self) -> bytes:
        return b""

    def rows(self, rows: Rows) -> bytes:
        cells = [_json_values(column.kind, column.read(rows)) for column in self._columns]
        names = self._names
        return _encoder.encode_lines([dict(zip(names, row, strict=True)) for row in zip(*cells, strict=True)])


def _json_values(kind: Kind, values: Sequence[Any]) -> Sequence[Any]:
    if kind is Kind.MICROS:
        return [None if value is None else amount_of(value) for value in values]
    return values


def _instant(moment: datetime) -> str:
    """Write an instant in UTC, as the database gives it."""
    return f"{moment.isoformat()[:-6]}Z"


@lru_cache(maxsize=16_384)
def amount_of(micros: int) -> str:
    """Write micro-units as the exact decimal."""
    return plain_amount(from_micros(micros))


def _list(value: Any) -> str:
    return _BETWEEN.join(map(str, value)) if isinstance(value, list) else str(value)


def _flag(value: Any) -> str:
    return "true" if value else "false"


TEXTS: Mapping[Kind, Callable[[Any], str]] = {
    Kind.TEXT: str,
    Kind.NUMBER: str,
    Kind.MICROS: amount_of,
    Kind.DECIMAL: plain_amount,
    Kind.MOMENT: _instant,
    Kind.FLAG: _flag,
    Kind.LIST: _list,
}
"""How values are written as text; only texts and lists may hold what could run as a formula."""

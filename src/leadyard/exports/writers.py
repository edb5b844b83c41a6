"""Writes batches of rows as CSV or as lines of JSON: column by column, which costs far less than cell by cell."""

import csv
import io
from collections.abc import Sequence
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
        texts = [None if value is None else text_of(kind, value) for value in values]
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
    if kind is Kind.DECIMAL:
        return [None if value is None else plain_amount(value) for value in values]
    return values


def text_of(kind: Kind, value: Any) -> str:
    """Write a value as text; only texts themselves may hold what could run as a formula."""
    if kind is Kind.MICROS:
        return amount_of(value)
    if kind is Kind.DECIMAL:
        return plain_amount(value)
    if kind is Kind.MOMENT:
        return _instant(value)
    if kind is Kind.FLAG:
        return "true" if value else "false"
    if kind is Kind.LIST:
        return _BETWEEN.join(map(str, value)) if isinstance(value, list) else str(value)
    return str(value)


def _instant(moment: datetime) -> str:
    """Write an instant in UTC, as the database gives it."""
    return f"{moment.isoformat()[:-6]}Z"


@lru_cache(maxsize=16_384)
def amount_of(micros: int) -> str:
    """Write micro-units as the exact decimal."""
    return plain_amount(from_micros(micros))

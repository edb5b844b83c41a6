"""What a cell of a workbook says, as text: what a person sees in the sheet, in the forms that fields read. Pure."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import Element

import msgspec
from openpyxl.styles.numbers import (  # type: ignore[import-untyped]
    BUILTIN_FORMATS,
    is_date_format,
    is_datetime,
    is_timedelta_format,
)
from openpyxl.utils.datetime import WINDOWS_EPOCH, from_excel  # type: ignore[import-untyped]
from openpyxl.utils.escape import unescape  # type: ignore[import-untyped]
from openpyxl.xml.constants import SHEET_MAIN_NS  # type: ignore[import-untyped]

_NS = f"{{{SHEET_MAIN_NS}}}"
_SIGNIFICANT = ".15g"
"""Spreadsheet programs show no more digits; the rest is the rounding of binary fractions."""
_HALF_A_SECOND = timedelta(milliseconds=500)


class Formats(msgspec.Struct, frozen=True):
    """How numbers are shown, by the number of their cell's style; and the day from which dates are counted."""

    by_style: tuple[str, ...] = ()
    epoch: datetime = WINDOWS_EPOCH

    def of(self, style: int) -> str:
        """Give the format of a style; one that is not there shows numbers as they are."""
        return self.by_style[style] if 0 <= style < len(self.by_style) else "General"


def number_formats(styles: Element) -> tuple[str, ...]:
    """Read the number format of each style from a workbook's part of styles."""
    own = {int(one.get("numFmtId", "0")): one.get("formatCode", "") for one in styles.iter(f"{_NS}numFmt")}
    kinds: Mapping[int, str] = {**BUILTIN_FORMATS, **own}
    table = styles.find(f"{_NS}cellXfs")
    places = [] if table is None else [int(one.get("numFmtId", "0")) for one in table]
    return tuple(kinds.get(place, "General") for place in places)


def text_of(value: Any, style: int, formats: Formats) -> str:
    """Write a cell's value; raises ValueError for a date that is none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return _number(value, formats.of(style), formats.epoch)
    if isinstance(value, datetime | date | time | timedelta):
        return _moment(value, "datetime")
    text = str(value)
    if "_x" in text:
        # Half of a pair, or a zero, written as an escape, is no text that could be stored.
        text = unescape(text).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text.replace("\x00", "").strip()


def _number(value: float, shown: str, epoch: datetime) -> str:
    if shown not in {"General", "@"}:
        if is_date_format(shown):
            return _date(value, shown, epoch)
        if "%" in shown.split(";", maxsplit=1)[0]:
            return f"{_plain(value * 100)}%"
        if set(shown) == {"0"} and value >= 0:
            return _plain(round(value)).zfill(len(shown))
    return _plain(value)


def _plain(value: float) -> str:
    """Write a number in digits, without an exponent, a thousands mark, or a fraction that is nothing."""
    if isinstance(value, int):
        return str(value)
    text = f"{Decimal(format(value, _SIGNIFICANT)):f}"
    return "0" if text == "-0" else text


def _date(value: float, shown: str, epoch: datetime) -> str:
    try:
        moment = from_excel(value, epoch, timedelta=is_timedelta_format(shown))
    except (OverflowError, ValueError) as error:
        raise ValueError(f"{_plain(value)} is not a date") from error
    return _moment(moment, is_datetime(shown.lower()) or "datetime")


def _moment(moment: datetime | date | time | timedelta, kind: str) -> str:
    if isinstance(moment, timedelta):
        minutes, seconds = divmod(round(moment.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    if isinstance(moment, datetime):
        moment += _HALF_A_SECOND
        if kind == "date":
            return moment.date().isoformat()
        if kind == "time":
            return moment.time().isoformat("seconds")
        return moment.isoformat(" ", "seconds")
    return moment.isoformat("seconds") if isinstance(moment, time) else moment.isoformat()

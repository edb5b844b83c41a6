"""What spreadsheets make of values: keeps them from running as formulas, and takes back exactly what that added.

A value that a spreadsheet would read as a formula gets an apostrophe before it (OWASP, "CSV Injection"; ASVS 5.0,
1.2.10). Values that look as if they had one already get another, so that undoing gives every value back as it was.
"""

import re

_SIGNS = frozenset(
    "=+-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u207c\u207a\u207b\u208c\u208a\u208b\u2212"
)
"""The four characters that begin a formula, and the wide, small, raised and lowered forms that may be read as them."""

_BREAKS = frozenset("\t\r\n\x00")
"""What is dangerous at the beginning of a cell, whatever follows."""

_BLANKS = "".join(
    chr(code)
    for first, last in (
        (0x00, 0x20),
        (0x7F, 0xA0),
        (0xAD, 0xAD),
        (0x061C, 0x061C),
        (0x1680, 0x1680),
        (0x180E, 0x180E),
        (0x2000, 0x200F),
        (0x2028, 0x202F),
        (0x205F, 0x206F),
        (0x3000, 0x3000),
        (0xFEFF, 0xFEFF),
    )
    for code in range(first, last + 1)
)
"""Blank and invisible characters, which programs may drop before they look for a sign."""

_MARK = "'"
_LONGEST_CELL = 32_767
"""The most UTF-16 units that a cell of a workbook holds."""

_NOT_IN_XML = {0xFFFE: "\ufffd", 0xFFFF: "\ufffd"}
_BEFORE_A_SIGN = _BLANKS + _MARK
_SUSPECT = _SIGNS.union(_BEFORE_A_SIGN)
_NEGATIVE_NUMBER = re.compile(r"-[0-9]+(?:[.,][0-9]+)?")
_NUMBER = re.compile(r"[+-][0-9]+(?:[.,][0-9]+)?")


def defused(text: str, *, keeps_plus: bool = False) -> str:
    """Put an apostrophe before what a spreadsheet would take for a formula.

    Numbers stay as they are: `-12.50`. One with a plus does not, because a spreadsheet would strip a telephone number of
    it; `keeps_plus` leaves those alone too, for files that programs read (`+447700900123`).
    """
    if text[:1] not in _SUSPECT:
        return text
    if (_NUMBER if keeps_plus else _NEGATIVE_NUMBER).fullmatch(text) is not None:
        return text
    return f"{_MARK}{text}" if _is_dangerous(text) else text


def restored(text: str) -> str:
    """Take back the apostrophe that `defused` puts before a value, and no other."""
    if text[:1] != _MARK:
        return text
    bare = text[1:]
    is_ours = _is_dangerous(bare) and _NEGATIVE_NUMBER.fullmatch(bare) is None
    return bare if is_ours else text


def is_defused(text: str) -> bool:
    """Tell whether `defused` would put an apostrophe before a value."""
    return defused(text) is not text


def cell_text(text: str) -> str:
    """Fit a text into a cell of a workbook: not longer than it holds, and nothing that a workbook cannot hold."""
    if 2 * len(text) > _LONGEST_CELL:
        text = text.encode("utf-16-le")[: 2 * _LONGEST_CELL].decode("utf-16-le", "ignore")
    return text if text.isascii() else text.translate(_NOT_IN_XML)


def _is_dangerous(text: str) -> bool:
    rest = text.lstrip(_BEFORE_A_SIGN)
    return rest[:1] in _SIGNS or not _BREAKS.isdisjoint(text[: len(text) - len(rest)])

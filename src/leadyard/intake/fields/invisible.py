"""Characters that nobody sees and that copying and pasting leaves in values."""

import unicodedata

_RANGES = (
    (0x00AD, 0x00AD),  # soft hyphen
    (0x061C, 0x061C),  # Arabic letter mark
    (0x200B, 0x200F),  # zero-width space and joiners, left-to-right and right-to-left marks
    (0x202A, 0x202E),  # embeddings and overrides of the writing direction
    (0x2060, 0x2060),  # word joiner
    (0x2066, 0x2069),  # isolates of the writing direction
    (0xFEFF, 0xFEFF),  # byte order mark
)
_CODES = [code for first, last in _RANGES for code in range(first, last + 1)]
_DROP = dict.fromkeys(_CODES)
_INVISIBLE = "".join(map(chr, _CODES))


def without_invisible(value: str) -> str:
    """Return the value without invisible characters, trimmed."""
    return value.translate(_DROP).strip()


def trim_invisible(value: str) -> str:
    """Return the value without blanks and invisible characters at its ends; those inside stay."""
    trimmed = value.strip().strip(_INVISIBLE)
    while trimmed != value:
        value, trimmed = trimmed, trimmed.strip().strip(_INVISIBLE)
    return trimmed


def plain(value: str) -> str:
    """Return the value without invisible characters, compatibility forms (fullwidth digits and the like) made plain."""
    if value.isascii():
        return value.strip()
    return unicodedata.normalize("NFKC", without_invisible(value)).strip()

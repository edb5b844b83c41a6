"""Free text, choices and names (docs/fields.md)."""

import re
import unicodedata
from collections.abc import Callable, Sequence

from leadyard.intake.fields.invisible import trim_invisible

LONGEST_TEXT = 4000
LONGEST_NAME = 255

# Letters of Basic Latin, Latin-1 and Latin Extended-A; the two gaps are the multiplication and division signs.
_common_name = re.compile(rf"[A-Za-z\xC0-\xD6\xD8-\xF6\xF8-\u017F .'\u2019\-]{{1,{LONGEST_NAME}}}").fullmatch

# Persian and several Indian scripts spell names with the (non-)joiners, so those may stand inside a name.
_JOINERS = "\u200c\u200d"
_HYPHENS = "-\u2010\u2011"
_APOSTROPHES = "'\u2019"
_BETWEEN_LETTERS = frozenset(f".{_HYPHENS}{_APOSTROPHES}{_JOINERS}")


def normalise_text(value: str) -> str | None:
    """Return the text as sent, or None where it is longer than 4000 characters."""
    return value if len(value) <= LONGEST_TEXT else None


def normalise_name(value: str) -> str | None:
    """Letters of any script with blanks, hyphens, apostrophes and full stops; None for anything else."""
    if _common_name(value):
        return value
    if len(value) > 2 * LONGEST_NAME:
        return None
    name = trim_invisible(value)
    stored = "".join(" " if unicodedata.category(character) == "Zs" else character for character in name)
    return stored if 0 < len(stored) <= LONGEST_NAME and all(map(_is_in_names, stored)) else None


def choice_normaliser(values: Sequence[str], labels: Sequence[str]) -> Callable[[str], str | None]:
    """Return a function that finds the configured spelling of a choice; a label stands for the value in its place.

    An exact spelling wins over another case, a value over a label, the earlier over the later.
    """
    exact = {value.strip(): value.strip() for value in values if value.strip()}
    folded: dict[str, str] = {}
    for spelling, value in [*zip(values, values, strict=True), *zip(labels, values, strict=False)]:
        if spelling.strip() and value.strip():
            folded.setdefault(spelling.strip().casefold(), value.strip())

    def normalise_choice(value: str) -> str | None:
        """Return the choice as configured, or None where it is none of them."""
        return exact.get(value) or folded.get(value.strip().casefold())

    return normalise_choice


def _is_in_names(character: str) -> bool:
    return character == " " or character in _BETWEEN_LETTERS or unicodedata.category(character)[0] in "LM"

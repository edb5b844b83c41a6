"""Postcodes by country (docs/fields.md)."""

import re
from collections.abc import Callable

from leadyard.intake.fields.invisible import plain

LONGEST_WRITTEN = 40

_UK_OUTWARD = (
    r"GIR(?=[ -]*0AA)"
    r"|[A-PR-UWYZ](?:[0-9]{1,2}|[0-9][A-HJKPS-UW]|[A-HK-Y][0-9]{1,2}|[A-HK-Y][0-9][ABEHMNPRV-Y])"
)
_CANADA_LETTER = "[ABCEGHJ-NPRSTV-Z]"
_EIRCODE_LETTER = "[0-9AC-FHKNPRTV-Y]"

# Postcodes stored in two parts: the patterns of both and what stands between them.
_TWO_PARTS: dict[str, tuple[str, str, str]] = {
    **dict.fromkeys(("GB", "GG", "IM", "JE"), (_UK_OUTWARD, "[0-9][ABD-HJLNP-UW-Z]{2}", " ")),
    **dict.fromkeys(("US", "AS", "GU", "MP", "PR", "VI"), ("[0-9]{5}", "(?:[0-9]{4})?", "-")),
    "CA": (f"(?![WZ]){_CANADA_LETTER}[0-9]{_CANADA_LETTER}", f"[0-9]{_CANADA_LETTER}[0-9]", " "),
    "IE": ("[AC-FHKNPRTV-Y][0-9]{2}|D6W", f"{_EIRCODE_LETTER}{{4}}", " "),
    "NL": ("[1-9][0-9]{3}", "(?!S[ADS])[A-Z]{2}", " "),
    "PL": ("[0-9]{2}", "[0-9]{3}", "-"),
    "PT": ("[1-9][0-9]{3}", "[0-9]{3}", "-"),
    "SE": ("[1-9][0-9]{2}", "[0-9]{2}", " "),
    "BR": ("[0-9]{5}", "[0-9]{3}", "-"),
}
_ONE_PART: dict[str, str] = {
    "AU": "(?:0[289]|[1-9][0-9])[0-9]{2}",
    "DE": "(?!00)[0-9]{5}",
    "ES": "(?:0[1-9]|[1-4][0-9]|5[0-2])[0-9]{3}",
    "IN": "[1-9][0-9]{5}",
    **dict.fromkeys(("FR", "GF", "GP", "MC", "MQ", "NC", "PF", "PM", "RE", "WF", "YT"), "(?!00|99)[0-9]{5}"),
    **dict.fromkeys(("FI", "IT", "SM", "VA"), "[0-9]{5}"),
    **dict.fromkeys(("AT", "BE", "CH", "LI"), "[1-9][0-9]{3}"),
    **dict.fromkeys(("DK", "NO", "NZ", "ZA"), "[0-9]{4}"),
}
_elsewhere = re.compile(r"[0-9A-Z](?:[0-9A-Z -]{0,10}[0-9A-Z])").fullmatch
_drop_separators = re.compile(r"[\s\-\u2010-\u2015]+").sub
_squeeze_blanks = re.compile(r"\s+").sub


def postcode_normaliser(country: str) -> Callable[[str], str | None]:
    """Return a function that reads the postcodes of a country (ISO alpha-2) as people write them."""
    if country in _TWO_PARTS:
        return _reader(*_TWO_PARTS[country])
    return _reader(_ONE_PART[country], "", "") if country in _ONE_PART else _normalise_elsewhere


def _reader(first: str, second: str, between: str) -> Callable[[str], str | None]:
    joined = re.compile(f"({first})({second})").fullmatch
    is_stored_form = re.compile(rf"(?:{first})(?:{between}(?!\Z)|(?=\Z))(?:{second})").fullmatch

    def normalise_postcode(value: str) -> str | None:
        """Return the postcode in upper case with its parts set apart as is usual; None where it is not one."""
        if is_stored_form(value):
            return value
        match = joined(_drop_separators("", _upper(value)))
        return None if match is None else between.join(filter(None, match.groups()))

    return normalise_postcode


def _normalise_elsewhere(value: str) -> str | None:
    """Two to twelve letters, digits, blanks and hyphens in upper case; None for anything else."""
    postcode = _squeeze_blanks(" ", _upper(value))
    return postcode if _elsewhere(postcode) else None


def _upper(value: str) -> str:
    postcode = plain(value) if len(value) <= LONGEST_WRITTEN else ""
    # The upper case of some foreign letters is ASCII, so ASCII is asked for first.
    return postcode.upper() if postcode.isascii() else ""

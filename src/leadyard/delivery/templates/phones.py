"""Phone numbers as buyers want them written."""

import re
from functools import lru_cache

import phonenumbers

_BRITISH_MOBILE = re.compile("07[0-9]{9}")
_LONGEST = 60
_NOT_DIGITS = re.compile("[^0-9]+")


def known_region(region: str) -> bool:
    """Tell whether numbering data exist for a country code."""
    return region in phonenumbers.SUPPORTED_REGIONS


def international(text: str, region: str) -> str:
    """Write a number in E.164 (+447700900123); what is no number stays as it is."""
    # The common form skips the library, which takes fifty times as long; a property test holds both to one answer.
    if region == "GB" and _BRITISH_MOBILE.fullmatch(text):
        return "+44" + text[1:]
    return _written(text, region, phonenumbers.PhoneNumberFormat.E164)


def national(text: str, region: str) -> str:
    """Write a number as dialled at home, digits only (07700900123); what is no number stays as it is."""
    written = _written(text, region, phonenumbers.PhoneNumberFormat.NATIONAL)
    return text if written == text else _NOT_DIGITS.sub("", written)


@lru_cache(maxsize=4096)
def _written(text: str, region: str, form: int) -> str:
    if len(text) > _LONGEST:
        return text
    try:
        return phonenumbers.format_number(phonenumbers.parse(text, region), form)
    except phonenumbers.NumberParseException:
        return text

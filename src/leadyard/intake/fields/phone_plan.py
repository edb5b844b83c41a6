"""Numbering plans of countries: mobile and landline numbers by the phonenumbers library and its data.

The library takes tens of microseconds for a number. `common_form` compiles the library's own data for
a country into one regular expression that reads the usual ways to write a number and accepts nothing
that the library would refuse; whatever it does not match, the library judges.
"""

import re
from collections.abc import Iterator
from enum import Enum
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumberDesc, PhoneNumberType


class Line(Enum):
    """What a number is at the other end; a plan that cannot tell the two apart lets it pass as either."""

    MOBILE = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})
    FIXED = frozenset({PhoneNumberType.FIXED_LINE, PhoneNumberType.FIXED_LINE_OR_MOBILE})


def judged(number: str, country: str, line: Line) -> str | None:
    """Return the number in E.164 by the library's verdict, or None; `number` is digits, with a leading `+` or not."""
    try:
        parsed = phonenumbers.parse(number, country)
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.number_type(parsed) not in line.value:
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def calling_code(country: str) -> int:
    """Return the international calling code of a country (ISO alpha-2); 0 for one that has none."""
    return phonenumbers.country_code_for_region(country)


@lru_cache(maxsize=64)
def common_form(country: str, line: Line) -> re.Pattern[str] | None:
    """Return a pattern whose group `nsn` is the number within the country, or None where there is no safe one.

    There is none for a country that shares its calling code and is not the main one, since such a
    number may belong to several plans.
    """
    plan = PhoneMetadata.metadata_for_region(country, None)
    if plan is None or plan.general_desc is None or not _speaks_for_its_code(plan):
        return None
    wanted = plan.mobile if line is Line.MOBILE else plan.fixed_line
    if wanted is None or not wanted.national_number_pattern:
        return None
    heads = "|".join(_heads(plan))
    others = "".join(f"(?!{_described(other)})" for other in _ranked_before(plan))
    return re.compile(
        f"(?:{heads})(?P<nsn>(?={_described(plan.general_desc)}){others}{_described(wanted)})", re.ASCII
    )


def _speaks_for_its_code(plan: PhoneMetadata) -> bool:
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[plan.country_code or 0]
    return regions[0] == plan.id and (len(regions) == 1 or plan.leading_digits is None)


def _heads(plan: PhoneMetadata) -> Iterator[str]:
    """Yield what may stand before the national number: `+` and the code, the trunk prefix, both, or nothing."""
    code = rf"\+{plan.country_code}"
    at_home = f"(?!{plan.country_code})" + (
        f"(?!{plan.international_prefix})" if plan.international_prefix else ""
    )
    prefixes = plan.national_prefix_for_parsing
    if not prefixes:
        yield from (code, at_home)
        return
    yield from (f"{code}(?!{prefixes})", f"{at_home}(?!{prefixes})")
    trunk = plan.national_prefix
    if trunk and not plan.national_prefix_transform_rule:
        # The prefix that the library would cut, exactly as it would cut it, has to be the plain one.
        yield rf"{code}(?>{prefixes})(?<=\A\+{plan.country_code}{trunk})"
        yield rf"{at_home}(?>{prefixes})(?<=\A{trunk})"


def _ranked_before(plan: PhoneMetadata) -> Iterator[PhoneNumberDesc]:
    """Return the types that the library tries before mobile and landline."""
    ranked = (
        plan.premium_rate, plan.toll_free, plan.shared_cost, plan.voip,
        plan.personal_number, plan.pager, plan.uan, plan.voicemail,
    )  # fmt: skip
    return (desc for desc in ranked if desc is not None and desc.national_number_pattern)


def _described(desc: PhoneNumberDesc) -> str:
    lengths = "|".join(rf"[0-9]{{{length}}}" for length in desc.possible_length)
    only_lengths = rf"(?=(?:{lengths})\Z)" if lengths else ""
    return rf"{only_lengths}(?:{desc.national_number_pattern})\Z"

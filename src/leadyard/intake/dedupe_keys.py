"""Keys by which leads are found to be duplicates: digests of normalised values (docs/validation.md)."""

from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b

from leadyard.campaigns.model import Campaign, Match
from leadyard.intake.fields import STANDARD_FIELDS, DataType, email_key, phone_key

KEY_BYTES = 16

KeyMakers = Sequence[tuple[str, Callable[[str], str]]]

_PHONES = frozenset(
    {
        DataType.UK_MOBILE_NUMBER,
        DataType.UK_LANDLINE_NUMBER,
        DataType.PHONE_NUMBER,
        DataType.MOBILE_NUMBER,
        DataType.LANDLINE_NUMBER,
    }
)


def key_makers(campaign: Campaign, country: str, names: Sequence[str]) -> KeyMakers:
    """Find for each field by which rule its values are equal; `country` is where its telephone numbers belong."""
    types = {rule.name: rule.data_type for rule in campaign.fields}
    types = {**{name: rule.data_type for name, rule in STANDARD_FIELDS.items()}, **types}

    def maker(name: str) -> Callable[[str], str]:
        if types.get(name) in _PHONES:
            return lambda value: phone_key(value, country)
        if types.get(name) is DataType.EMAIL_ADDRESS:
            return email_key
        return str.casefold

    return [(name, maker(name)) for name in names]


def keys_of(makers: KeyMakers, match: Match, stored: Mapping[str, str], scope: str = "") -> tuple[bytes, ...]:
    """Work out the keys of a lead; empty values make none, and `scope` parts leads that are never duplicates."""
    parts: list[str] = []
    for name, make in makers:
        value = stored.get(name)
        if value and (key := make(value)):
            parts.append(f"{name}={key}")
    if match is Match.ALL:
        return (_digest(scope + "\x00".join(parts)),) if len(parts) == len(makers) else ()
    return tuple([_digest(scope + part) for part in parts])


def _digest(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=KEY_BYTES).digest()

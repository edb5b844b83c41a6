"""What an operator says about a field, and the errors that field rules raise."""

from enum import StrEnum

import msgspec


class DataType(StrEnum):
    """The types a field can have, by their names on the wire (docs/fields.md)."""

    TEXT = "Text"
    ALPHABETICAL = "Alphabetical"
    EMAIL_ADDRESS = "Email Address"
    DATE = "Date"
    UK_MOBILE_NUMBER = "UK Mobile Number"
    POSTCODE = "Postcode"
    UK_LANDLINE_NUMBER = "UK Landline Number"
    PHONE_NUMBER = "Phone Number"
    MOBILE_NUMBER = "Mobile Number"
    LANDLINE_NUMBER = "Landline Number"
    NUMERIC = "Numeric"
    DECIMAL = "Decimal"
    YES_NO = "Yes/No"
    URL = "URL"
    IP_ADDRESS = "IP Address"


class FieldRule(msgspec.Struct, frozen=True, kw_only=True):
    """One field of a campaign as the operator set it up (docs/fields.md).

    `selection_labels` stand for the `selection_values` in the same places. `differs_from` names another field.
    `pattern` is a regular expression in RE2 syntax that the whole stored value must match. `country` is
    an ISO 3166 alpha-2 code; None means the campaign's country. `ping` fields, and no others, go into pings. A
    `masked` value is shown as ******** to keys without the permission to see it.
    """

    name: str
    label: str
    data_type: DataType
    required: bool = False
    standard: bool = False
    selection_values: tuple[str, ...] = ()
    selection_labels: tuple[str, ...] = ()
    minimum_length: int | None = None
    maximum_length: int | None = None
    minimum_vowels: int | None = None
    minimum_consonants: int | None = None
    rejected_words: tuple[str, ...] = ()
    differs_from: str | None = None
    pattern: str | None = None
    country: str | None = None
    ping: bool = False
    masked: bool = False

    @property
    def shown_label(self) -> str:
        """The label as people read it: `_` is a blank; a field without a label shows its name."""
        return (self.label or self.name).replace("_", " ")


class FieldRuleError(ValueError):
    """A field rule that cannot work as it was set up; the text is for the operator who reads it."""


class InvalidValue(ValueError):  # noqa: N818 - a refusal in the field's words, not a fault of the program
    """A value that its field refuses; the text is complete and goes to the sender unchanged."""

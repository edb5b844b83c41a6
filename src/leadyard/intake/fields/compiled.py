"""Fields made ready to judge values: everything that can be worked out beforehand is."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date

from leadyard.intake.fields.constraints import constraints
from leadyard.intake.fields.dates import date_normaliser
from leadyard.intake.fields.email_address import normalise_email
from leadyard.intake.fields.model import DataType, FieldRule, FieldRuleError, InvalidValue
from leadyard.intake.fields.numeric import normalise_decimal, normalise_whole_number, normalise_yes_no
from leadyard.intake.fields.phone_plan import Line
from leadyard.intake.fields.phones import (
    line_normaliser,
    normalise_phone,
    normalise_uk_landline,
    normalise_uk_mobile,
)
from leadyard.intake.fields.postcodes import postcode_normaliser
from leadyard.intake.fields.texts import choice_normaliser, normalise_name, normalise_text
from leadyard.intake.fields.web import normalise_ip_address, normalise_url

Normaliser = Callable[[str], str | None]

_BIRTH_DATE = "dob"

_REFUSALS = {
    DataType.TEXT: "is too long",
    DataType.ALPHABETICAL: "is not a valid name",
    DataType.EMAIL_ADDRESS: "is not a valid email address",
    DataType.DATE: "is not a valid date",
    DataType.UK_MOBILE_NUMBER: "is not a valid UK mobile number",
    DataType.POSTCODE: "is not a valid postcode",
    DataType.UK_LANDLINE_NUMBER: "is not a valid landline number",
    DataType.PHONE_NUMBER: "is not a valid phone number",
    DataType.MOBILE_NUMBER: "is not a valid mobile number",
    DataType.LANDLINE_NUMBER: "is not a valid landline number",
    DataType.NUMERIC: "is not a valid numeric",
    DataType.DECIMAL: "is not a valid decimal",
    DataType.YES_NO: "is not a valid yes/no",
    DataType.URL: "is not a valid URL",
    DataType.IP_ADDRESS: "is not a valid IP address",
}

_EVERYWHERE: dict[DataType, Normaliser] = {
    DataType.TEXT: normalise_text,
    DataType.ALPHABETICAL: normalise_name,
    DataType.EMAIL_ADDRESS: normalise_email,
    DataType.UK_MOBILE_NUMBER: normalise_uk_mobile,
    DataType.UK_LANDLINE_NUMBER: normalise_uk_landline,
    DataType.PHONE_NUMBER: normalise_phone,
    DataType.NUMERIC: normalise_whole_number,
    DataType.DECIMAL: normalise_decimal,
    DataType.YES_NO: normalise_yes_no,
    DataType.URL: normalise_url,
    DataType.IP_ADDRESS: normalise_ip_address,
}


class CompiledField:
    """A field of one campaign, ready to judge any number of values."""

    __slots__ = (
        "_constraints",
        "_not_in_future",
        "_refusal",
        "differs_from",
        "is_simple",
        "label",
        "name",
        "normalise",
        "required",
        "required_text",
        "rule",
    )

    def __init__(self, rule: FieldRule, normalise: Normaliser, refusal: str) -> None:
        self.rule = rule
        self.name = rule.name
        self.label = rule.shown_label
        self.required = rule.required
        self.required_text = f"{self.label} is required"
        self.differs_from = rule.differs_from
        self.normalise = normalise
        self._refusal = f"{self.label} {refusal}"
        self._not_in_future = rule.name == _BIRTH_DATE and rule.data_type is DataType.DATE
        self._constraints = tuple((passes, f"{self.label} {words}") for passes, words in constraints(rule))
        self.is_simple = not (self._not_in_future or self._constraints)

    def check(self, value: str, today: date) -> str:
        """Return the value as it is stored. Raises InvalidValue, whose text is the complete error text."""
        stored = self.normalise(value)
        if stored is None:
            raise InvalidValue(self._refusal)
        if self.is_simple:
            return stored
        if self._not_in_future and stored[:10] > today.isoformat():
            raise InvalidValue(self._refusal)
        for passes, text in self._constraints:
            if not passes(stored):
                raise InvalidValue(text)
        return stored


def compile_field(rule: FieldRule, *, country: str, month_first: bool = False) -> CompiledField:
    """Return the field ready for use in a campaign of a country (ISO alpha-2) with its order of day and month.

    Raises FieldRuleError where the rule contradicts itself or its pattern is bad.
    """
    place = (rule.country or country).upper()
    if not re.fullmatch("[A-Z]{2}", place):
        raise FieldRuleError(f"{rule.shown_label}: the country is not a two-letter code: {place}")
    if any(value.strip() for value in rule.selection_values):
        choose = choice_normaliser(rule.selection_values, rule.selection_labels)
        return CompiledField(rule, choose, "is not a valid choice")
    return CompiledField(rule, _normaliser(rule.data_type, place, month_first), _REFUSALS[rule.data_type])


def _normaliser(data_type: DataType, country: str, month_first: bool) -> Normaliser:
    match data_type:
        case DataType.DATE:
            return date_normaliser(month_first=month_first)
        case DataType.POSTCODE:
            return postcode_normaliser(country)
        case DataType.MOBILE_NUMBER:
            return line_normaliser(Line.MOBILE, country)
        case DataType.LANDLINE_NUMBER:
            return line_normaliser(Line.FIXED, country)
        case _:
            return _EVERYWHERE[data_type]


def check_all(
    fields: Sequence[CompiledField], values: Mapping[str, str], today: date
) -> tuple[dict[str, str], list[str]]:
    """Return the values to store by field name, and the error texts of all bad fields in the order of the fields.

    `values` may hold more than the fields; an empty value counts as absent.
    """
    stored: dict[str, str] = {}
    errors: dict[str, str] = {}
    get = values.get
    compared = False
    for field in fields:
        value = get(field.name)
        if not value:
            if field.required:
                errors[field.name] = field.required_text
            continue
        if field.differs_from:
            compared = True
        if field.is_simple and (sound := field.normalise(value)) is not None:
            stored[field.name] = sound
            continue
        try:
            stored[field.name] = field.check(value, today)
        except InvalidValue as refusal:
            errors[field.name] = str(refusal)
    if compared:
        _compare(fields, stored, errors)
    return stored, [errors[field.name] for field in fields if field.name in errors] if errors else []


def _compare(fields: Sequence[CompiledField], stored: dict[str, str], errors: dict[str, str]) -> None:
    """Refuse values that equal the value of the field that they have to differ from."""
    same = [
        field
        for field in fields
        if field.differs_from
        and field.name in stored
        and field.differs_from in stored
        and stored[field.name].casefold() == stored[field.differs_from].casefold()
    ]
    for field in same:
        other = next(other.label for other in fields if other.name == field.differs_from)
        errors[field.name] = f"{field.label} must differ from {other}"
        del stored[field.name]

"""What a condition may be about: fields by name, and values derived from a lead."""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from enum import Enum
from types import MappingProxyType
from typing import Any

import msgspec

from leadyard.intake.fields import STANDARD_FIELDS, DataType, FieldRule
from leadyard.routing.rules.facts import ADDRESS, LANDLINE, MOBILE, OTHER, WEEKDAYS, Facts
from leadyard.routing.rules.lists import Key
from leadyard.routing.rules.model import Rule, operands_in
from leadyard.routing.rules.normal import day_of, number_of, solid_or_none, text_or_none, time_of


class Kind(Enum):
    """How values of an operand are compared."""

    TEXT = "text"
    POSTCODE = "postcode"
    NUMBER = "number"
    DATE = "date"
    TIME = "time"
    CHOICE = "choice"


class Operand(msgspec.Struct, frozen=True):
    """An operand: `read` gives a lead's value as it is compared (None or empty: there is none), `raw` as it is shown.

    `keeps` is False for values that may change between two rules, which must not be remembered. `fields` names the
    fields that the value is taken from, so that it is masked with them.
    """

    name: str
    label: str
    kind: Kind
    read: Callable[[Facts], Key | None]
    raw: Callable[[Facts], str]
    choices: tuple[str, ...] = ()
    keeps: bool = True
    fields: tuple[str, ...] = ()


KEY_OF: Mapping[Kind, Callable[[Any], Key | None]] = MappingProxyType(
    {
        Kind.TEXT: text_or_none,
        Kind.POSTCODE: solid_or_none,
        Kind.NUMBER: number_of,
        Kind.DATE: day_of,
        Kind.TIME: time_of,
        Kind.CHOICE: text_or_none,
    }
)
"""How a text becomes what operands of a kind are compared by."""

_KINDS = {
    DataType.DATE: Kind.DATE,
    DataType.POSTCODE: Kind.POSTCODE,
    DataType.NUMERIC: Kind.NUMBER,
    DataType.DECIMAL: Kind.NUMBER,
}
_PHONES = ("phone1", "phone2", "phone3")
_SUB_SUPPLIER = "ssid"
_CHANNELS = ("rest", "classic", "import", "history")


def operands_of(fields: Iterable[FieldRule]) -> dict[str, Operand]:
    """Give every operand that rules of a campaign with these fields may name, by name."""
    own = {rule.name: field_operand(rule) for rule in fields if rule.name != _SUB_SUPPLIER}
    return {**_STANDARD, **DERIVED, **own}


def priced_in(rule: Rule, operands: Mapping[str, Operand]) -> frozenset[str]:
    """Name what a rule asks of the offer; a campaign's own field of the same name is not of the offer."""
    return frozenset(name for name in PRICED & operands_in(rule) if operands.get(name) is DERIVED[name])


def field_operand(rule: FieldRule) -> Operand:
    """Make the operand of a field."""
    name, kind = rule.name, _KINDS.get(rule.data_type, Kind.TEXT)
    key_of = KEY_OF[kind]

    def raw(facts: Facts) -> str:
        return facts.fields.get(name, "")

    def read(facts: Facts) -> Key | None:
        value = facts.fields.get(name)
        return key_of(value) if value else None

    return Operand(name, rule.shown_label, kind, read, raw, fields=(name,))


def _shown(number: Decimal | None) -> str:
    return "" if number is None else f"{number:f}"


def _text(name: str, label: str, raw: Callable[[Facts], str], fields: tuple[str, ...] = ()) -> Operand:
    return Operand(name, label, Kind.TEXT, lambda facts: text_or_none(raw(facts)), raw, fields=fields)


def _number(
    name: str,
    label: str,
    read: Callable[[Facts], Decimal | None],
    *,
    keeps: bool = True,
    fields: tuple[str, ...] = (),
) -> Operand:
    return Operand(name, label, Kind.NUMBER, read, lambda facts: _shown(read(facts)), (), keeps, fields)


def _choice(
    name: str,
    label: str,
    raw: Callable[[Facts], str],
    choices: tuple[str, ...],
    fields: tuple[str, ...] = (),
) -> Operand:
    return Operand(name, label, Kind.CHOICE, lambda facts: raw(facts) or None, raw, choices, fields=fields)


def _line_operand(name: str) -> Operand:
    label = f"Type of {STANDARD_FIELDS[name].shown_label}"
    return _choice(
        f"{name}.type", label, lambda facts: facts.line_of(name), (MOBILE, LANDLINE, OTHER), (name,)
    )


def _day(facts: Facts) -> str:
    return facts.received.date().isoformat()


def _time(facts: Facts) -> str:
    return facts.received.strftime("%H:%M")


_ALL_DERIVED = (
    _number("age", "Age", lambda facts: facts.age, fields=("dob",)),
    _text("address", "Address", lambda facts: facts.address, ADDRESS),
    _choice("received.day", "Day received", lambda facts: facts.weekday, WEEKDAYS),
    Operand("received.time", "Time received", Kind.TIME, _time, _time),
    Operand("received.date", "Date received", Kind.DATE, _day, _day),
    _text("email.domain", "Email domain", lambda facts: facts.email_domain, ("email",)),
    *(_line_operand(name) for name in _PHONES),
    _text("supplier", "Supplier", lambda facts: facts.supplier),
    _text("ssid", "SSID", lambda facts: facts.ssid, (_SUB_SUPPLIER,)),
    _choice("channel", "Channel", lambda facts: facts.channel, _CHANNELS),
    _number("revenue", "Revenue", lambda facts: facts.revenue, keeps=False),
    _number("bid", "Bid", lambda facts: facts.bid, keeps=False),
)

DERIVED: Mapping[str, Operand] = MappingProxyType({operand.name: operand for operand in _ALL_DERIVED})
"""The operands that are no fields, by name; a campaign's own field of the same name comes before one."""

PRICED = frozenset({"revenue", "bid"})
"""The operands that are of an offer, not of the lead."""

_STANDARD = {name: field_operand(rule) for name, rule in STANDARD_FIELDS.items()}

"""Rules of deliveries as callers write them, as conditions that must all hold (docs/leadbyte.md, "Calls")."""

from collections.abc import Mapping, Sequence
from typing import Any

from leadyard.campaigns.model import Campaign
from leadyard.dialects.leadbyte.naming import find_member, squeeze
from leadyard.dialects.leadbyte.values import NotPlainError, UnreadableError, as_text
from leadyard.intake.fields import STANDARD_FIELDS

_MOST = 100
_OPERATORS = {
    "is": "is",
    "equals": "is",
    "isnot": "is not",
    "contains": "contains",
    "doesnotcontain": "does not contain",
    "beginswith": "begins with",
    "endswith": "ends with",
    "greater": "greater than",
    "greaterthan": "greater than",
    "less": "less than",
    "lessthan": "less than",
    "before": "before",
    "after": "after",
    "inlist": "in list",
}
_IN_LIST = "in list"


def read_rules(value: Any, campaign: Campaign) -> dict[str, Any] | None:
    """Read `[{field, operator, value}]` as the JSON of a rule; None when there are none. Raises UnreadableError."""
    if value in (None, "", []):
        return None
    items = [value] if isinstance(value, dict) else value
    if not isinstance(items, list):
        raise UnreadableError("rules must be a list")
    if len(items) > _MOST:
        raise UnreadableError(f"rules must not be more than {_MOST}")
    fields = _fields(campaign)
    return {"all": [_condition(item, f"rules[{index}]", fields) for index, item in enumerate(items)]}


def _fields(campaign: Campaign) -> dict[str, str]:
    """List the names by which a lead's values are known, own fields before standard ones."""
    own = {squeeze(rule.label): rule.name for rule in campaign.fields}
    names = {squeeze(name): name for name in (*STANDARD_FIELDS, *(rule.name for rule in campaign.fields))}
    return {**own, **names}


def _condition(item: Any, place: str, fields: Mapping[str, str]) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise UnreadableError(f"{place} must be an object")
    field = fields.get(squeeze(_text(item, "field", place)))
    if field is None:
        raise UnreadableError(f"{place}.field is not a field of the campaign")
    operator = _OPERATORS.get(squeeze(_text(item, "operator", place)))
    if operator is None:
        raise UnreadableError(f"{place}.operator is not a known operator")
    text = _text(item, "value", place)
    return {"operand": field, "operator": operator, "value": _parts(text) if operator == _IN_LIST else text}


def _parts(text: str) -> list[str]:
    lines: Sequence[str] = text.replace("\n", ",").split(",")
    return [part.strip() for part in lines if part.strip()]


def _text(item: Mapping[str, Any], name: str, place: str) -> str:
    try:
        return as_text(find_member(item, name))
    except NotPlainError:
        raise UnreadableError(f"{place}.{name} must be a text") from None

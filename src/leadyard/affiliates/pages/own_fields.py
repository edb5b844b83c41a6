"""What a form says in the account's own fields of affiliates (pure)."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from leadyard.affiliates.affiliates.inputs import LONGEST_TEXT, FieldRecord, FieldType
from leadyard.kit.errors import FieldProblem

_number = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{1,6})?", re.ASCII).fullmatch
_REQUIRED = "is required"


def form_name(field: FieldRecord) -> str:
    """Name the input of a field."""
    return f"field_{field.id}"


def read_fields(
    fields: Sequence[FieldRecord], form: Mapping[str, str]
) -> tuple[dict[str, Any], list[FieldProblem]]:
    """Read the own fields of a form: values by the fields' names, None for what was left empty, and what is wrong."""
    values: dict[str, Any] = {}
    problems: list[FieldProblem] = []
    for field in fields:
        text = form.get(form_name(field), "").strip()
        if field.field_type is FieldType.CHECKBOX:
            value, trouble = bool(text), None
            if field.required and not value:
                trouble = "must be ticked"
        elif not text:
            value, trouble = None, _REQUIRED if field.required else None
        else:
            value, trouble = _value(field, text)
        values[field.name] = value
        if trouble is not None:
            problems.append(FieldProblem(form_name(field), trouble))
    return values, problems


def _value(field: FieldRecord, text: str) -> tuple[Any, str | None]:
    if field.field_type is FieldType.NUMBER:
        if not _number(text):
            return None, "must be a number such as 12 or 12.5"
        return (float(text) if "." in text else int(text)), None
    if field.field_type is FieldType.SELECT:
        return (text, None) if text in field.options else (None, "is not one of the choices")
    if field.field_type is FieldType.DATE:
        return _date(text)
    if len(text) > LONGEST_TEXT:
        return None, f"must have at most {LONGEST_TEXT} characters"
    return text, None


def _date(text: str) -> tuple[str | None, str | None]:
    try:
        return date.fromisoformat(text).isoformat(), None
    except ValueError:
        return None, "must be a date such as 2026-11-30"

"""What an affiliate must be, beyond the types of its members."""

import re
from collections.abc import Iterable
from typing import Any

from leadyard.affiliates.affiliates.inputs import LONGEST_TEXT, AffiliateInput, FieldInput, FieldType
from leadyard.kit.documents import text_problem
from leadyard.kit.errors import FieldProblem
from leadyard.people.addresses import is_email_address

MOST_CUSTOM_FIELDS = 200

_label = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_host = re.compile(rf"(?:{_label}\.)+{_label}", re.ASCII).fullmatch


def affiliate_problems(wanted: AffiliateInput) -> list[FieldProblem]:
    """Name everything that is wrong with an affiliate, apart from what depends on others."""
    problems = [
        FieldProblem(member, "is invalid")
        for member, value in (("email", wanted.email), ("paypal_email", wanted.paypal_email))
        if value is not None and not is_email_address(value)
    ]
    if wanted.referrer_domain is not None and not _host(wanted.referrer_domain):
        problems.append(FieldProblem("referrer_domain", "must be a host name in lower case"))
    return problems + _custom_problems(wanted.custom_fields)


def _custom_problems(fields: dict[str, Any]) -> list[FieldProblem]:
    if len(fields) > MOST_CUSTOM_FIELDS:
        return [FieldProblem("custom_fields", f"must not have more than {MOST_CUSTOM_FIELDS} members")]
    return [
        FieldProblem("custom_fields", f"{name[:100]} {trouble}" if text_problem(name) is None else trouble)
        for name, value in fields.items()
        if (trouble := _custom_trouble([name, value]))
    ]


def _custom_trouble(values: Iterable[Any]) -> str | None:
    for value in values:
        if isinstance(value, str):
            trouble = text_problem(value)
            if trouble is not None:
                return trouble
            if len(value) > LONGEST_TEXT:
                return f"must have at most {LONGEST_TEXT} characters"
        elif isinstance(value, list | dict):
            return "must be a text, a number or a boolean"
    return None


def field_problems(wanted: FieldInput) -> list[FieldProblem]:
    """Name what is wrong with an own field of affiliates."""
    if wanted.field_type is FieldType.SELECT and not wanted.options:
        return [FieldProblem("options", "are needed for a select")]
    return []

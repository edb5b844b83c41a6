"""Changing the fields of a stored lead: pure, by the rules of its campaign (docs/leadbyte.md, "Calls")."""

from collections.abc import Mapping
from datetime import date

import msgspec

from leadyard.intake.fields import InvalidValue
from leadyard.intake.plan import CampaignPlan


class Edit(msgspec.Struct, frozen=True):
    """What an edit comes to: all fields as they are then, what was stored ("" = cleared), a text per refusal."""

    fields: dict[str, str]
    stored: dict[str, str]
    warnings: list[str]


def edited(plan: CampaignPlan, fields: Mapping[str, str], changes: Mapping[str, str], today: date) -> Edit:
    """Check each new value by its field; one that is refused leaves its field as it was."""
    rules = {field.name: field for field in plan.fields} | dict(plan.always)
    stored: dict[str, str] = {}
    warnings: list[str] = []
    for name, value in changes.items():
        rule = rules.get(name)
        if rule is None:
            warnings.append(f"{name} is not a field of the campaign")
        elif value.strip():
            try:
                stored[name] = rule.check(value, today)
            except InvalidValue as refusal:
                warnings.append(str(refusal))
        elif rule.required:
            warnings.append(rule.required_text)
        else:
            stored[name] = ""
    _compare(plan, fields, stored, warnings)
    return Edit(_merged(fields, stored), stored, warnings)


def _merged(fields: Mapping[str, str], stored: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in {**fields, **stored}.items() if value}


def _compare(
    plan: CampaignPlan, fields: Mapping[str, str], stored: dict[str, str], warnings: list[str]
) -> None:
    """Refuse new values by which two fields that have to differ would be equal."""
    labels = {field.name: field.label for field in plan.fields}
    for field in plan.fields:
        other = field.differs_from
        merged = _merged(fields, stored)
        if not other or merged.get(field.name, "").casefold() != merged.get(other, "").casefold():
            continue
        changed = [name for name in (field.name, other) if stored.get(name)]
        if changed and merged.get(field.name):
            warnings.append(f"{field.label} must differ from {labels[other]}")
            for name in changed:
                del stored[name]

"""Duplicates that a campaign looks for outside itself: other campaigns and suppression lists (docs/validation.md)."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from leadyard.campaigns.checks import KEYED
from leadyard.campaigns.model import Dedupe, Match
from leadyard.intake.fields import email_key, phone_key
from leadyard.intake.providers.store import Elsewhere
from leadyard.intake.store import cutoff
from leadyard.suppression.model import Holds, SuppressionList


def window_of(dedupe: Dedupe) -> timedelta | None:
    """Tell for how long a lead keeps others out; None is for ever."""
    return None if dedupe.window_hours is None else timedelta(hours=dedupe.window_hours)


def wanted_elsewhere(
    dedupe: Dedupe, stored: Mapping[str, str], supplier_id: int | None, country: str, now: datetime
) -> Elsewhere | None:
    """Work out which leads of other campaigns would make this one a duplicate; None when none could."""
    together = dedupe.match is Match.ALL
    if not (dedupe.campaigns or dedupe.suppression_campaigns):
        return None
    if together and not all(stored.get(name) for name in dedupe.fields):
        return None
    search = tuple(_key(name, stored, country) if name in dedupe.fields else None for name in KEYED)
    others = [name for name in dedupe.fields if name not in KEYED] if together else []
    return Elsewhere(
        dedupe.campaigns,
        dedupe.suppression_campaigns,
        cutoff(window_of(dedupe), now),
        supplier_id,
        dedupe.per_supplier,
        search,
        together,
        {name: stored[name].lower() for name in others},
    )


def suppressible(
    dedupe: Dedupe, lists: Mapping[int, SuppressionList], stored: Mapping[str, str]
) -> list[tuple[int, str]]:
    """List what is looked for on which suppression list: the fields of the dedupe that a list can hold."""
    sought = []
    for list_id in dedupe.suppression_lists:
        known = lists.get(list_id)
        if known is not None:
            names = [name for name in dedupe.fields if stored.get(name) and _fits(known.settings.holds, name)]
            sought += [(list_id, stored[name]) for name in names]
    return sought


def _fits(holds: Holds, name: str) -> bool:
    if holds in {Holds.EMAIL, Holds.DOMAIN}:
        return "email" in name
    if holds is Holds.PHONE:
        return "phone" in name or "mobile" in name
    return True


def _key(name: str, stored: Mapping[str, str], country: str) -> str | None:
    value = stored.get(name)
    if not value:
        return None
    return (email_key(value) if name == "email" else phone_key(value, country)) or None

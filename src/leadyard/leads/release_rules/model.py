"""The values of release rules, and when a lead's time has come."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from enum import Enum
from typing import Annotated

import msgspec
from msgspec import Meta

from leadyard.campaigns.inputs import Id, Name
from leadyard.campaigns.model import Status
from leadyard.kit.errors import FieldProblem
from leadyard.leads.jobs.throttle import MOST_PER_MINUTE
from leadyard.leads.reading import LeadFacts
from leadyard.routing.rules import Rule

_YEAR_MINUTES = 525_600
_DAY_MINUTES = 24 * 60


class ReleaseSettings(msgspec.Struct, frozen=True):
    """What a release rule does with the leads that match `rule` (without one: with all).

    A lead's time runs from when it was put aside last. One that is due for both is rejected.
    """

    rule: Rule | None = None
    release_after_minutes: (
        Annotated[int, Meta(ge=1, le=_YEAR_MINUTES, description="Released so long after it was put aside.")]
        | None
    ) = None
    reject_after_days: (
        Annotated[int, Meta(ge=1, le=3650, description="Rejected when it still lies there after so long.")]
        | None
    ) = None
    per_minute: Annotated[
        int, Meta(ge=1, le=MOST_PER_MINUTE, description="At most so many leads in any sixty seconds.")
    ] = 60

    @property
    def release_after(self) -> timedelta | None:
        """Tell how long a lead lies before it is released; None for never."""
        return None if self.release_after_minutes is None else timedelta(minutes=self.release_after_minutes)

    @property
    def reject_after(self) -> timedelta | None:
        """Tell how long a lead lies before it is rejected; None for never."""
        return None if self.reject_after_days is None else timedelta(days=self.reject_after_days)

    @property
    def shortest_wait(self) -> timedelta:
        """Tell how long nothing at all happens to a lead."""
        return min(wait for wait in (self.release_after, self.reject_after) if wait is not None)


class ReleaseRuleInput(msgspec.Struct, frozen=True, kw_only=True):
    """A rule by which leads leave a campaign's quarantine by themselves."""

    campaign_id: Id
    name: Name
    status: Status = Status.ACTIVE
    settings: ReleaseSettings


class ReleaseRuleRecord(ReleaseRuleInput, frozen=True, kw_only=True):
    """A release rule as it stands."""

    id: int
    created_at: datetime
    updated_at: datetime


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """What a release rule has done so far: leads that it let in or that were refused at the door, and rejected ones.

    A batch that a crash cut short is not counted; the leads' own history is what tells for certain.
    `stayed` counts tries that left a lead where it was, as no check answered. `pass_started_at` is when it began to
    look at the quarantine from the first lead on, `looked_to` the lead that it has come to, `due_at` when it goes on.
    """

    released: int
    rejected: int
    stayed: int
    pass_started_at: datetime
    looked_to: int
    due_at: datetime
    last_error: str | None


class HeldFacts(LeadFacts, frozen=True):
    """A quarantined lead as rules see it; `held_since` is when it was put aside last."""

    held_since: datetime


class Fate(Enum):
    """What a release rule does with a lead."""

    RELEASE = "release"
    REJECT = "reject"


class Chosen(msgspec.Struct, frozen=True):
    """What a rule decided of leads in order of id; `looked_to` is the last one that it looked at, 0 for none.

    `at_end` tells that none was left behind it.
    """

    release: list[int]
    reject: list[int]
    looked_to: int
    at_end: bool


def settings_problems(settings: ReleaseSettings) -> list[FieldProblem]:
    """Name what is wrong with a rule's times."""
    minutes, days = settings.release_after_minutes, settings.reject_after_days
    if minutes is None and days is None:
        return [FieldProblem("settings.release_after_minutes", "or reject_after_days is needed")]
    if minutes is not None and days is not None and minutes >= days * _DAY_MINUTES:
        return [FieldProblem("settings.reject_after_days", "must be later than release_after_minutes")]
    return []


def fate(settings: ReleaseSettings, held_since: datetime, now: datetime) -> Fate | None:
    """Tell what is due for a lead that a rule matches; None while its time runs."""
    held_for = now - held_since
    if settings.reject_after is not None and held_for >= settings.reject_after:
        return Fate.REJECT
    if settings.release_after is not None and held_for >= settings.release_after:
        return Fate.RELEASE
    return None


def choose(
    settings: ReleaseSettings,
    leads: Iterable[HeldFacts],
    matches: Callable[[HeldFacts], bool],
    most: int,
    now: datetime,
    *,
    was_last: bool,
) -> Chosen:
    """Pick at most so many leads whose time has come; `was_last` tells that there are none behind these."""
    found: dict[Fate, list[int]] = {Fate.RELEASE: [], Fate.REJECT: []}
    looked_to, taken = 0, 0
    for lead in leads:
        if taken == most:
            return Chosen(found[Fate.RELEASE], found[Fate.REJECT], looked_to, at_end=False)
        looked_to = lead.id
        due = fate(settings, lead.held_since, now)
        if due is not None and matches(lead):
            found[due].append(lead.id)
            taken += 1
    return Chosen(found[Fate.RELEASE], found[Fate.REJECT], looked_to, at_end=was_last)

"""The values of jobs."""

from datetime import datetime
from enum import IntEnum, StrEnum

import msgspec

from leadyard.identity.model import ApiKey, KeyKind, KeySettings, Principal
from leadyard.leads.jobs.throttle import pause_after
from leadyard.leads.reading import LeadFilter
from leadyard.routing.rules import Rule

AUTOMATIC = "automatic release"


class JobKind(StrEnum):
    """What is done with each lead."""

    REPROCESS = "reprocess"
    RELEASE = "release"
    REJECT = "reject"


class JobState(IntEnum):
    """How a job stands."""

    ACTIVE = 0
    DONE = 1
    CANCELLED = 2


class Author(msgspec.Struct, frozen=True):
    """Whose key made a job, with what it may see; id 0 is the system."""

    key_id: int = 0
    reference: str = AUTOMATIC
    supplier_id: int | None = None
    buyer_id: int | None = None

    @classmethod
    def of(cls, principal: Principal) -> "Author":
        """Take the holder of a key as the author."""
        key = principal.key
        return cls(key.id, key.reference, key.supplier_id, key.buyer_id)

    def principal(self, account_id: int) -> Principal:
        """Act as the author; whether it was allowed was checked when the job was made."""
        key = ApiKey(
            self.key_id,
            KeyKind.ADMINISTRATOR,
            self.reference,
            "",
            KeySettings(),
            self.supplier_id,
            self.buyer_id,
        )
        return Principal(account_id, key)


class JobOrder(msgspec.Struct, frozen=True):
    """Which leads, how many of them a minute, and on whose behalf; with a rule only those that match it."""

    wanted: LeadFilter
    per_minute: int
    author: Author = Author()
    rule: Rule | None = None


class Job(msgspec.Struct, frozen=True):
    """A job; `cursor` is the last lead that was looked at, `total` what its filter found when it was made.

    `skipped` counts the leads that its rule left out.
    """

    account_id: int
    id: int
    kind: JobKind
    order: JobOrder
    state: JobState
    cursor: int
    total: int
    done: int
    failed: int
    skipped: int
    due_at: datetime
    made_by: str
    created_at: datetime
    updated_at: datetime
    last_error: str | None


class Step(msgspec.Struct, frozen=True):
    """What one batch came to: how many leads it took on, how many of them could not be done, and the others.

    `last_id` is the last lead that it looked at; None when there was none left.
    """

    taken: int
    failed: int
    skipped: int
    last_id: int | None


def after(job: Job, step: Step, now: datetime) -> Job:
    """Tell how a job stands after a batch: done when the batch found nothing, else due when the throttle allows."""
    if step.last_id is None:
        return msgspec.structs.replace(job, state=JobState.DONE, updated_at=now, last_error=None)
    return msgspec.structs.replace(
        job,
        cursor=step.last_id,
        done=job.done + step.taken - step.failed,
        failed=job.failed + step.failed,
        skipped=job.skipped + step.skipped,
        due_at=now + pause_after(step.taken, job.order.per_minute),
        updated_at=now,
        last_error=None,
    )

"""The values of jobs."""

from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

import msgspec

from leadyard.identity.model import ApiKey, KeyKind, KeySettings, Principal
from leadyard.leads.reading import LeadFilter

MOST_PER_MINUTE = 60_000
_LARGEST_BATCH = 200
_BATCHES_PER_MINUTE = 12
AUTOMATIC = "automatic release"


class JobKind(StrEnum):
    """What is done with each lead."""

    REPROCESS = "reprocess"
    RELEASE = "release"


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
    """Which leads, how many of them a minute, and on whose behalf."""

    wanted: LeadFilter
    per_minute: int
    author: Author = Author()


class Job(msgspec.Struct, frozen=True):
    """A job; `cursor` is the last lead that was dealt with, `total` what it found when it was made."""

    account_id: int
    id: int
    kind: JobKind
    order: JobOrder
    state: JobState
    cursor: int
    total: int
    done: int
    failed: int
    due_at: datetime
    made_by: str
    created_at: datetime
    updated_at: datetime
    last_error: str | None


class Step(msgspec.Struct, frozen=True):
    """What one batch came to: the leads it took on, in order, and how many of them could not be done."""

    lead_ids: list[int]
    failed: int


def batch_size(per_minute: int) -> int:
    """Tell how many leads a batch takes, so that a throttled job comes often and in small steps."""
    return max(1, min(_LARGEST_BATCH, per_minute // _BATCHES_PER_MINUTE))


def after(job: Job, step: Step, now: datetime) -> Job:
    """Tell how a job stands after a batch: done when the batch found nothing, else due when the throttle allows."""
    if not step.lead_ids:
        return msgspec.structs.replace(job, state=JobState.DONE, updated_at=now, last_error=None)
    pause = timedelta(seconds=60 * len(step.lead_ids) / job.order.per_minute)
    return msgspec.structs.replace(
        job,
        cursor=step.lead_ids[-1],
        done=job.done + len(step.lead_ids) - step.failed,
        failed=job.failed + step.failed,
        due_at=now + pause,
        updated_at=now,
        last_error=None,
    )

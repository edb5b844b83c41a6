"""Jobs in the own API: distributing or releasing many leads, with a preview and a throttle."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from leadyard.identity.model import Permission
from leadyard.kit.errors import ConflictError
from leadyard.leads.api.inputs import Id, Moment
from leadyard.leads.api.records import SaleWord
from leadyard.leads.jobs.model import Job, JobKind, JobState
from leadyard.leads.jobs.service import Jobs
from leadyard.leads.jobs.throttle import MOST_PER_MINUTE
from leadyard.leads.model import SaleStatus
from leadyard.leads.reading import LeadFilter
from leadyard.own_api.operation import Answer, Call, Handler, Operation, PageSize, Parameter, Section
from leadyard.routing.rules import Rule

StateWord = Literal["active", "done", "cancelled"]
KindWord = Literal["reprocess", "release", "reject"]
PerMinute = Annotated[int, Meta(ge=1, le=MOST_PER_MINUTE, description="At most so many leads a minute.")]


class ReprocessFilter(msgspec.Struct, frozen=True):
    """Which valid leads; what is absent is no condition."""

    campaign_id: Id | None = None
    supplier_id: Id | None = None
    sale_status: SaleWord | None = None
    received_from: Moment | None = None
    received_to: Moment | None = None


class ReleaseFilter(msgspec.Struct, frozen=True):
    """Which quarantined leads; what is absent is no condition."""

    campaign_id: Id | None = None
    supplier_id: Id | None = None
    received_from: Moment | None = None
    received_to: Moment | None = None


class NewReprocess(msgspec.Struct, frozen=True):
    """Valid leads that are to be distributed again; a rule needs a filter with a campaign."""

    filter: ReprocessFilter = ReprocessFilter()
    rule: Rule | None = None
    per_minute: PerMinute = 600


class NewRelease(msgspec.Struct, frozen=True):
    """Quarantined leads that are to be released; a rule needs a filter with a campaign."""

    filter: ReleaseFilter = ReleaseFilter()
    rule: Rule | None = None
    per_minute: PerMinute = 600


class NewReject(NewRelease, frozen=True):
    """Quarantined leads that are to be refused for good; a rule needs a filter with a campaign."""


class LeadCount(msgspec.Struct, frozen=True, omit_defaults=True):
    """How many leads a job would take on; with `is_at_least` only the first 100,000 were tried on its rule."""

    count: int
    is_at_least: bool = False


class JobRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A job: `total` leads in its filter when it was made; `done`, `failed` and left out by its rule so far."""

    id: int
    kind: KindWord
    state: StateWord
    filter: dict[str, Any]
    rule: Rule | None
    per_minute: int
    total: int
    done: int
    failed: int
    skipped: int
    due_at: datetime
    made_by: str
    created_at: datetime
    updated_at: datetime
    last_error: str | None


class JobPage(msgspec.Struct, frozen=True):
    """Jobs by falling id; `next_before` is the `before` of the next page, null on the last one."""

    items: list[JobRecord]
    next_before: int | None


class Handlers:
    """What the operations on jobs do."""

    def __init__(self, jobs: Jobs) -> None:
        """Answer by this process's use cases."""
        self._jobs = jobs

    def preview(self, kind: JobKind) -> Handler:
        """Count what a job of a kind would take on."""

        async def handle(call: Call) -> Answer:
            wanted = _filter_of(call.body.filter)
            found = await self._jobs.preview(call.principal, kind, wanted, call.body.rule)
            return Answer(LeadCount(found.count, found.is_at_least))

        return handle

    def start(self, kind: JobKind) -> Handler:
        """Make a job of a kind."""

        async def handle(call: Call) -> Answer:
            wanted = _filter_of(call.body.filter)
            job = await self._jobs.start(call.principal, kind, wanted, call.body.per_minute, call.body.rule)
            return Answer(_record(job), location=f"/jobs/{job.id}")

        return handle

    async def search(self, call: Call) -> Answer:
        """List jobs."""
        state, kind, most = call.query["state"], call.query["kind"], call.query["per_page"]
        found = await self._jobs.page(
            call.account_id,
            state=None if state is None else JobState[state.upper()],
            kind=None if kind is None else JobKind(kind),
            before_id=call.query["before"],
            most=most,
        )
        return Answer(JobPage(list(map(_record, found)), found[-1].id if len(found) == most else None))

    async def read(self, call: Call) -> Answer:
        """Show a job."""
        return Answer(_record(await self._jobs.read(call.account_id, call.id())))

    async def cancel(self, call: Call) -> Answer:
        """End a job."""
        if not await self._jobs.cancel(call.account_id, call.id()):
            raise ConflictError("state", "cannot be changed: the job is over")
        return await self.read(call)


def _filter_of(wanted: ReprocessFilter | ReleaseFilter) -> LeadFilter:
    members = msgspec.structs.asdict(wanted)
    word = members.get("sale_status")
    if word is not None:
        members["sale_status"] = SaleStatus[word.upper()]
    return LeadFilter(**members)


def _record(job: Job) -> JobRecord:
    wanted = job.order.wanted
    shown: dict[str, Any] = {
        "campaign_id": wanted.campaign_id,
        "supplier_id": wanted.supplier_id,
        "sale_status": None if wanted.sale_status is None else wanted.sale_status.name.title(),
        "received_from": wanted.received_from,
        "received_to": wanted.received_to,
    }
    return JobRecord(
        id=job.id,
        kind=job.kind.value,
        state=_word(job.state),
        filter={name: value for name, value in shown.items() if value is not None},
        rule=job.order.rule,
        per_minute=job.order.per_minute,
        total=job.total,
        done=job.done,
        failed=job.failed,
        skipped=job.skipped,
        due_at=job.due_at,
        made_by=job.made_by,
        created_at=job.created_at,
        updated_at=job.updated_at,
        last_error=job.last_error,
    )


_RULE = {"operand": "age", "operator": "at least", "value": 25}
_VERBS = {
    JobKind.REPROCESS: "Distribute many leads again",
    JobKind.RELEASE: "Release many quarantined leads",
    JobKind.REJECT: "Reject many quarantined leads",
}
_EFFECTS = {
    JobKind.REPROCESS: "Queues each lead that the filter and the rule let through for the deliveries that have not taken it.",
    JobKind.RELEASE: "Releases each lead that the filter and the rule let through, as a release by hand would.",
    JobKind.REJECT: "Rejects each lead that the filter and the rule let through, for good.",
}
_COUNTS = {
    JobKind.REPROCESS: "Counts the leads that would be queued, at most as many as a job takes; nothing is changed.",
    JobKind.RELEASE: "Counts the leads that a release would look at; caps and duplicates are looked at only then.",
    JobKind.REJECT: "Counts the leads that would be refused for good; nothing is changed.",
}


def _word(state: JobState) -> Any:
    return state.name.lower()


def section(jobs: Jobs) -> Section:
    """Make the section of jobs."""
    do = Handlers(jobs)
    kinds = (
        (JobKind.REPROCESS, "/leads/reprocess", "Reprocess", NewReprocess, Permission.LEADS_REPROCESS),
        (JobKind.RELEASE, "/quarantine/release", "Release", NewRelease, Permission.QUARANTINE_PROCESS),
        (JobKind.REJECT, "/quarantine/reject", "Reject", NewReject, Permission.QUARANTINE_PROCESS),
    )
    made: list[Operation] = []
    for kind, path, name, body, permission in kinds:
        verb = _VERBS[kind]
        made += [
            Operation(
                method="POST", path=path, id=f"start{name}", summary=verb, handler=do.start(kind),
                description=f"{_EFFECTS[kind]} As a job in the background; leads that come in later are no part of it.",
                permission=permission, status=201, body=body, answer=JobRecord,
                example={"filter": {"campaign_id": 12}, "rule": _RULE, "per_minute": 120},
            ),
            Operation(
                method="POST", path=f"{path}/preview", id=f"preview{name}",
                summary=f"{verb}: how many it would be", description=_COUNTS[kind], handler=do.preview(kind),
                permission=permission,
                body=body, answer=LeadCount, example={"filter": {"campaign_id": 12}},
            ),
        ]  # fmt: skip
    return Section(
        "Jobs",
        "Work on many leads, done in the background in batches; it goes on after a restart.",
        (*made, *_on_jobs(do)),
    )


def _on_jobs(do: Handlers) -> tuple[Operation, ...]:
    return (
        Operation(
            method="GET", path="/jobs", id="listJobs", summary="List jobs",
            description="By falling id, with the progress of each; the next page is asked for with `before`.",
            handler=do.search, permission=Permission.SETUP_READ, answer=JobPage,
            parameters=(
                Parameter("state", StateWord, "Only jobs that stand so."),
                Parameter("kind", KindWord, "Only jobs of this kind."),
                Parameter("before", Id, "Only jobs with a smaller id."),
                Parameter("per_page", PageSize, "How many jobs on a page.", 50),
            ),
        ),
        Operation(
            method="GET", path="/jobs/{id}", id="readJob", summary="Read a job", handler=do.read,
            description="Its state, how many leads it is about, how many are done, skipped and failed, and its last "
            "error.",
            permission=Permission.SETUP_READ, answer=JobRecord,
        ),
        Operation(
            method="POST", path="/jobs/{id}/cancel", id="cancelJob", summary="Cancel a job",
            description="After the batch under way; what was done stays done.", handler=do.cancel,
            permission=Permission.SETUP_WRITE, answer=JobRecord,
        ),
    )  # fmt: skip

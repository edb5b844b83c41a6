"""Submits a lead into another campaign of its account, once for each attempt whatever dies in between."""

import time
from collections.abc import Awaitable, Callable, Mapping

import asyncpg
import msgspec
from msgspec import structs

from leadyard.delivery.filling import fill
from leadyard.delivery.kinds import TransferSettings
from leadyard.delivery.model import REQUEST_TEXT_LIMIT, Outcome, Verdict
from leadyard.delivery.sending import Sending
from leadyard.delivery.templates import TemplateError
from leadyard.delivery.transports.transfer import store
from leadyard.delivery.transports.transfer.store import Arrived
from leadyard.intake.model import ACCEPTED, IntakeResult, Reading, Submission
from leadyard.kit import clock
from leadyard.kit.errors import UnavailableError
from leadyard.kit.ids import new_uuid
from leadyard.leads import events
from leadyard.leads.model import Channel, SystemStatus
from leadyard.storage.database import Database

MOST_TRANSFERS = 5
"""How many transfers one person's lead may make, one after the other."""

TRANSFERRED_TO = "transferred to"
TRANSFERRED_FROM = "transferred from"

Submit = Callable[[Submission], Awaitable[IntakeResult]]
"""The intake: judges and commits a submission; one whose UUID is stored already raises UniqueViolationError."""


class TransferTransport:
    """Carries leads from campaign to campaign."""

    def __init__(self, database: Database, submit: Submit) -> None:
        """Share the process's database and intake."""
        self._database = database
        self._submit = submit

    async def deliver(self, sending: Sending, values: Mapping[str, str]) -> Verdict:
        """Submit one lead and take the intake's answer as the buyer's.

        An attempt that is taken up again after a crash finds its lead by the claimed UUID instead of submitting
        another. `unknown` when the database went away meanwhile.
        """
        settings = sending.delivery.settings.transfer
        if settings is None:
            return Verdict(Outcome.ERROR, "the delivery names no campaign")
        started = time.perf_counter()
        try:
            mapped = mapped_fields(settings, values)
            verdict = await self._transfer(sending, settings, mapped)
        except TemplateError as error:
            return Verdict(Outcome.ERROR, str(error))
        except (UnavailableError, asyncpg.PostgresError) as error:
            return Verdict(Outcome.UNKNOWN, f"The lead may be in the other campaign: {error}")
        return structs.replace(
            verdict,
            request_text=msgspec.json.encode(mapped).decode()[:REQUEST_TEXT_LIMIT],
            elapsed_ms=round((time.perf_counter() - started) * 1000),
        )

    async def _transfer(
        self, sending: Sending, settings: TransferSettings, mapped: dict[str, str]
    ) -> Verdict:
        job = sending.job
        async with self._database.connection() as connection:
            behind = await store.campaigns_so_far(connection, job.account_id, job.lead_id, MOST_TRANSFERS)
        if settings.campaign_id in behind:
            return Verdict(Outcome.ERROR, "The lead has come through that campaign already")
        if len(behind) > MOST_TRANSFERS:
            return Verdict(Outcome.ERROR, f"The lead has been transferred {MOST_TRANSFERS} times")
        async with self._database.unit_of_work() as connection:
            uuid = await store.claim(
                connection, job.account_id, job.lead_id, sending.number, sending.delivery.id, new_uuid()
            )
        async with self._database.connection() as connection:
            arrived = await store.arrived(connection, job.account_id, uuid)
        if arrived is None:
            submission = submission_of(sending, settings, mapped)
            submission.uuid = uuid
            try:
                result = await self._submit(submission)
            except asyncpg.UniqueViolationError:
                # Whoever had this attempt before was not dead: its submission of the same lead came first.
                async with self._database.connection() as connection:
                    arrived = await store.arrived(connection, job.account_id, uuid)
            else:
                arrived = Arrived(result.lead_id or 0, result.code, result.errors, result.system_status)
        if arrived is None:
            return Verdict(Outcome.UNKNOWN, "The lead may be in the other campaign")
        if arrived.lead_id:
            await self._link(sending, settings, arrived.lead_id)
        return verdict_of(arrived)

    async def _link(self, sending: Sending, settings: TransferSettings, target_id: int) -> None:
        """Write into the history of both leads where the one went and the other came from."""
        job, now = sending.job, clock.now()
        actor = f"delivery {sending.delivery.id}"
        async with self._database.unit_of_work() as connection:
            if await store.link(connection, job.account_id, job.lead_id, sending.number, target_id):
                told = {job.lead_id: f"campaign {settings.campaign_id}, lead {target_id}"}
                await events.record(connection, job.account_id, now, TRANSFERRED_TO, told, actor)
                told = {target_id: f"campaign {job.campaign_id}, lead {job.lead_id}"}
                await events.record(connection, job.account_id, now, TRANSFERRED_FROM, told, actor)


def mapped_fields(settings: TransferSettings, values: Mapping[str, str]) -> dict[str, str]:
    """Give the lead's values as the other campaign names them; raises UnfitValueError."""
    if not settings.fields:
        return {name: value for name, value in values.items() if "." not in name}
    return {field.name: fill(field.value, values) for field in settings.fields}


def submission_of(sending: Sending, settings: TransferSettings, mapped: Mapping[str, str]) -> Submission:
    """Make the submission: its own duplicates, caps and fields decide in the other campaign."""
    job, setup = sending.job, sending.setup
    sid = settings.sid
    if settings.supplier == "keep" and job.supplier_id is not None:
        supplier = setup.suppliers.get(job.supplier_id)
        sid = "" if supplier is None else supplier.sid
    target = setup.campaigns.get(settings.campaign_id)
    return Submission(
        job.account_id,
        None,
        str(settings.campaign_id) if target is None else target.reference,
        sid,
        job.fields.get("ssid", "") if settings.supplier == "keep" else "",
        Channel.TRANSFER,
        False,
        clock.now(),
        lambda _: Reading({name: value for name, value in mapped.items() if name != "sid"}, {}),
    )


def verdict_of(arrived: Arrived) -> Verdict:
    """Take the intake's answer as a buyer's; a lead that is put aside there counts as accepted."""
    if arrived.code == ACCEPTED:
        held = " (quarantined)" if arrived.status is SystemStatus.QUARANTINED else ""
        return Verdict(
            Outcome.ACCEPT,
            f"Accepted as lead {arrived.lead_id}{held}",
            arrived.code,
            buyer_reference=str(arrived.lead_id),
        )
    return Verdict(Outcome.REJECT, "; ".join(arrived.errors)[:500] or f"code {arrived.code}", arrived.code)

"""Rows that are leads: judged and committed as posted ones are."""

from collections.abc import Sequence
from uuid import UUID

from leadyard.campaigns.configuration import AccountSetup
from leadyard.imports.files.model import ImportFileError
from leadyard.imports.mapping import ImportRow
from leadyard.imports.model import TAKEN, TAKEN_BEFORE, ImportOrder, ImportRun, Outcome
from leadyard.intake.model import ACCEPTED, Reading, StoredResult, Submission
from leadyard.intake.plan import CampaignPlan, Plans
from leadyard.intake.service import Intake
from leadyard.kit import clock
from leadyard.leads.model import Channel

SUPPLIER_COLUMNS = ("sid", "ssid")
_SURELY_FRESH = 3
"""After more chunks without any row of an earlier run than it can have had in flight, there are no more of them."""


class LeadTaker:
    """Takes leads into one campaign."""

    chunk = 512
    is_ordered = False
    keeps_empty = False

    def __init__(
        self, intake: Intake, plan: CampaignPlan, run: ImportRun, own_supplier_id: int | None = None
    ) -> None:
        """Take the intake that commits; whoever has a supplier of its own brings leads of that one alone."""
        self._intake = intake
        self._plan = plan
        self._run = run
        own = None if own_supplier_id is None else plan.setup.suppliers.get(own_supplier_id)
        self._own_sid = "" if own is None else own.sid
        self._fresh_chunks = 0

    def known(self) -> list[tuple[str, str]]:
        """List the campaign's fields and the columns of suppliers."""
        return [*self._plan.names, *((name, name) for name in SUPPLIER_COLUMNS)]

    async def take(self, rows: Sequence[ImportRow]) -> list[Outcome]:
        """Judge rows and commit them as one batch where that can be."""
        if self._run.order.is_trial:
            verdicts = [await self._intake.judge(self._submission(row, None)) for row in rows]
            return [_outcome(verdict.code, verdict.errors) for verdict in verdicts]
        uuids = [row_uuid(self._run.digest, row.number) for row in rows]
        stored = await self._stored(uuids)
        fresh = [(row, uuid) for row, uuid in zip(rows, uuids, strict=True) if uuid not in stored]
        results = await self._intake.submit_many([self._submission(row, uuid) for row, uuid in fresh])
        outcomes = {
            uuid: _outcome(result.code, result.errors)
            for (_, uuid), result in zip(fresh, results, strict=True)
        }
        outcomes |= {uuid: self._outcome_before(one) for uuid, one in stored.items()}
        return [outcomes[uuid] for uuid in uuids]

    async def _stored(self, uuids: Sequence[UUID]) -> dict[UUID, StoredResult]:
        """Find the rows that an earlier run took: they come first, but for chunks that it had in flight."""
        if self._fresh_chunks > _SURELY_FRESH or not uuids:
            return {}
        stored = await self._intake.results_of(self._run.account_id, uuids)
        self._fresh_chunks = 0 if stored else self._fresh_chunks + 1
        return stored

    def _outcome_before(self, stored: StoredResult) -> Outcome:
        if stored.received_at < self._run.since:
            return TAKEN_BEFORE
        return _outcome(stored.code, stored.errors)

    def _submission(self, row: ImportRow, uuid: UUID | None) -> Submission:
        values, order = row.values, self._run.order
        return Submission(
            account_id=self._run.account_id,
            principal=None,
            campaign=order.campaign,
            sid=self._own_sid or values.get("sid") or order.sid,
            ssid=values.get("ssid", ""),
            channel=Channel.IMPORT,
            is_test=False,
            received_at=clock.now(),
            read=lambda _: Reading(dict(values), {}),
            uuid=uuid,
        )


def plan_of(setup: AccountSetup, plans: Plans, order: ImportOrder) -> CampaignPlan:
    """Find the campaign that leads go to; raises ImportFileError."""
    campaign = setup.campaign(order.campaign)
    if campaign is None:
        raise ImportFileError(f"There is no campaign {order.campaign}")
    return plans.of(setup, campaign)


def row_uuid(digest: bytes, number: int) -> UUID:
    """Give a row's lead its UUID (version 8): the same at every run of the same import, in the order of the rows."""
    value = int.from_bytes(digest[:8], "big") << 64 | number << 30 | int.from_bytes(digest[8:12], "big") >> 2
    value = value & ~(0xF << 76) | 0x8 << 76
    return UUID(int=value & ~(0x3 << 62) | 0x2 << 62)


def _outcome(code: int, errors: Sequence[str]) -> Outcome:
    return TAKEN if code == ACCEPTED else Outcome(code=code, reasons=tuple(errors))

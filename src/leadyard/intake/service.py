"""The intake: judges a submission and commits it together with whatever else is waiting."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from leadyard.campaigns.configuration import AccountSetup, Configuration
from leadyard.delivery.notices import tell_of_caps
from leadyard.identity.model import InvalidKeyError, Permission, Principal
from leadyard.intake import store
from leadyard.intake.batch import Candidate, Settlement, contenders, row_of, settle
from leadyard.intake.counting import count_results
from leadyard.intake.express_lane import ExpressLane
from leadyard.intake.inquiring import look_into, most_spent, spent, write_inspections
from leadyard.intake.judge import judge
from leadyard.intake.model import (
    ACCEPTED,
    CAMPAIGN_INACTIVE,
    IntakeResult,
    StoredResult,
    Submission,
    Verdict,
)
from leadyard.intake.news import IntakeNews
from leadyard.intake.plan import CampaignPlan, Plans
from leadyard.intake.providers.inspection import Inspection
from leadyard.intake.providers.service import Inquiries
from leadyard.intake.store import Claim
from leadyard.kit import clock
from leadyard.kit.errors import DeniedError, UnavailableError
from leadyard.kit.ids import new_uuid
from leadyard.leads.model import Standing, SystemStatus
from leadyard.ledger.model import Entry, made, payout_due
from leadyard.ledger.service import Ledger
from leadyard.reports.model import Deltas, standing_change
from leadyard.responders.occasions import note_occasion
from leadyard.routing.caps import CapGate, move_caps, wanted
from leadyard.storage.counters import IdBlocks
from leadyard.storage.database import Connection, Database
from leadyard.storage.group_commit import GroupCommit

_PATIENCE_SECONDS = 8.0
_CROWD = 24
"""So many waiting leads open a second batch: fewer would only make both batches small."""


class Intake:
    """Takes submissions of every account and channel in this process."""

    def __init__(
        self,
        database: Database,
        configuration: Configuration,
        plans: Plans,
        ledger: Ledger,
        *,
        lanes: int = 2,
        inquiries: Inquiries | None = None,
    ) -> None:
        """Share the process's database, set-ups and ledger, and who asks for checks."""
        self._inquiries = inquiries or Inquiries(database)
        self._database = database
        self._configuration = configuration
        self._plans = plans
        self._ledger = ledger
        self._ids = IdBlocks(database, "leads")
        self._express = ExpressLane(database, self._number, lanes=lanes, crowd=_CROWD)
        self._group: GroupCommit[Candidate, IntakeResult | None] = GroupCommit(
            self._commit, lanes=lanes, crowd=_CROWD
        )

    async def submit(self, submission: Submission) -> IntakeResult:
        """Judge and commit a submission; when this returns, the answer is on disk.

        The lead gets the submission's UUID, else a new one. Raises InvalidKeyError or DeniedError when the key was
        revoked or lost its permission meanwhile, UnavailableError when the database stays away.
        """
        uuid = submission.uuid or new_uuid()
        setup = await self._configuration.setup(submission.account_id)
        inspection: Inspection | None = None
        while True:
            judged = self._judge(setup, submission, uuid)
            if isinstance(judged, IntakeResult):
                current = await self._configuration.current(submission.account_id)
                if current is setup:
                    await self._book_in_vain(submission, inspection)
                    return judged
            else:
                if judged.plan.inquiry is not None or inspection is not None:
                    inspection = inspection or Inspection()
                    await look_into(self._inquiries, judged, inspection, clock.now())
                # Here and not in a method of its own: every lead passes, and a coroutine more is noticed.
                if self._express.takes(judged):
                    result = await self._express.submit(judged)
                    if result is not None:
                        return result
                result = await self._group.submit(judged)
                if result is not None:
                    return result
                current = await self._configuration.current(submission.account_id)
            setup = current
            try:
                _check_key(setup, submission)
            except (InvalidKeyError, DeniedError):
                await self._book_in_vain(submission, inspection)
                raise

    async def _book_in_vain(self, submission: Submission, inspection: Inspection | None) -> None:
        """Book what was spent on a submission that is not stored, because its campaign or key went meanwhile."""
        if inspection is not None:
            setup = await self._configuration.setup(submission.account_id)
            await self._inquiries.book_without_lead(
                self._ledger, submission.account_id, setup.account.currency, inspection.findings
            )

    async def submit_many(self, submissions: Sequence[Submission]) -> list[IntakeResult]:
        """Judge and commit submissions of one account, each with a UUID of its own, as one batch where that can be.

        Raises UnavailableError when the database stays away.
        """
        if not submissions:
            return []
        setup = await self._configuration.setup(submissions[0].account_id)
        identified = [(submission, submission.uuid or new_uuid()) for submission in submissions]
        judged = [self._judge(setup, submission, uuid) for submission, uuid in identified]
        ordinary = [one for one in judged if isinstance(one, Candidate) and self._express.takes(one)]
        decided = await self._express.commit(ordinary)
        results = {c.uuid: result for c, result in zip(ordinary, decided, strict=True) if result is not None}
        others = [(submission, uuid) for submission, uuid in identified if uuid not in results]
        found = await asyncio.gather(*(self.submit(submission) for submission, _ in others))
        results.update((uuid, result) for (_, uuid), result in zip(others, found, strict=True))
        return [results[uuid] for _, uuid in identified]

    async def judge(self, submission: Submission) -> Verdict:
        """Tell what the rules say of a submission, without duplicates, caps and outside checks; nothing is kept."""
        judged = self._judge(await self._configuration.setup(submission.account_id), submission, new_uuid())
        if isinstance(judged, Candidate):
            return judged.verdict
        return Verdict(judged.code, list(judged.errors), {})

    async def results_of(self, account_id: int, uuids: Sequence[UUID]) -> dict[UUID, StoredResult]:
        """Find which of these UUIDs an account's leads have already, and what the intake said of each."""
        async with self._database.connection() as connection:
            return await store.results_of(connection, account_id, uuids)

    def _judge(self, setup: AccountSetup, submission: Submission, uuid: UUID) -> Candidate | IntakeResult:
        """Judge by a set-up; a campaign that is not there or not active is a result that nothing is kept of."""
        campaign = setup.campaign(submission.campaign)
        if campaign is None:
            return _not_open(submission, None, ("Campaign not found",))
        plan = self._plans.of(setup, campaign)
        verdict = judge(plan, submission, submission.read(plan), clock.now())
        if verdict.code == CAMPAIGN_INACTIVE:
            return _not_open(submission, plan, tuple(verdict.errors))
        if submission.ping_id:
            verdict.stored["ping_id"] = submission.ping_id
        return Candidate(submission, plan, verdict, uuid)

    async def close(self) -> None:
        """Finish what is in flight."""
        await self._express.close()
        await self._group.close()

    async def _commit(self, candidates: Sequence[Candidate]) -> list[IntakeResult | None]:
        """Commit a batch, waiting out a restart of the database; after a lost connection, look before repeating."""
        deadline = asyncio.get_running_loop().time() + _PATIENCE_SECONDS
        pause = 0.05
        decided: Decided | None = None
        while True:
            try:
                if decided is not None and await self._is_stored(decided):
                    return decided.results
                await self._number(candidates)
                decided = Decided()
                await self._transact(candidates, decided)
            except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError):
                decided = None
            except UnavailableError:
                if asyncio.get_running_loop().time() > deadline:
                    raise
            else:
                return decided.results
            await asyncio.sleep(pause)
            pause = min(1.0, pause * 2)

    async def _number(self, candidates: Sequence[Candidate]) -> None:
        """Give every candidate its id before the transaction begins; a repeated batch keeps them."""
        unnumbered: dict[int, list[Candidate]] = defaultdict(list)
        for candidate in candidates:
            if not candidate.lead_id:
                unnumbered[candidate.submission.account_id].append(candidate)
        for account_id, listed in unnumbered.items():
            ids = await self._ids.take(account_id, len(listed))
            for candidate, lead_id in zip(listed, ids, strict=True):
                candidate.lead_id = lead_id

    async def _is_stored(self, decided: "Decided") -> bool:
        """Tell whether the batch whose commit was not answered is there: it is as a whole or not at all."""
        if decided.written is None:
            return False
        account_id, uuid = decided.written
        async with self._database.connection() as connection:
            return uuid in await store.present(connection, {uuid: account_id})

    async def _transact(self, candidates: Sequence[Candidate], decided: "Decided") -> None:
        now = clock.now()
        ledger_ids = await self._ledger.reserve_ids(_most_entries(candidates))
        async with self._database.unit_of_work() as connection:
            await self._find_sub_suppliers(connection, candidates)
            fresh, settlement = await self._claim_and_settle(connection, candidates, now)
            decided.results = [settlement.results.get(candidate.uuid) for candidate in candidates]
            kept = [c for c in fresh if settlement.results[c.uuid] is not None]
            if kept:
                decided.written = (kept[0].account_id, kept[0].uuid)
                await self._write(connection, kept, settlement, now)
                await write_inspections(self._inquiries, connection, kept, now)
                entries = made(_payout_entry(c, now) for c in settlement.accepted if c.pays_now)
                await self._ledger.post(connection, ledger_ids.number(entries + spent(kept, now)))
                await _note_valid(connection, settlement.accepted, now)
        count_results(decided.results)

    async def _find_sub_suppliers(self, connection: Connection, candidates: Sequence[Candidate]) -> None:
        for candidate in candidates:
            supplier_id, ssid = candidate.verdict.supplier_id, candidate.ssid
            if ssid and supplier_id is not None:
                candidate.sub_supplier_id = await store.sub_supplier(
                    connection, candidate.account_id, supplier_id, ssid
                )

    async def _claim_and_settle(
        self, connection: Connection, candidates: Sequence[Candidate], now: datetime
    ) -> tuple[list[Candidate], Settlement]:
        """Claim keys and caps, and decide the candidates that were judged by the set-up as it is now."""
        claiming, behind = contenders(candidates)
        grouped = _by_window(claiming)
        window, claims = grouped.popitem() if grouped else (None, [])
        hopeful = [c for c in candidates if c.verdict.code == ACCEPTED]
        reserved = wanted(c.cap_uses(now) for c in hopeful)
        accounts = sorted({c.account_id for c in candidates})
        opened = await store.open_batch(connection, accounts, claims, window, reserved, now)
        lost = opened.lost
        for other_window, others in grouped.items():
            lost |= await store.claim(connection, others, other_window, now)
        fresh = [c for c in candidates if opened.versions.get(c.account_id) == c.plan.setup.version]
        test_duplicates = await self._test_duplicates(connection, hopeful, now)
        settlement = settle(fresh, behind, lost, test_duplicates, opened.gate, now)
        await store.release(
            connection, settlement.released + _stale_claims(claiming, candidates, fresh, lost)
        )
        await move_caps(connection, opened.gate.moves)
        if opened.gate.reached:
            await _tell_of_caps(connection, candidates, opened.gate, now)
        return fresh, settlement

    async def _test_duplicates(
        self, connection: Connection, hopeful: Sequence[Candidate], now: datetime
    ) -> set[tuple[int, int]]:
        found: set[tuple[int, int]] = set()
        for window, claims in _by_window([c for c in hopeful if c.submission.is_test]).items():
            found |= await store.taken(connection, claims, window, now)
        return found

    async def _write(
        self, connection: Connection, kept: Sequence[Candidate], settlement: Settlement, now: datetime
    ) -> None:
        rows, jobs, deltas, news = [], [], Deltas(), IntakeNews()
        for candidate in kept:
            result = settlement.results[candidate.uuid]
            if result is None:
                continue
            row = row_of(candidate, result, now)
            rows.append(row)
            if candidate.plan.announced and not row.is_test:
                news.add(candidate.plan, row)
            if row.sale_status:
                jobs.append((row.account_id, row.id))
            deltas.lead(
                row.account_id,
                row.received_at,
                row.campaign_id,
                row.supplier_id,
                row.sub_supplier_id,
                row.channel,
                payout=row.payout,
                validation_cost=candidate.inspection.cost if candidate.inspection is not None else 0,
                **standing_change(None, Standing(row.standing)),
            )
        await store.insert(connection, rows, jobs, deltas, now)
        await news.announce(connection, now)


def _not_open(submission: Submission, plan: CampaignPlan | None, errors: tuple[str, ...]) -> IntakeResult:
    return IntakeResult(CAMPAIGN_INACTIVE, errors, SystemStatus.INVALID, submission.received_at, plan)


async def _tell_of_caps(
    connection: Connection, candidates: Sequence[Candidate], gate: CapGate, now: datetime
) -> None:
    setups = {candidate.account_id: candidate.plan.setup for candidate in candidates}
    for account_id, setup in sorted(setups.items()):
        reached = {key: limit for key, limit in gate.reached.items() if key.account_id == account_id}
        await tell_of_caps(connection, setup, now, reached)


async def _note_valid(connection: Connection, accepted: Sequence[Candidate], now: datetime) -> None:
    """Tell responders of valid leads, where any wait for them."""
    waited_for = [c for c in accepted if c.plan.campaign.occasions]
    for setup in {c.account_id: c.plan.setup for c in waited_for}.values():
        ids = [c.lead_id for c in waited_for if c.account_id == setup.account.id]
        await note_occasion(connection, setup, "valid", ids, now)


class Decided:
    """What a batch decided just before its commit, in case the commit's answer is lost."""

    def __init__(self) -> None:
        """Start undecided."""
        self.results: list[IntakeResult | None] = []
        self.written: tuple[int, UUID] | None = None


def _by_window(candidates: Sequence[Candidate]) -> dict[timedelta | None, list[Claim]]:
    grouped: dict[timedelta | None, list[Claim]] = defaultdict(list)
    for candidate in candidates:
        if candidate.verdict.claim_keys:
            grouped[candidate.window] += candidate.claims
    return grouped


def _stale_claims(
    claiming: Sequence[Candidate],
    candidates: Sequence[Candidate],
    fresh: Sequence[Candidate],
    lost: set[Claim],
) -> list[Claim]:
    """List what candidates claimed that have to be judged again; they claim afresh."""
    if len(fresh) == len(candidates):
        return []
    current = {c.uuid for c in fresh}
    return [claim for c in claiming if c.uuid not in current for claim in c.claims if claim not in lost]


def _most_entries(candidates: Sequence[Candidate]) -> Counter[int]:
    counts = Counter(candidate.account_id for candidate in candidates if candidate.pays_now)
    for candidate in candidates:
        if candidate.inspection is not None:
            counts[candidate.account_id] += most_spent(candidate)
    return counts


def _payout_entry(candidate: Candidate, now: datetime) -> Entry | None:
    supplier_id = candidate.verdict.supplier_id
    return payout_due(
        candidate.account_id,
        now,
        candidate.lead_id,
        supplier_id=supplier_id,
        payout=candidate.verdict.payout,
        currency=candidate.plan.campaign.settings.currency,
        memo="valid lead",
    )


def _check_key(setup: AccountSetup, submission: Submission) -> None:
    """Look the key up again in a newer set-up: a revoked key or a lost right ends the submission."""
    if submission.principal is None:
        return
    held = submission.principal.key
    key = next((k for k in setup.keys.values() if k.id == held.id), None)
    if key is None or key.revoked_at is not None or not key.settings.active:
        raise InvalidKeyError("Invalid API key")
    submission.principal = Principal(submission.account_id, key)
    if not submission.principal.may(Permission.LEADS_CREATE):
        raise DeniedError(Permission.LEADS_CREATE)
    if not submission.principal.may_come_from(submission.address):
        raise DeniedError("IP address")

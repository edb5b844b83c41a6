"""One batch of the intake: who wins which duplicate key, whom a cap lets through, and what is written of each.

Pure but for the claims and locks that the service hands in, so that every decision can be tested without a
database.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from leadyard.campaigns.model import AcceptOn
from leadyard.intake.model import (
    ACCEPTED,
    CAP_REACHED,
    DUPLICATE,
    INVALID_FIELDS,
    IntakeResult,
    Submission,
    Verdict,
)
from leadyard.intake.plan import CampaignPlan
from leadyard.intake.providers.inspection import Inspection
from leadyard.intake.store import Claim, LeadRow
from leadyard.leads.model import SaleStatus, Standing, SystemStatus
from leadyard.routing.caps import CapGate, CapUse, cap_slot
from leadyard.routing.sale_caps import intake_uses
from leadyard.storage.database import encode_json

DUPLICATE_TEXT = "Duplicate or resubmission"
_LONGEST_SSID = 255
_MICROSECOND = timedelta(microseconds=1)
_NO_SEARCH = (None, None, None, None)


class Candidate(msgspec.Struct):
    """A judged submission on its way to the database; its UUID and id stay the same over retries."""

    submission: Submission
    plan: CampaignPlan
    verdict: Verdict
    uuid: UUID
    lead_id: int = 0
    sub_supplier_id: int | None = None
    inspection: Inspection | None = None

    @property
    def account_id(self) -> int:
        """Tell whose lead it is."""
        return self.submission.account_id

    @property
    def ssid(self) -> str:
        """Tell the sub-supplier's code, by whatever name of the field SSID it came; empty when none is named."""
        code: str = self.submission.ssid or self.verdict.stored.get("ssid", "")
        return code[:_LONGEST_SSID]

    @property
    def window(self) -> timedelta | None:
        """Tell for how long a duplicate key is held; None is for ever."""
        hours = self.plan.campaign.settings.dedupe.window_hours
        return None if hours is None else timedelta(hours=hours)

    @property
    def is_held(self) -> bool:
        """Tell whether the campaign, or a check without an answer, puts the lead aside, should it get in."""
        exempt = self.submission.is_test or self.submission.skip_quarantine
        put_aside = self.inspection is not None and self.inspection.put_aside
        return (self.plan.campaign.settings.quarantine or self.verdict.held or put_aside) and not exempt

    @property
    def pays_now(self) -> bool:
        """Tell whether the supplier earns by the lead being valid, should it get in."""
        unpaid = self.submission.is_test or self.is_held
        return self.verdict.payout > 0 and self.verdict.code == ACCEPTED and not unpaid

    @property
    def claims(self) -> list[Claim]:
        """List the claims of the keys that the lead, which has its id, wants to be the only one with."""
        campaign_id, lead_id = self.plan.campaign.id, self.lead_id
        return [Claim(self.account_id, campaign_id, key, lead_id) for key in self.verdict.claim_keys]

    def cap_uses(self, now: datetime) -> list[CapUse]:
        """List the caps of the campaign, and of the supplier in it, that the lead counts against."""
        verdict = self.verdict
        return campaign_caps(self.plan, verdict.supplier_id, self.submission.channel, verdict.payout, now)


def campaign_caps(
    plan: CampaignPlan, supplier_id: int | None, channel: int, payout: int, now: datetime
) -> list[CapUse]:
    """List the caps that a lead of a supplier counts against, or must fit into, when it is accepted.

    `payout` is what the supplier earns by its being valid, in micro-units.
    """
    slot, key = cap_slot(now), ("caps", supplier_id, channel, payout)
    known: tuple[int, list[CapUse]] | None = plan.memo.get(key)
    if known is None or known[0] != slot:
        account_id = plan.setup.account.id
        uses = intake_uses(account_id, plan.campaign, supplier_id, channel, payout, at=now, zone=plan.zone)
        known = plan.memo[key] = (slot, uses)
    return known[1]


def cap_reached(full: CapUse) -> str:
    """Word the refusal of a lead that found a cap full."""
    return f"Campaign cap reached ({full.key.period.interval})"


def contenders(
    candidates: Sequence[Candidate],
) -> tuple[list[Candidate], dict[UUID, tuple[Candidate, Claim]]]:
    """Part a batch into leads that claim their keys and leads that want a key which one before them claims.

    The second come as UUID to (the one before, its claim of the key they share).
    """
    first: dict[tuple[int, int, bytes], tuple[Candidate, Claim]] = {}
    claiming: list[Candidate] = []
    behind: dict[UUID, tuple[Candidate, Claim]] = {}
    for candidate in candidates:
        if candidate.verdict.code != ACCEPTED or candidate.submission.is_test:
            continue
        wanted = {(claim.account_id, claim.campaign_id, claim.key): claim for claim in candidate.claims}
        shared = next((key for key in wanted if key in first), None)
        if shared is not None:
            behind[candidate.uuid] = first[shared]
            continue
        first.update({key: (candidate, claim) for key, claim in wanted.items()})
        claiming.append(candidate)
    return claiming, behind


class Settlement(msgspec.Struct):
    """What a batch decided: results by UUID (None: submit again), and the claims that must be given back."""

    results: dict[UUID, IntakeResult | None]
    released: list[Claim]
    accepted: list[Candidate]


def settle(
    candidates: Sequence[Candidate],
    behind: dict[UUID, tuple[Candidate, Claim]],
    lost: set[Claim],
    test_duplicates: set[tuple[int, int]],
    gate: CapGate,
    now: datetime,
) -> Settlement:
    """Decide every candidate in order of arrival: caps, duplicates, filter, as LeadByte orders them."""
    settlement = Settlement({}, [], [])
    for candidate in candidates:
        if candidate.verdict.code != ACCEPTED:
            outcome = (candidate.verdict.code, candidate.verdict.errors)
        else:
            duplicate = _is_duplicate(candidate, behind, lost, test_duplicates, settlement)
            if duplicate is None:
                settlement.results[candidate.uuid] = None
                continue
            outcome = _admit(candidate, duplicate, gate, now)
        if outcome[0] == ACCEPTED:
            settlement.accepted.append(candidate)
        else:
            settlement.released += _to_release(candidate, behind, lost)
        settlement.results[candidate.uuid] = result_of(candidate, outcome[0], outcome[1], now)
    return settlement


def _to_release(
    candidate: Candidate, behind: dict[UUID, tuple[Candidate, Claim]], lost: set[Claim]
) -> list[Claim]:
    """List what a refused lead had claimed; tests and leads behind others claimed nothing."""
    claimed_nothing = candidate.verdict.code != ACCEPTED or candidate.submission.is_test
    if claimed_nothing or candidate.uuid in behind:
        return []
    return [claim for claim in candidate.claims if claim not in lost]


def _is_duplicate(
    candidate: Candidate,
    behind: dict[UUID, tuple[Candidate, Claim]],
    lost: set[Claim],
    test_duplicates: set[tuple[int, int]],
    settlement: Settlement,
) -> bool | None:
    """Tell whether a lead is a duplicate; None when it depends on a lead before it that was not accepted."""
    if candidate.submission.is_test:
        return (candidate.account_id, candidate.lead_id) in test_duplicates
    if candidate.uuid not in behind:
        return bool(lost) and any(claim in lost for claim in candidate.claims)
    before, claim = behind[candidate.uuid]
    result = settlement.results.get(before.uuid)
    if (result is not None and result.code == ACCEPTED) or claim in lost:
        return True
    return None


def _admit(candidate: Candidate, duplicate: bool, gate: CapGate, now: datetime) -> tuple[int, list[str]]:
    uses = candidate.cap_uses(now)
    full = gate.full(uses)
    if full is not None:
        return CAP_REACHED, [cap_reached(full)]
    if duplicate:
        return DUPLICATE, [DUPLICATE_TEXT]
    if candidate.verdict.filtered:
        return INVALID_FIELDS, [candidate.verdict.filtered]
    if not candidate.submission.is_test and not candidate.is_held:
        gate.take(uses)
    return ACCEPTED, []


def result_of(candidate: Candidate, code: int, errors: Sequence[str], now: datetime) -> IntakeResult:
    """Tell a candidate's result from the code that it was decided with, and the errors that go with it."""
    submission = candidate.submission
    status = SystemStatus.INVALID
    if code == ACCEPTED:
        status = SystemStatus.QUARANTINED if candidate.is_held else SystemStatus.VALID
    spent = (now - submission.received_at) // _MICROSECOND
    return IntakeResult(
        code,
        tuple(errors),
        status,
        submission.received_at,
        candidate.plan,
        candidate.uuid,
        candidate.lead_id,
        spent,
        candidate.verdict.info if code == candidate.verdict.code else None,
    )


def standing_of(result: IntakeResult, plan: CampaignPlan, *, is_test: bool) -> Standing:
    """Tell where reports count a lead as it leaves the intake."""
    if is_test:
        return Standing.NOT_COUNTED
    if result.code != ACCEPTED:
        return Standing.INVALID
    if result.system_status is SystemStatus.QUARANTINED or plan.campaign.settings.accept_on is AcceptOn.BUYER:
        return Standing.PENDING
    return Standing.APPROVED


def row_of(candidate: Candidate, result: IntakeResult, now: datetime) -> LeadRow:
    """Write a decided candidate as a row of `leads`."""
    plan, submission, verdict = candidate.plan, candidate.submission, candidate.verdict
    standing = standing_of(result, plan, is_test=submission.is_test)
    routed = result.system_status is SystemStatus.VALID and not submission.is_test
    return LeadRow(
        candidate.account_id,
        candidate.lead_id,
        candidate.uuid,
        plan.campaign.id,
        verdict.supplier_id,
        candidate.sub_supplier_id,
        submission.channel,
        submission.is_test,
        result.system_status,
        SaleStatus.PENDING if routed else SaleStatus.NONE,
        standing,
        result.code,
        *own_values(candidate, result),
        plan.campaign.settings.currency,
        verdict.payout if standing is Standing.APPROVED else 0,
        submission.received_at,
        None if result.system_status is SystemStatus.QUARANTINED else now,
        result.process_micros,
    )


OwnValues = tuple[str | None, str, str | None, str | None, str | None, str | None, bytes | None]


def own_values(candidate: Candidate, result: IntakeResult) -> OwnValues:
    """Write what no two leads share, in the order of the columns of `leads`: from `info` to `claim_keys`."""
    verdict = candidate.verdict
    info = encode_json(result.info or result.errors) if result.errors else None
    stored = encode_json(verdict.stored)
    if result.code != ACCEPTED:
        return (info, stored, *_NO_SEARCH, None)
    keys = None if candidate.submission.is_test else b"".join(verdict.claim_keys)
    return (info, stored, *candidate.plan.search_keys(verdict.stored), keys)

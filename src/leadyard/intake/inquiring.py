"""Where the intake meets checks: a candidate is looked into before it is committed (docs/leadbyte.md)."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from leadyard.intake.batch import DUPLICATE_TEXT, Candidate, cap_reached
from leadyard.intake.model import ACCEPTED, CAP_REACHED, DUPLICATE, INVALID_FIELDS, Verdict
from leadyard.intake.providers.inspection import Inspection, Refusal, cost_entries, most_entries
from leadyard.intake.providers.model import REFUSALS, Outcome
from leadyard.intake.providers.service import Inquiries, Inspected, Subject
from leadyard.ledger.model import Entry
from leadyard.storage.database import Connection

_ADDRESS = 0


async def look_into(
    inquiries: Inquiries, candidate: Candidate, inspection: Inspection, now: datetime
) -> None:
    """Ask what the campaign wants to know of a candidate, and put what came of it into its verdict.

    What is free is asked first, what is paid for only of a lead that would get in, and nothing of one that is put
    aside: that is asked when it is released.
    """
    inquiry, candidate.inspection = candidate.plan.inquiry, inspection
    inspection.judge(())
    if inquiry is None or candidate.verdict.code not in {ACCEPTED, INVALID_FIELDS}:
        return
    subject = _subject(candidate)
    if any(check.stage == _ADDRESS for check in inquiry.checks):
        await inquiries.inspect(inquiry, subject, inspection, only_stage=_ADDRESS)
        if (inspection.refusal is not None and candidate.verdict.code == ACCEPTED) or (
            inspection.refusal is not None and _was_answered(inspection)
        ):
            _refuse(candidate, inspection.refusal)
    if candidate.verdict.code != ACCEPTED or candidate.verdict.filtered:
        return
    found = await inquiries.refused_anyway(inquiry, subject, candidate.cap_uses(now), now)
    if found is True:
        candidate.verdict = _refused(candidate, DUPLICATE, DUPLICATE_TEXT)
    elif found is not False:
        candidate.verdict = _refused(candidate, CAP_REACHED, cap_reached(found))
    elif inquiry.checks and not _is_held_anyway(candidate):
        await inquiries.inspect(inquiry, subject, inspection)
        if inspection.refusal is not None:
            _refuse(candidate, inspection.refusal)
        elif inspection.put_aside and candidate.submission.skip_quarantine:
            _refuse(candidate, _unanswered(inspection))


def spent(candidates: Iterable[Candidate], now: datetime) -> list[Entry]:
    """Book what was spent on candidates that are stored."""
    return [
        entry
        for candidate in candidates
        if candidate.inspection is not None
        for entry in cost_entries(
            candidate.account_id,
            candidate.lead_id,
            candidate.plan.campaign.settings.currency,
            candidate.inspection.findings,
            now,
        )
    ]


def most_spent(candidate: Candidate) -> int:
    """Tell how many entries a candidate's checks take at most."""
    return 0 if candidate.inspection is None else most_entries(candidate.inspection.findings)


async def write_inspections(
    inquiries: Inquiries, connection: Connection, kept: Sequence[Candidate], now: datetime
) -> None:
    """Write what was asked about the leads of a batch, in its unit of work."""
    inspected = [
        Inspected(
            candidate.account_id,
            candidate.lead_id,
            candidate.plan.campaign.settings.currency,
            candidate.inspection,
        )
        for candidate in kept
        if candidate.inspection is not None
    ]
    if inspected:
        await inquiries.write(connection, inspected, now)


def _subject(candidate: Candidate) -> Subject:
    plan, verdict = candidate.plan, candidate.verdict
    return Subject(
        plan.setup,
        plan.campaign.id,
        plan.country,
        verdict.supplier_id,
        candidate.lead_id,
        verdict.stored,
        verdict.claim_keys,
        candidate.submission.is_test,
    )


def _is_held_anyway(candidate: Candidate) -> bool:
    """Tell whether the lead is put aside whatever checks say."""
    inspection, candidate.inspection = candidate.inspection, None
    held = candidate.is_held
    candidate.inspection = inspection
    return held


def _was_answered(inspection: Inspection) -> bool:
    return any(finding.answer.outcome is Outcome.INVALID for finding in inspection.findings)


def _unanswered(inspection: Inspection) -> Refusal:
    """Refuse a lead that cannot be put aside, in the words of the check that got no answer."""
    silent = next(f for f in inspection.findings if f.answer.outcome is Outcome.UNAVAILABLE)
    code, text = REFUSALS[silent.kind]
    return Refusal(code, text, {"status": "UNAVAILABLE"})


def _refuse(candidate: Candidate, refusal: Refusal) -> None:
    candidate.verdict = _refused(candidate, refusal.code, refusal.text)
    candidate.verdict.info = refusal.info


def _refused(candidate: Candidate, code: int, text: str) -> Verdict:
    return Verdict(code, [text], candidate.verdict.stored, candidate.verdict.supplier_id)

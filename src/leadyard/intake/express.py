"""The ordinary case of a batch, made ready for one statement (`express_store`): pure.

Ordinary are leads that nothing has to be looked up for before they are written: no test, no payout booked at once,
no sub-supplier, no webhook or responder that waits for them, no duplicate key that another lead of the batch wants
too, and no refusal by the campaign's filter, for caps and duplicates come before that.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from leadyard.intake.batch import Candidate, own_values, result_of, row_of
from leadyard.intake.express_store import COUNTS, ExpressRows
from leadyard.intake.model import ACCEPTED, IntakeResult
from leadyard.leads.model import Standing
from leadyard.reports.model import hour_of, standing_change


def is_ordinary(candidate: Candidate) -> bool:
    """Tell whether a candidate may be written by the one statement."""
    submission, plan = candidate.submission, candidate.plan
    asked = plan.inquiry is not None or candidate.inspection is not None
    if submission.is_test or candidate.ssid or asked or plan.is_watched:
        return False
    return not (candidate.verdict.filtered or candidate.pays_now)


def by_window(candidates: Iterable[Candidate]) -> dict[timedelta | None, list[Candidate]]:
    """Group candidates by how long their keys are held, leaving out those that want the key of one before them."""
    grouped: dict[int | None, list[Candidate]] = {}
    seen: dict[tuple[int, int], set[bytes]] = {}
    for candidate in candidates:
        campaign, keys = candidate.plan.campaign, candidate.verdict.claim_keys
        if keys:
            taken = seen.setdefault((candidate.submission.account_id, campaign.id), set())
            if not taken.isdisjoint(keys):
                continue
            taken.update(keys)
        grouped.setdefault(campaign.settings.dedupe.window_hours, []).append(candidate)
    return {None if hours is None else timedelta(hours=hours): listed for hours, listed in grouped.items()}


def prepare(candidates: Sequence[Candidate], now: datetime) -> tuple[dict[UUID, IntakeResult], ExpressRows]:
    """Work out the result of each numbered candidate if nothing stands in its way, and the rows that say so."""
    results: dict[UUID, IntakeResult] = {}
    kinds = _Kinds(now)
    leads = []
    for candidate in candidates:
        verdict, uuid = candidate.verdict, candidate.uuid
        result = results[uuid] = result_of(candidate, verdict.code, verdict.errors, now)
        kind = kinds.of(candidate, result)
        leads.append((kind, candidate.lead_id, uuid, result.process_micros, *own_values(candidate, result)))
    return results, ExpressRows(leads, kinds.rows, kinds.currencies, kinds.uses)


class _Kinds:
    """The kinds of leads in a batch: all that leads of one campaign, supplier, outcome and hour have in common.

    Most batches have one or two. What is said once for a kind need not be said, written and read once for each lead.
    """

    def __init__(self, now: datetime) -> None:
        self.rows: list[tuple[int, ...]] = []
        self.currencies: list[str] = []
        self.uses: list[tuple[int, ...]] = []
        self._now = now
        self._places: dict[tuple[object, ...], int] = {}

    def of(self, candidate: Candidate, result: IntakeResult) -> int:
        """Give the number of a lead's kind."""
        verdict, submission = candidate.verdict, candidate.submission
        key = (
            candidate.plan,
            verdict.supplier_id,
            submission.channel,
            result.code,
            result.system_status,
            verdict.payout,
            hour_of(submission.received_at),
        )
        place = self._places.get(key)
        if place is None:
            place = self._places[key] = len(self._places)
            self._add(candidate, result)
            if result.code == ACCEPTED and not candidate.is_held:
                self._use(place, candidate)
        return place

    def _add(self, candidate: Candidate, result: IntakeResult) -> None:
        row = row_of(candidate, result, self._now)
        counted = standing_change(None, Standing(row.standing))
        self.rows.append(
            (
                row.account_id,
                candidate.plan.setup.version,
                row.campaign_id,
                row.supplier_id or 0,
                row.channel,
                row.system_status,
                row.sale_status,
                row.standing,
                row.code,
                row.payout,
                int(hour_of(row.received_at).timestamp()),
                int(row.decided_at is not None),
                *(counted.get(name, 0) for name in COUNTS),
            )
        )
        self.currencies.append(row.currency)

    def _use(self, place: int, candidate: Candidate) -> None:
        for use in candidate.cap_uses(self._now):
            key, start = use.key, int(use.key.start.timestamp())
            self.uses.append(
                (
                    place,
                    key.account_id,
                    key.owner,
                    key.owner_id,
                    key.campaign_id,
                    key.period,
                    start,
                    use.limit,
                    use.amount,
                    use.room,
                )
            )

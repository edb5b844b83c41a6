"""The ordinary case of a batch, made ready for one statement (`express_store`): pure.

Ordinary are leads that nothing has to be looked up for before they are written: no test, no payout booked at once,
no sub-supplier, no webhook or responder that waits for them, no duplicate key that another lead of the batch wants
too, and no refusal by the campaign's filter, for caps and duplicates come before that.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import UUID

from leadyard.intake.batch import Candidate, result_of, row_of
from leadyard.intake.express_store import ExpressRows
from leadyard.intake.model import ACCEPTED, IntakeResult
from leadyard.leads.model import Standing
from leadyard.reports.model import hour_of, standing_change
from leadyard.routing.caps import CapUse
from leadyard.storage.tables.rollups import LEAD_MEASURES

_NO_GROUP = -1


def is_ordinary(candidate: Candidate) -> bool:
    """Tell whether a candidate may be written by the one statement."""
    submission, plan = candidate.submission, candidate.plan
    asked = plan.inquiry is not None or candidate.inspection is not None
    if submission.is_test or submission.ssid or asked or plan.is_watched:
        return False
    return not (candidate.verdict.filtered or candidate.pays_now)


def by_window(candidates: Iterable[Candidate]) -> dict[timedelta | None, list[Candidate]]:
    """Group candidates by how long their keys are held, leaving out those that want the key of one before them."""
    grouped: dict[timedelta | None, list[Candidate]] = {}
    seen: set[tuple[int, int, bytes]] = set()
    for candidate in candidates:
        keys = candidate.verdict.claim_keys
        if keys:
            owner = (candidate.account_id, candidate.plan.campaign.id)
            wanted = {(*owner, key) for key in keys}
            if not seen.isdisjoint(wanted):
                continue
            seen |= wanted
        grouped.setdefault(candidate.window, []).append(candidate)
    return grouped


def prepare(candidates: Sequence[Candidate], now: datetime) -> tuple[dict[UUID, IntakeResult], ExpressRows]:
    """Work out the result of each numbered candidate if nothing stands in its way, and the rows that say so."""
    results: dict[UUID, IntakeResult] = {}
    groups = _Groups()
    leads, claims, versions = [], [], {}
    for candidate in candidates:
        verdict = candidate.verdict
        result = results[candidate.uuid] = result_of(candidate, verdict.code, verdict.errors, now)
        row = row_of(candidate, result, now)
        takes = verdict.code == ACCEPTED and not candidate.is_held
        cap_group = groups.cap(candidate.cap_uses(now)) if takes else _NO_GROUP
        dimensions = (
            row.account_id,
            hour_of(row.received_at),
            row.campaign_id,
            row.supplier_id or 0,
            0,
            int(row.channel),
        )
        delta_group = groups.delta((*dimensions, row.standing, row.payout))
        leads.append((*row, cap_group, delta_group, row.sale_status != 0))
        claims += candidate.claims
        versions[candidate.account_id] = candidate.plan.setup.version
    return results, ExpressRows(leads, claims, groups.uses, groups.deltas, versions)


class _Groups:
    """The caps and the roll-ups of a batch: leads that count in the same ones share a group."""

    def __init__(self) -> None:
        self.uses: list[tuple[object, ...]] = []
        self.deltas: list[tuple[object, ...]] = []
        self._caps: dict[int, int] = {}
        self._delta_groups: dict[tuple[object, ...], int] = {}

    def cap(self, uses: list[CapUse]) -> int:
        """Give the group of a list of caps; leads of one campaign and supplier share the list object."""
        if not uses:
            return _NO_GROUP
        group = self._caps.get(id(uses))
        if group is None:
            group = self._caps[id(uses)] = len(self._caps)
            for use in uses:
                key = use.key
                self.uses.append(
                    (
                        group,
                        key.account_id,
                        int(key.owner),
                        key.owner_id,
                        key.campaign_id,
                        int(key.period),
                        key.start,
                        use.limit,
                        use.amount,
                        use.room,
                    )
                )
        return group

    def delta(self, key: tuple[object, ...]) -> int:
        """Give the group of a lead's roll-up; `key` is account, dimensions, standing and payout."""
        group = self._delta_groups.get(key)
        if group is None:
            group = self._delta_groups[key] = len(self._delta_groups)
            *dimensions, standing, payout = key
            self.deltas.append((group, *dimensions, *_measures(Standing(standing), payout)))  # type: ignore[arg-type]
        return group


@lru_cache(maxsize=1024)
def _measures(standing: Standing, payout: int) -> tuple[int, ...]:
    changes = {**standing_change(None, standing), "payout": payout}
    return tuple(changes.get(name, 0) for name in LEAD_MEASURES)

"""What becomes of quarantined leads: pure but for the claims and locks handed in (docs/validation.md)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from leadyard.campaigns.model import AcceptOn
from leadyard.intake.batch import DUPLICATE_TEXT, campaign_caps, cap_reached
from leadyard.intake.filtering import filter_refusal, payout_when_valid
from leadyard.intake.model import ACCEPTED, CAP_REACHED, DUPLICATE, INVALID_FIELDS
from leadyard.intake.plan import CampaignPlan
from leadyard.intake.providers.inspection import Refusal
from leadyard.intake.quarantine_store import Decision, Held
from leadyard.intake.store import Claim
from leadyard.leads.model import SaleStatus, Standing, SystemStatus
from leadyard.ledger.model import Entry, payout_due
from leadyard.reports.model import Deltas, standing_change
from leadyard.routing.caps import CapGate, CapUse

REJECTED_TEXT = "Rejected from quarantine"


class Waiting(msgspec.Struct, frozen=True):
    """A locked lead that is about to be released, by its campaign's plan as it is now."""

    held: Held
    plan: CampaignPlan
    wanted: tuple[bytes, ...]
    refusal: Refusal | None = None

    @property
    def window(self) -> timedelta | None:
        """Tell for how long a duplicate key is held; None is for ever."""
        hours = self.plan.campaign.settings.dedupe.window_hours
        return None if hours is None else timedelta(hours=hours)

    @property
    def claims(self) -> list[Claim]:
        """List the keys that the lead must hold to get in: by its fields as they are now."""
        return [self._claim(key) for key in self.wanted]

    @property
    def outdated(self) -> list[Claim]:
        """List the keys that it claimed when it came in and that its corrected fields do not make any more."""
        return [self._claim(key) for key in self.held.claim_keys if key not in self.wanted]

    def caps(self, now: datetime) -> list[CapUse]:
        """List the caps that it counts against."""
        payout = payout_when_valid(self.plan, self.held)
        return campaign_caps(self.plan, self.held.supplier_id, self.held.channel, payout, now)

    def _claim(self, key: bytes) -> Claim:
        return Claim(self.plan.setup.account.id, self.plan.campaign.id, key, self.held.id)


class Settlement(msgspec.Struct, frozen=True):
    """What a release comes to, lead by lead, and the claims that must be given back."""

    decisions: list[Decision]
    released: list[Claim]


def in_first_round(waiting: Sequence[Waiting]) -> tuple[list[Waiting], list[Waiting]]:
    """Part leads from those behind them that want one of their keys, and so depend on what becomes of them."""
    wanted: set[tuple[int, bytes]] = set()
    first: list[Waiting] = []
    behind: list[Waiting] = []
    for lead in waiting:
        keys = {(lead.plan.campaign.id, key) for key in lead.wanted}
        (behind if keys & wanted else first).append(lead)
        wanted |= keys
    return first, behind


def settle(waiting: Sequence[Waiting], won: set[Claim], gate: CapGate, now: datetime) -> Settlement:
    """Decide every lead in order: caps, duplicates, then the filter, as at the intake."""
    settlement = Settlement([], [])
    for lead in waiting:
        settlement.released.extend(lead.outdated)
        uses = lead.caps(now)
        full = gate.full(uses)
        if full is not None:
            refusal = (CAP_REACHED, cap_reached(full))
        elif any(claim not in won for claim in lead.claims):
            refusal = (DUPLICATE, DUPLICATE_TEXT)
        elif (text := filter_refusal(lead.plan, lead.held)) is not None:
            refusal = (INVALID_FIELDS, text)
        elif lead.refusal is not None:
            refusal = (lead.refusal.code, lead.refusal.text)
        else:
            gate.take(uses)
            settlement.decisions.append(accepted(lead))
            continue
        settlement.released.extend(claim for claim in lead.claims if claim in won)
        answer = None if lead.refusal is None or refusal[0] != lead.refusal.code else lead.refusal.info
        settlement.decisions.append(refused(lead.held, *refusal, answer))
    return settlement


def accepted(lead: Waiting) -> Decision:
    """Let a lead in: billable at once on System Accept, with the sale otherwise."""
    on_system = lead.plan.campaign.settings.accept_on is AcceptOn.SYSTEM
    return Decision(
        lead.held.id,
        SystemStatus.VALID,
        SaleStatus.PENDING,
        Standing.APPROVED if on_system else Standing.PENDING,
        ACCEPTED,
        [],
        payout_when_valid(lead.plan, lead.held),
        lead.wanted,
    )


def refused(held: Held, code: int, text: str, answer: dict[str, Any] | None = None) -> Decision:
    """Refuse a lead for good; `answer` is that of the service that refused it."""
    info = answer or [text]
    return Decision(held.id, SystemStatus.INVALID, SaleStatus.NONE, Standing.INVALID, code, info, 0, ())


def in_words(decision: Decision, because: str = "") -> str:
    """Say why a lead was refused, and `because` of what it was decided at all."""
    told = f"code {decision.code}" if isinstance(decision.info, dict) else "; ".join(decision.info)
    return f"{told} ({because})" if because else told


def rejected(held: Held) -> Decision:
    """Refuse a lead by hand."""
    return refused(held, INVALID_FIELDS, REJECTED_TEXT)


def count(deltas: Deltas, account_id: int, held: Held, decision: Decision) -> None:
    """Add what a decision changes in the reports."""
    deltas.lead(
        account_id,
        held.received_at,
        held.campaign_id,
        held.supplier_id,
        held.sub_supplier_id,
        held.channel,
        payout=decision.payout,
        **standing_change(Standing(held.standing), Standing(decision.standing)),
    )


def payout_entry(account_id: int, held: Held, decision: Decision, now: datetime) -> Entry | None:
    """Book what the supplier of a released lead earns by its being valid."""
    return payout_due(
        account_id,
        now,
        held.id,
        supplier_id=held.supplier_id,
        payout=decision.payout,
        currency=held.currency,
        memo="released from quarantine",
    )

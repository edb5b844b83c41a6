"""One lead on its way through a replay."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from leadyard.delivery.holds import Holds
from leadyard.delivery.sending import Job
from leadyard.leads.model import AttemptState, SaleStatus, Standing
from leadyard.replay.model import OfferKey, PastLead, Step
from leadyard.replay.world import Need
from leadyard.routing.budgets import in_time
from leadyard.routing.offers import Bid, Offer, Tried
from leadyard.routing.routes import Route
from leadyard.routing.trace import Considered

NOTHING_TOLD: dict[OfferKey, Considered] = {}


class Way(msgspec.Struct):
    """How far a lead has come.

    `is_as_it_was` until it takes another way than the stored one; `step` counts the stored steps that it has taken,
    `last` is the number of the stored attempt that it has come to.
    """

    lead: PastLead
    job: Job
    route: Route
    is_as_it_was: bool = True
    step: int = 0
    last: int = 0
    asked: dict[int, int] = {}
    bids: dict[int, Bid] = {}
    asked_at: dict[int, datetime] = {}
    posted_at: datetime | None = None
    under_way: int = 0
    due: list[datetime] = []

    @property
    def stored(self) -> Step | None:
        """Give the stored step that comes next; None when there is none, or the lead left its way."""
        if not self.is_as_it_was or self.last in self.lead.final or self.step >= len(self.lead.steps):
            return None
        return self.lead.steps[self.step]

    def told(self) -> dict[OfferKey, Considered]:
        """Give what the record says of the step that comes next."""
        stored = self.stored
        if stored is not None:
            return dict(stored.verdicts)
        return dict(self.lead.final.get(self.last, NOTHING_TOLD)) if self.is_as_it_was else NOTHING_TOLD

    def asks(self, bids: Mapping[int, Bid], now: datetime) -> None:
        """Note what buyers bid who were asked together; their answers are there when the slowest is."""
        pings = max((bid.milliseconds for bid in bids.values()), default=0)
        self.bids.update(bids)
        self.asked_at.update(dict.fromkeys(bids, now + timedelta(milliseconds=pings)))

    def bids_in_time(self, now: datetime) -> Mapping[int, Bid]:
        """Give the bids whose auction's time is not over, as the worker counts it."""
        if self.posted_at is None:
            return self.bids
        total = self.route.campaign.settings.auction.total_milliseconds
        until = {}
        for id_, at in self.asked_at.items():
            pings = max(b.milliseconds for i, b in self.bids.items() if self.asked_at[i] == at)
            until[id_] = max(at, self.posted_at) + timedelta(milliseconds=total - pings)
        return in_time(self.bids, until, now)

    @property
    def is_unfinished(self) -> bool:
        """Tell whether the record ends before the lead's way does."""
        return self.is_as_it_was and self.stored is None and self.last not in self.lead.final

    def try_at(self, offer: Offer, state: AttemptState) -> int:
        """Note an attempt; gives its place in the list."""
        self.job.tried.append(Tried(self.job.next_number, offer.delivery.id, state, offer.sale))
        return len(self.job.tried) - 1

    def answered(self, place: int, state: AttemptState, revenue: int) -> None:
        """Note what became of an attempt; `revenue` in micro-units."""
        self.job.tried[place] = msgspec.structs.replace(self.job.tried[place], state=state, revenue=revenue)


class Flight(msgspec.Struct):
    """An attempt under way."""

    way: Way
    offer: Offer
    place: int
    need: Need
    holds: Holds


def begin(account_id: int, lead: PastLead, route: Route) -> Way:
    """Put a lead at the beginning of its way."""
    job = Job(
        account_id, lead.id, lead.uuid, 0, 0, lead.campaign_id, lead.supplier_id, None, lead.channel,
        SaleStatus.PENDING, Standing.PENDING, lead.fields, lead.currency, lead.received_at, [], lead.costs,
    )  # fmt: skip
    return Way(lead, job, route, asked={}, bids={}, due=[])

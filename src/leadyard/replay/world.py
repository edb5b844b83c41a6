"""Caps, credit and delivered keys in memory, moved by the same pure rules as the worker's."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from leadyard.campaigns.configuration import AccountSetup
from leadyard.campaigns.model import Delivery
from leadyard.delivery.delivered import DUPLICATE, DeliveredKey, Wish, wishes
from leadyard.delivery.holds import Holds, kept
from leadyard.delivery.limits import NO_CREDIT
from leadyard.delivery.rules import ruled_payout
from leadyard.delivery.sending import Job
from leadyard.leads.model import AttemptState, SaleStatus
from leadyard.ledger.credit.model import (
    CreditKey,
    CreditMode,
    CreditRow,
    CreditTerms,
    room,
    settled_take,
    top_up,
)
from leadyard.routing.cap_periods import CapKey
from leadyard.routing.caps import CapUse
from leadyard.routing.sale_caps import SoughtSale, attempt_uses

_NOT_TAKEN = frozenset({AttemptState.REJECTED, AttemptState.WAITING, AttemptState.ERROR})
_SOLD = frozenset({SaleStatus.SOLD, SaleStatus.ASSIGNED})

Counter = CapKey | CreditKey | DeliveredKey
"""Anything that bounds what a delivery may take."""


class Need(msgspec.Struct, frozen=True):
    """What an offer takes of caps, credit and keys; `price` in micro-units."""

    uses: tuple[CapUse, ...]
    wishes: tuple[Wish, ...]
    credit: CreditKey | None
    price: int

    def counters(self) -> Iterator[Counter]:
        """Name everything that it depends upon."""
        yield from (use.key for use in self.uses)
        yield from (wish.key for wish in self.wishes)
        if self.credit is not None:
            yield self.credit


class World:
    """The limits of one account under one set-up, as they stand at the replay's instant."""

    def __init__(
        self,
        setup: AccountSetup,
        caps: Mapping[CapKey, int],
        credit: Mapping[CreditKey, int],
        delivered: Mapping[DeliveredKey, tuple[int, datetime]],
    ) -> None:
        """Start from counters, credit left in micro-units, and who holds the keys of delivered leads."""
        self.setup = setup
        self._zone = ZoneInfo(setup.account.time_zone)
        self._caps = dict(caps)
        self._credit = {key: CreditRow(added=left) for key, left in credit.items()}
        self._delivered = dict(delivered)

    def need(self, job: Job, delivery: Delivery, price: int, at: datetime) -> Need:
        """Work out what an offer needs at an instant."""
        buyer, campaign = self.setup.buyers[delivery.buyer_id], self.setup.campaigns[job.campaign_id]
        payout = ruled_payout(self.setup, campaign, delivery.id, job, price)
        sought = SoughtSale(job.supplier_id, job.channel, job.sale_status not in _SOLD, price, payout)
        uses = attempt_uses(self.setup.account.id, campaign, delivery, buyer, sought, at=at, zone=self._zone)
        key = None
        if buyer.settings.credit.mode is not CreditMode.NONE:
            key = CreditKey(buyer.id, job.currency)
        wanted = wishes(self.setup, campaign, delivery, job.fields)
        return Need(tuple(uses), tuple(wanted), key, price)

    def reason(self, need: Need, at: datetime) -> str | None:
        """Tell which key, cap or credit stands in the way; in the order of the worker's gates."""
        for wish in need.wishes:
            lead_id, since = self._delivered.get(wish.key, (0, at))
            if lead_id and (wish.window is None or since > at - wish.window):
                return DUPLICATE
        for use in need.uses:
            if self._caps.get(use.key, 0) + use.room > use.limit:
                return f"{use.key.owner.name.lower()} cap ({use.key.period.words})"
        if need.credit is None:
            return None
        left = room(self._topped_up(need.credit, at), self._terms(need.credit))
        return None if left is None or left >= need.price else NO_CREDIT

    def take(self, need: Need, lead_id: int, at: datetime) -> Holds:
        """Reserve what an offer needs; ask `reason` first."""
        for wish in need.wishes:
            self._delivered[wish.key] = (lead_id, at)
        for use in need.uses:
            self._caps[use.key] = self._caps.get(use.key, 0) + use.amount
        caps = tuple((use.key, use.amount) for use in need.uses)
        if need.credit is None:
            return Holds(caps)
        self._topped_up(need.credit, at).reserved += need.price
        self._topped_up(need.credit, at)
        return Holds(caps, need.price)

    def settle(
        self, need: Need, holds: Holds, state: AttemptState, lead_id: int, *, revenue: int, payout: int,
        is_first: bool,
    ) -> None:  # fmt: skip
        """Keep of a hold what an answer leaves of it; amounts in micro-units."""
        if state is AttemptState.UNKNOWN:
            return
        keeps = kept(holds, state, revenue=revenue, payout=payout, is_first=is_first)
        left = dict(keeps.caps)
        for key, amount in holds.caps:
            self._caps[key] += left.get(key, 0) - amount
        if need.credit is not None and holds.credit is not None:
            row = self._credit[need.credit]
            row.reserved -= holds.credit
            if keeps.credit is not None:
                row.spent += settled_take(row, self._terms(need.credit), holds.credit, revenue)
        if state in _NOT_TAKEN:
            for wish in need.wishes:
                if self._delivered.get(wish.key, (0, None))[0] == lead_id:
                    del self._delivered[wish.key]

    def add_credit(self, key: CreditKey, amount: int) -> None:
        """Add what a buyer paid in, in micro-units."""
        self._credit.setdefault(key, CreditRow()).added += amount

    def _topped_up(self, key: CreditKey, at: datetime) -> CreditRow:
        row = self._credit.setdefault(key, CreditRow())
        top_up(row, self._terms(key), at.astimezone(self._zone).date())
        return row

    def _terms(self, key: CreditKey) -> CreditTerms:
        return self.setup.buyers[key.buyer_id].settings.credit

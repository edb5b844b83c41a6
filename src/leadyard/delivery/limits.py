"""What a batch may take of caps and credit: locked together, asked for each delivery, taken with each attempt."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from leadyard.campaigns.configuration import AccountSetup
from leadyard.campaigns.model import Campaign, Delivery
from leadyard.delivery import notices
from leadyard.delivery.holds import Holds
from leadyard.delivery.rules import ruled_payout, rules_pay
from leadyard.delivery.sending import Job
from leadyard.leads.model import SaleStatus
from leadyard.ledger.credit import entries
from leadyard.ledger.credit.counters import lock_credit, post_rare, read_credit, write_credit
from leadyard.ledger.credit.model import (
    Alert,
    CreditKey,
    CreditMode,
    CreditRow,
    CreditTerms,
    room,
    top_up,
)
from leadyard.ledger.model import Entry
from leadyard.routing.caps import CapGate, CapUse, lock_caps, move_caps, read_caps, wanted
from leadyard.routing.sale_caps import SoughtSale, attempt_uses, expected_price
from leadyard.storage.database import Connection

NO_CREDIT = "credit"
_UsesKey = tuple[int, int, int | None, int, bool, int, int | None]


class Limits:
    """Caps and credit of one account, held by one unit of work from `lock` to `write`.

    Prices are in micro-units; None means what the delivery is expected to earn.
    """

    def __init__(self, setup: AccountSetup, now: datetime) -> None:
        """Take the set-up and the instant at which periods are looked up."""
        self._setup = setup
        self._now = now
        self._zone = ZoneInfo(setup.account.time_zone)
        self._uses: dict[_UsesKey, list[CapUse]] = {}
        self._prices: dict[int, int] = {}
        self._is_ruled: dict[tuple[int, int], bool] = {}
        self._gate = CapGate({}, {})
        self._credit: dict[CreditKey, CreditRow] = {}
        self._before: dict[CreditKey, CreditRow] = {}
        self._lacking: set[CreditKey] = set()
        self._entries: list[Entry] = []

    async def lock(self, connection: Connection, chances: Iterable[tuple[Job, Delivery]]) -> None:
        """Lock everything that the leads may take at the deliveries that are open to them."""
        keys = set()
        for job, delivery in chances:
            self._uses_of(job, delivery, None)
            key = self._credit_key(job, delivery)
            if key is not None:
                keys.add(key)
        self._gate = await lock_caps(connection, wanted(self._uses.values()))
        self._credit = await lock_credit(connection, self._setup.account.id, keys)
        self._before = {key: msgspec.structs.replace(row) for key, row in self._credit.items()}
        for key in self._credit:
            self._top_up(key)

    async def look(self, connection: Connection, chances: Iterable[tuple[Job, Delivery]]) -> None:
        """Read the same without locking anything: for answers that change nothing."""
        keys = set()
        for job, delivery in chances:
            self._uses_of(job, delivery, None)
            key = self._credit_key(job, delivery)
            if key is not None:
                keys.add(key)
        account_id = self._setup.account.id
        self._gate = await read_caps(connection, account_id, wanted(self._uses.values()))
        self._credit = await read_credit(connection, account_id, keys)

    def nearest(self, job: Job, delivery: Delivery) -> tuple[CapUse, int] | None:
        """Find the counter that is nearest to its limit, with how far it has come; None without caps."""
        uses = self._uses_of(job, delivery, None)
        counted = [(use, self._gate.used(use)) for use in uses]
        return min(counted, key=lambda pair: pair[0].limit - pair[1], default=None)

    def reason(self, job: Job, delivery: Delivery, price: int | None = None) -> str | None:
        """Tell which cap is full, or that credit is too little; None when a sale fits."""
        full = self._gate.full(self._uses_of(job, delivery, price))
        if full is not None:
            return f"{full.key.owner.name.lower()} cap ({full.key.period.words})"
        key = self._credit_key(job, delivery)
        if key is None:
            return None
        left = room(self._credit[key], self._terms(key))
        if left is None or left >= self._price(job, delivery, price):
            return None
        self._lacking.add(key)
        return NO_CREDIT

    def take(
        self, job: Job, delivery: Delivery, price: int | None = None, *, is_forced: bool = False
    ) -> Holds:
        """Take what a sale needs; ask `reason` first, unless it is forced, which takes what credit there is."""
        uses = self._uses_of(job, delivery, price)
        self._gate.take(uses)
        caps = tuple((use.key, use.amount) for use in uses)
        key = self._credit_key(job, delivery)
        if key is None:
            return Holds(caps)
        credit = self._price(job, delivery, price)
        left = room(self._credit[key], self._terms(key)) if is_forced else None
        if left is not None:
            credit = min(credit, max(0, left))
        self._credit[key].reserved += credit
        self._top_up(key)
        return Holds(caps, credit)

    async def write(self, connection: Connection) -> None:
        """Write what was taken, what was topped up, and the news of it."""
        await move_caps(connection, self._gate.moves)
        news = self._empty()
        changed = {key: row for key, row in self._credit.items() if row != self._before[key]}
        await write_credit(connection, self._setup.account.id, changed)
        await post_rare(connection, self._entries)
        await notices.tell_of_caps(connection, self._setup, self._now, self._gate.reached)
        await notices.tell_of_credit(connection, self._setup, self._now, news)

    def _empty(self) -> dict[CreditKey, tuple[Alert, int]]:
        """Find credit that a sale failed for, though no attempt under way holds any that might come back."""
        news = {}
        for key in sorted(self._lacking):
            row = self._credit[key]
            if row.reserved == 0 and row.alert < Alert.EMPTY:
                row.alert = Alert.EMPTY
                news[key] = (Alert.EMPTY, max(0, room(row, self._terms(key)) or 0))
        return news

    def _top_up(self, key: CreditKey) -> None:
        gained = top_up(self._credit[key], self._terms(key), self._now.astimezone(self._zone).date())
        if gained:
            self._entries.append(
                entries.added(self._setup.account.id, self._now, key, gained, entries.TOPPED_UP)
            )

    def _terms(self, key: CreditKey) -> CreditTerms:
        return self._setup.buyers[key.buyer_id].settings.credit

    def _credit_key(self, job: Job, delivery: Delivery) -> CreditKey | None:
        buyer = self._setup.buyers.get(delivery.buyer_id)
        if buyer is None or buyer.settings.credit.mode is CreditMode.NONE:
            return None
        return CreditKey(buyer.id, job.currency)

    def _price(self, job: Job, delivery: Delivery, price: int | None) -> int:
        if price is not None:
            return price
        known = self._prices.get(delivery.id)
        if known is None:
            known = self._prices[delivery.id] = expected_price(self._campaign(job), delivery)
        return known

    def _campaign(self, job: Job) -> Campaign:
        return self._setup.campaigns[job.campaign_id]

    def _uses_of(self, job: Job, delivery: Delivery, price: int | None) -> list[CapUse]:
        is_first = job.sale_status not in (SaleStatus.SOLD, SaleStatus.ASSIGNED)
        asked = self._price(job, delivery, price)
        payout = self._ruled_payout(job, delivery, asked)
        sought = (job.supplier_id, job.channel, is_first, asked, payout)
        key = (job.campaign_id, delivery.id, *sought)
        known = self._uses.get(key)
        if known is None:
            known = self._uses[key] = self._made(job, delivery, SoughtSale(*sought))
        return known

    def _ruled_payout(self, job: Job, delivery: Delivery, price: int) -> int | None:
        campaign = self._campaign(job)
        key = (campaign.id, delivery.id)
        if key not in self._is_ruled:
            self._is_ruled[key] = rules_pay(self._setup, campaign, delivery.id)
        return ruled_payout(self._setup, campaign, delivery.id, job, price) if self._is_ruled[key] else None

    def _made(self, job: Job, delivery: Delivery, sale: SoughtSale) -> list[CapUse]:
        buyer = self._setup.buyers.get(delivery.buyer_id)
        if buyer is None:
            return []
        account_id, campaign = self._setup.account.id, self._campaign(job)
        return attempt_uses(account_id, campaign, delivery, buyer, sale, at=self._now, zone=self._zone)

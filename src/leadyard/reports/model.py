"""What reports count, and the deltas by which the write path keeps the counts up to date."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from leadyard.leads.model import AttemptState, Channel, Standing
from leadyard.reports.periods import Period
from leadyard.storage.tables.rollups import BUYER_DIMENSIONS, BUYER_MEASURES, LEAD_DIMENSIONS, LEAD_MEASURES

Changes = dict[str, int]
_Sums = dict[tuple[Any, ...], list[int]]

_LEAD_PLACES = {name: place for place, name in enumerate(LEAD_MEASURES)}
_BUYER_PLACES = {name: place for place, name in enumerate(BUYER_MEASURES)}

COUNTED: Mapping[Standing, tuple[str, ...]] = {
    Standing.NOT_COUNTED: (),
    Standing.PENDING: ("pending",),
    Standing.INVALID: ("invalid",),
    Standing.REJECTED: ("valid",),
    Standing.APPROVED: ("valid", "approved"),
    Standing.RETURNED: ("valid", "approved", "returned"),
}
"""Which counts a lead of each standing is in (docs/leadbyte.md, "Reports")."""

ATTEMPT_COUNTED: Mapping[AttemptState, tuple[str, ...]] = {
    AttemptState.SOLD: ("posted", "accepted", "sold"),
    AttemptState.ASSIGNED: ("posted", "accepted", "sold"),
    AttemptState.RETURNED: ("posted", "accepted", "sold", "returned"),
    AttemptState.REJECTED: ("posted", "rejected"),
    AttemptState.REASSIGNED: ("posted", "accepted"),
}
"""Which of a buyer's counts an attempt of each state is in; states without an answer are in none.

An assignment by hand counts as an answer too: the state alone must tell, whatever it was before a return, and
the share of posted leads that were sold must not pass 100 %.
"""


def standing_change(old: Standing | None, new: Standing) -> Changes:
    """Tell how the counts of leads change when a lead's standing does; `old` is None for a new lead."""
    return _difference(() if old is None else COUNTED[old], COUNTED[new])


def attempt_change(old: AttemptState | None, new: AttemptState) -> Changes:
    """Tell how a buyer's counts change when an attempt's state does; `old` is None for a new attempt."""
    return _difference(() if old is None else ATTEMPT_COUNTED.get(old, ()), ATTEMPT_COUNTED.get(new, ()))


def _difference(old: Sequence[str], new: Sequence[str]) -> Changes:
    changes = {name: 1 for name in new if name not in old}
    changes.update({name: -1 for name in old if name not in new})
    return changes


def hour_of(at: datetime) -> datetime:
    """Give the UTC hour in which an instant lies."""
    return _hour(int(at.timestamp() // 3600))


@lru_cache(maxsize=1024)
def _hour(number: int) -> datetime:
    return datetime.fromtimestamp(number * 3600, UTC)


class Deltas:
    """The changes of one unit of work, summed per hour of receipt and dimensions; absent ids count as 0."""

    def __init__(self) -> None:
        """Start with no change."""
        self._leads: _Sums = {}
        self._buyers: _Sums = {}

    def lead(
        self,
        account_id: int,
        received_at: datetime,
        campaign_id: int | None,
        supplier_id: int | None,
        sub_supplier_id: int | None,
        channel: int,
        **changes: int,
    ) -> None:
        """Add changes to a lead's roll-up, named as LEAD_MEASURES: counts, and micro-units of money."""
        dimensions = (campaign_id or 0, supplier_id or 0, sub_supplier_id or 0, int(channel))
        _add(self._leads, (account_id, hour_of(received_at), *dimensions), _LEAD_PLACES, changes)

    def buyer(
        self,
        account_id: int,
        received_at: datetime,
        campaign_id: int | None,
        supplier_id: int | None,
        buyer_id: int,
        delivery_id: int | None,
        **changes: int,
    ) -> None:
        """Add changes to a buyer's roll-up, named as BUYER_MEASURES; `received_at` is the lead's."""
        dimensions = (campaign_id or 0, supplier_id or 0, buyer_id, delivery_id or 0)
        _add(self._buyers, (account_id, hour_of(received_at), *dimensions), _BUYER_PLACES, changes)

    def lead_columns(self) -> list[list[Any]]:
        """Give the lead deltas by column: account, LEAD_DIMENSIONS, LEAD_MEASURES."""
        return _columns(self._leads, 1 + len(LEAD_DIMENSIONS) + len(LEAD_MEASURES))

    def buyer_columns(self) -> list[list[Any]]:
        """Give the buyer deltas by column: account, BUYER_DIMENSIONS, BUYER_MEASURES."""
        return _columns(self._buyers, 1 + len(BUYER_DIMENSIONS) + len(BUYER_MEASURES))


def _add(sums: _Sums, key: tuple[Any, ...], places: Mapping[str, int], changes: Changes) -> None:
    row = sums.get(key)
    if row is None:
        row = sums[key] = [0] * len(places)
    for name, change in changes.items():
        row[places[name]] += change


def _columns(sums: _Sums, width: int) -> list[list[Any]]:
    rows = [(*key, *row) for key, row in sums.items() if any(row)]
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]


class LeadSums(msgspec.Struct, frozen=True):
    """Sums over leads: counts, and money in micro-units; members in the order of LEAD_MEASURES."""

    valid: int = 0
    invalid: int = 0
    pending: int = 0
    approved: int = 0
    returned: int = 0
    payout: int = 0
    revenue: int = 0
    validation_cost: int = 0
    email_cost: int = 0
    sms_cost: int = 0

    @property
    def leads(self) -> int:
        """Count what was received."""
        return self.valid + self.invalid + self.pending

    @property
    def rejections(self) -> int:
        """Count the valid leads that no buyer took."""
        return self.valid - self.approved

    @property
    def payable(self) -> int:
        """Count the approved leads that were not returned."""
        return self.approved - self.returned

    @property
    def profit(self) -> int:
        """Take payouts and costs from the revenue."""
        return self.revenue - self.payout - self.email_cost - self.sms_cost - self.validation_cost

    def plus(self, other: "LeadSums") -> "LeadSums":
        """Add two sums."""
        pairs = zip(msgspec.structs.astuple(self), msgspec.structs.astuple(other), strict=True)
        return LeadSums(*(mine + theirs for mine, theirs in pairs))


class CampaignReportRequest(msgspec.Struct, frozen=True):
    """What a campaign report is asked for.

    `campaigns` holds the campaigns to report on and the currency of each; None leaves suppliers or channels
    open, and supplier 0 stands for leads without one. `group` is one of periods.GROUPS; a time group sums all campaigns of a currency in one row
    unless `show_campaign`. `show_supplier` and `show_ssid` split the rows further. `buyer_ids` and
    `responder_ids` keep to leads that one of these buyers took, or to which one of these responders wrote; roll-ups
    cannot tell, so that such a report counts lead by lead.
    """

    account_id: int
    period: Period
    zone: ZoneInfo
    campaigns: dict[int, str]
    group: str = "Campaign"
    show_campaign: bool = False
    supplier_ids: tuple[int, ...] | None = None
    channels: tuple[Channel, ...] | None = None
    show_supplier: bool = False
    show_ssid: bool = False
    buyer_ids: tuple[int, ...] | None = None
    responder_ids: tuple[int, ...] | None = None


class CampaignReportRow(msgspec.Struct, frozen=True):
    """One row: `label` only with a time group, `campaign_id` only without one or when asked for.

    `supplier_id` (0: none) and `ssid` ("": none) only when asked for.
    """

    label: str | None
    campaign_id: int | None
    currency: str
    sums: LeadSums
    supplier_id: int | None = None
    ssid: str | None = None


class BuyerSums(msgspec.Struct, frozen=True):
    """Sums over deliveries to buyers: counts, and revenue in micro-units; members in the order of BUYER_MEASURES."""

    posted: int = 0
    accepted: int = 0
    sold: int = 0
    rejected: int = 0
    returned: int = 0
    revenue: int = 0

    def plus(self, other: "BuyerSums") -> "BuyerSums":
        """Add two sums."""
        pairs = zip(msgspec.structs.astuple(self), msgspec.structs.astuple(other), strict=True)
        return BuyerSums(*(mine + theirs for mine, theirs in pairs))

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to report."""
        return not any(msgspec.structs.astuple(self))


class BuyerReportRow(msgspec.Struct, frozen=True):
    """One row of the buyers' report; `supplier_id` 0 stands for leads without a supplier, None where it is not shown."""

    label: str | None
    campaign_id: int | None
    supplier_id: int | None
    buyer_id: int | None
    currency: str
    sums: BuyerSums


class Correction(msgspec.Struct, frozen=True):
    """What was booked later for leads that came before: changes of payout and revenue in micro-units."""

    payout: int = 0
    revenue: int = 0

    def plus(self, other: "Correction") -> "Correction":
        """Add two corrections."""
        return Correction(self.payout + other.payout, self.revenue + other.revenue)


Place = tuple[str | None, int | None, int | None, str | None, str]
"""Where figures belong: label, campaign, supplier, ssid, currency; None where rows are not split by it."""

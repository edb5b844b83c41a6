"""An auction's time budget: when it ends, and what becomes of bids that are not posted to by then.

The budget begins with the pings. The best bid always gets its post, for asking and then offering to nobody would serve
no one; what counts after that is the time since the first post, and what the pings took before it.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

import msgspec

from leadyard.campaigns.distribution import AuctionTerms
from leadyard.routing.offers import Bid

TOO_LATE = "the auction's time is over"


class Bids(msgspec.Struct):
    """The bids for a lead by delivery, and when the time for posts to them ends, once posts have begun."""

    of: dict[int, Bid] = {}
    until: dict[int, datetime] = {}

    def add(
        self, terms: AuctionTerms, bids: Collection[Bid], began: datetime, *, is_posted: bool, now: datetime
    ) -> None:
        """Add an auction: `began` is its first post, or now; after its end bids are none any more."""
        pings = max((bid.milliseconds for bid in bids), default=0)
        until = began + timedelta(milliseconds=terms.total_milliseconds - pings)
        is_over = is_posted and now >= until
        for bid in bids:
            self.of[bid.delivery_id] = _late(bid) if is_over else bid
            self.until[bid.delivery_id] = until


def in_time(bids: Mapping[int, Bid], until: Mapping[int, datetime], now: datetime) -> Mapping[int, Bid]:
    """Take away the bids whose time is over."""
    if not any(now >= end for end in until.values()):
        return bids
    return {id_: _late(bid) if id_ in until and now >= until[id_] else bid for id_, bid in bids.items()}


def _late(bid: Bid) -> Bid:
    return bid if bid.amount is None else msgspec.structs.replace(bid, amount=None, reason=TOO_LATE)

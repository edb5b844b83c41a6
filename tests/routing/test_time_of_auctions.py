"""How long an auction lasts, and what becomes of bids afterwards."""

from datetime import UTC, datetime, timedelta

from leadyard.campaigns.distribution import AuctionTerms
from leadyard.routing.budgets import TOO_LATE, Bids, in_time
from leadyard.routing.offers import Bid

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
TERMS = AuctionTerms(total_milliseconds=2000)
BIDS = (Bid(1, 10, 5_000_000, milliseconds=500), Bid(2, 20, None, "no", milliseconds=100))


def held(began: datetime, *, is_posted: bool) -> Bids:
    bids = Bids()
    bids.add(TERMS, BIDS, began, is_posted=is_posted, now=NOW)
    return bids


def test_what_the_pings_took_counts_too() -> None:
    assert held(NOW, is_posted=False).until == dict.fromkeys((1, 2), NOW + timedelta(seconds=1.5))


def test_bids_are_late_once_a_post_has_begun_and_the_time_is_over() -> None:
    long_ago, just_now = NOW - timedelta(seconds=1.5), NOW - timedelta(seconds=1.4)
    assert held(just_now, is_posted=True).of[1].amount == 5_000_000
    late = held(long_ago, is_posted=True).of
    assert [(bid.amount, bid.reason) for bid in late.values()] == [(None, TOO_LATE), (None, "no")]
    assert held(long_ago, is_posted=False).of[1].amount == 5_000_000


def test_an_auction_that_begins_later_has_a_time_of_its_own() -> None:
    bids = Bids()
    bids.add(TERMS, [BIDS[0]], NOW - timedelta(seconds=9), is_posted=True, now=NOW)
    bids.add(TERMS, [Bid(3, 30, 7_000_000, milliseconds=10)], NOW, is_posted=True, now=NOW)
    assert (bids.of[1].amount, bids.of[3].amount) == (None, 7_000_000)
    assert in_time(bids.of, bids.until, NOW)[3].amount == 7_000_000
    assert in_time(bids.of, bids.until, NOW + timedelta(seconds=2))[3].reason == TOO_LATE

"""How credit is read from rows that were joined with the touch it came by."""

from leadyard.people.model import Credit
from leadyard.storage.database import Row

_MANUAL = 9
"""tracking.model.TouchSource.MANUAL."""


def credit_of(row: Row) -> Credit:
    """Read a credit from a row that was joined with the touch it came by."""
    return Credit(
        affiliate_id=row["affiliate_id"],
        traffic_campaign_id=row["traffic_campaign_id"],
        touch_id=row["credited_touch_id"],
        at=row["credited_at"],
        subid=row["credited_subid"],
        is_manual=row["credited_source"] == _MANUAL,
    )

"""Visitors, every touch that brought them, and what browsers have sent and nobody has worked in yet."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP

from leadyard.storage.tables.base import document, moment, number, small, tenant, text

addresses = tenant(
    "addresses",
    number("id"),
    sa.Column("digest", sa.LargeBinary, nullable=False),
    text("url"),
    sa.UniqueConstraint("account_id", "digest"),
)
"""Addresses of pages, once each; `digest` is the first 16 bytes of the address's SHA-256."""

visitors = tenant(
    "visitors",
    number("id"),
    text("tracking_code"),
    number("person_id", nullable=True),
    number("url_id", nullable=True),
    number("referrer_id", nullable=True),
    text("search_term", nullable=True),
    number("affiliate_id", nullable=True),
    number("traffic_campaign_id", nullable=True),
    number("credited_touch_id", nullable=True),
    moment("latest_click", nullable=True),
    sa.Column("is_bot", sa.Boolean, nullable=False, server_default=sa.text("false")),
    moment("created_at"),
    moment("updated_at"),
    sa.UniqueConstraint("account_id", "tracking_code"),
    sa.Index(
        "ix_visitors_created_at", "account_id", "created_at", "id", postgresql_where=sa.text("NOT is_bot")
    ),
    sa.Index(
        "ix_visitors_person_id", "account_id", "person_id", postgresql_where=sa.text("person_id IS NOT NULL")
    ),
    postgresql_with={"fillfactor": "85"},
)

touches = tenant(
    "touches",
    number("id"),
    number("visitor_id", nullable=True),
    number("person_id", nullable=True),
    sa.Column("event_id", sa.Uuid, nullable=True),
    moment("at"),
    small("source"),
    text("code", nullable=True),
    text("subid", nullable=True),
    text("channel", nullable=True),
    number("affiliate_id", nullable=True),
    number("traffic_campaign_id", nullable=True),
    number("url_id", nullable=True),
    number("referrer_id", nullable=True),
    number("origin_id", nullable=True),
    small("rule"),
    text("remote_ip", nullable=True),
    text("agent", nullable=True),
    sa.UniqueConstraint("account_id", "event_id"),
    sa.Index(
        "ix_touches_visitor_id",
        "account_id",
        "visitor_id",
        "id",
        postgresql_where=sa.text("visitor_id IS NOT NULL"),
    ),
    sa.Index(
        "ix_touches_person_id",
        "account_id",
        "person_id",
        "id",
        postgresql_where=sa.text("person_id IS NOT NULL"),
    ),
    sa.Index(
        "ix_touches_affiliate_id",
        "account_id",
        "affiliate_id",
        "at",
        postgresql_where=sa.text("affiliate_id IS NOT NULL"),
    ),
)
"""Every arrival, code and manual change, in the order of `id`, so that the credit can be explained and worked out
anew. `source` is tracking.model.TouchSource; direct arrivals have no affiliate. `event_id` is the browser's own.

`rule` are the account's settings of that moment (tracking.attribution), `origin_id` is the touch whose credit this one
hands on: when a visitor turns out to be a person, the touch that the visitor is credited by.
"""

collector_events = tenant(
    "collector_events",
    sa.Column("id", sa.Uuid, nullable=False),
    moment("at"),
    small("kind"),
    document("body"),
    key=("id",),
)
"""What the tracker's beacon took and the worker has not worked in yet, in the order of `id` (UUID version 7).

The key is the only index: a visit costs the beacon one indexed write.
"""

collector_problems = tenant(
    "collector_problems",
    sa.Column("id", sa.Uuid, nullable=False),
    moment("at"),
    small("kind"),
    document("body"),
    text("problem"),
    moment("set_aside_at"),
    key=("id",),
)
"""Events that could not be worked in, with the reason, until somebody puts them back or throws them away."""

collector_turns = tenant("collector_turns", moment("worked_in_at", nullable=True), key=())
"""One row per account with a tracker: whoever works events in locks it, so that they are worked in in order."""

tallies = tenant(
    "tallies",
    text("what"),
    sa.Column("day", sa.Date, nullable=False),
    small("slot"),
    number("count"),
    key=("what", "day", "slot"),
)
"""How many visitors, people and the like were made on each day (UTC): the sum of its slots, which keep writers apart."""

request_windows = tenant(
    "request_windows",
    text("scope"),
    sa.Column("taken_at", ARRAY(TIMESTAMP(timezone=True)), nullable=False),
    key=("scope",),
    postgresql_with={"fillfactor": "50"},
)
"""When the last requests under a rate limit were taken, over all processes, in their order."""

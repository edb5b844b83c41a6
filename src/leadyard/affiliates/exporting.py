"""What exports show of the affiliate programme: columns, and statements that read pages of rows by rising id.

The last four parameters of each are the key behind which a page begins (an id and 0), the last id and the most rows.
"""

from collections.abc import Sequence

import msgspec

from leadyard.affiliates.commissions.reading_store import FROM, STATUS
from leadyard.affiliates.model import PAYOUT_STATES, CommissionKind, PurchaseState
from leadyard.exports.model import Column, Kind, plain, worded

VISITORS, PEOPLE, PURCHASES, COMMISSIONS, PAYOUTS = (
    "visitors",
    "people",
    "purchases",
    "commissions",
    "payouts",
)


class Exported(msgspec.Struct, frozen=True):
    """One noun: its parameters are account, now, affiliate, state, and times from (inside) to (outside)."""

    columns: Sequence[Column]
    sql: str
    ends: str


def _ends(table: str) -> str:
    return f"SELECT min(id) AS first, max(id) AS last FROM {table} WHERE account_id = $1"


def _window(alias: str) -> str:
    return f"""
  AND ($3::bigint IS NULL OR {alias}.affiliate_id = $3)
  AND ($5::timestamptz IS NULL OR {alias}.created_at >= $5) AND ($6::timestamptz IS NULL OR {alias}.created_at < $6)
  AND {alias}.id > $7::bigint AND $8::bigint >= 0 AND {alias}.id <= $9::bigint
ORDER BY {alias}.id LIMIT $10::bigint
"""


# Every statement takes the same parameters, also those that it has no use for.
_UNUSED = "$2::timestamptz IS NOT NULL"
_NO_STATE = f"{_UNUSED} AND $4::text IS NULL"

_VISITORS = f"""
SELECT v.id, v.tracking_code, v.person_id, v.affiliate_id, a.email AS affiliate_email, v.traffic_campaign_id,
  u.url, r.url AS referrer, v.search_term, v.latest_click, v.created_at
FROM visitors v
LEFT JOIN affiliates a ON a.account_id = $1 AND a.id = v.affiliate_id
LEFT JOIN addresses u ON u.account_id = $1 AND u.id = v.url_id
LEFT JOIN addresses r ON r.account_id = $1 AND r.id = v.referrer_id
WHERE v.account_id = $1 AND NOT v.is_bot AND {_NO_STATE} {_window("v")}
"""

_PROFILE = (
    "first_name", "last_name", "company", "phone", "address1", "address2", "city", "state", "zipcode", "country",
)  # fmt: skip
_PEOPLE = f"""
SELECT p.id, p.email, {", ".join(f"p.profile ->> '{name}' AS {name}" for name in _PROFILE)}, p.custom_status,
  p.affiliate_id, a.email AS affiliate_email, p.traffic_campaign_id, p.standing_purchases, p.first_visitor_id,
  p.latest_visitor_id, p.created_at, p.updated_at
FROM people p LEFT JOIN affiliates a ON a.account_id = $1 AND a.id = p.affiliate_id
WHERE p.account_id = $1 AND {_NO_STATE} {_window("p")}
"""

_PURCHASE_STATES = {int(state): state.name.lower() for state in PurchaseState}
_PURCHASE_STATE = (
    f"CASE b.state {' '.join(f'WHEN {n} THEN {word!r}' for n, word in _PURCHASE_STATES.items())} END"
)
_PURCHASES = f"""
SELECT b.id, b.purchase_code, b.person_id, p.email, b.affiliate_id, a.email AS affiliate_email, b.traffic_campaign_id,
  l.code AS plan_code, b.state, b.amount, b.currency, b.amount_override, b.used_code, b.description, b.note, b.is_first,
  b.is_barred, b.cancellation_source, b.effective_at, b.created_at, b.updated_at
FROM purchases b
LEFT JOIN people p ON p.account_id = $1 AND p.id = b.person_id
LEFT JOIN affiliates a ON a.account_id = $1 AND a.id = b.affiliate_id
LEFT JOIN plans l ON l.account_id = $1 AND l.id = b.plan_id
WHERE b.account_id = $1 AND {_UNUSED} AND ($4::text IS NULL OR {_PURCHASE_STATE} = $4) {_window("b")}
"""

_COMMISSIONS = f"""
SELECT c.id, {STATUS} AS status, c.kind, c.affiliate_id, a.email AS affiliate_email, c.amount, c.currency, c.level,
  c.repetition, c.reason, c.note, c.is_held, c.purchase_id, p.purchase_code, c.person_id, c.visitor_id, c.lead_id,
  l.code AS plan_code, c.counterpart_of, c.payout_id, c.due_at, c.paid_at, c.created_at, c.updated_at
{FROM} LEFT JOIN plans l ON l.account_id = $1 AND l.id = c.plan_id
WHERE c.account_id = $1 AND ($4::text IS NULL OR {STATUS} = $4) {_window("c")}
"""

_STATES = {number: state.value for state, number in PAYOUT_STATES.items()}
_PAYOUT_STATE = f"CASE b.state {' '.join(f'WHEN {n} THEN {word!r}' for n, word in _STATES.items())} END"
_PAYOUTS = f"""
SELECT b.id, b.run_id, b.affiliate_id, a.email AS affiliate_email, b.amount, b.currency, b.method, b.state,
  b.reference::text AS reference, b.problem, b.created_at, b.paid_at
FROM payouts b LEFT JOIN affiliates a ON a.account_id = $1 AND a.id = b.affiliate_id
WHERE b.account_id = $1 AND {_UNUSED} AND ($4::text IS NULL OR {_PAYOUT_STATE} = $4) {_window("b")}
"""

_AFFILIATE = plain("affiliate_id", Kind.NUMBER), plain("affiliate_email")
_CREDIT = *_AFFILIATE, plain("traffic_campaign_id", Kind.NUMBER)

PROGRAMME = {
    VISITORS: Exported(
        (
            plain("id", Kind.NUMBER), plain("tracking_code"), plain("person_id", Kind.NUMBER), *_CREDIT,
            plain("url"), plain("referrer"), plain("search_term"), plain("latest_click", Kind.MOMENT),
            plain("created_at", Kind.MOMENT),
        ),
        _VISITORS,
        _ends("visitors"),
    ),
    PEOPLE: Exported(
        (
            plain("id", Kind.NUMBER), plain("email"), *(plain(name) for name in _PROFILE), plain("custom_status"),
            *_CREDIT, plain("purchases", Kind.NUMBER, member="standing_purchases"),
            plain("first_visitor_id", Kind.NUMBER), plain("latest_visitor_id", Kind.NUMBER),
            plain("created_at", Kind.MOMENT), plain("updated_at", Kind.MOMENT),
        ),
        _PEOPLE,
        _ends("people"),
    ),
    PURCHASES: Exported(
        (
            plain("id", Kind.NUMBER), plain("purchase_code"), plain("person_id", Kind.NUMBER), plain("email"), *_CREDIT,
            plain("plan_code"), worded("state", _PURCHASE_STATES), plain("amount", Kind.MICROS), plain("currency"),
            plain("amount_override", Kind.MICROS), plain("code", member="used_code"), plain("description"),
            plain("note"), plain("is_first", Kind.FLAG), plain("pays_nobody", Kind.FLAG, member="is_barred"),
            plain("cancelled_by", member="cancellation_source"), plain("cancelled_at", Kind.MOMENT, member="effective_at"),
            plain("created_at", Kind.MOMENT), plain("updated_at", Kind.MOMENT),
        ),
        _PURCHASES,
        _ends("purchases"),
    ),
    COMMISSIONS: Exported(
        (
            plain("id", Kind.NUMBER), plain("status"),
            worded("kind", {int(kind): kind.name.lower() for kind in CommissionKind}), *_AFFILIATE,
            plain("amount", Kind.MICROS), plain("currency"), plain("level", Kind.NUMBER),
            plain("repetition", Kind.NUMBER), plain("reason"), plain("note"), plain("is_held", Kind.FLAG),
            plain("purchase_id", Kind.NUMBER), plain("purchase_code"), plain("person_id", Kind.NUMBER),
            plain("visitor_id", Kind.NUMBER), plain("lead_id", Kind.NUMBER), plain("plan_code"),
            plain("counterpart_of", Kind.NUMBER), plain("payout_id", Kind.NUMBER), plain("due_at", Kind.MOMENT),
            plain("paid_at", Kind.MOMENT), plain("created_at", Kind.MOMENT), plain("updated_at", Kind.MOMENT),
        ),
        _COMMISSIONS,
        _ends("commissions"),
    ),
    PAYOUTS: Exported(
        (
            plain("id", Kind.NUMBER), plain("run_id", Kind.NUMBER), *_AFFILIATE, plain("amount", Kind.MICROS),
            plain("currency"), plain("method"), worded("state", _STATES), plain("reference"), plain("problem"),
            plain("created_at", Kind.MOMENT), plain("paid_at", Kind.MOMENT),
        ),
        _PAYOUTS,
        _ends("payouts"),
    ),
}  # fmt: skip

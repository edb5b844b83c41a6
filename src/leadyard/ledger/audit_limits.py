"""What the audit recounts of limits: caps and credit are the sums of what attempts hold, credit also of the ledger."""

from leadyard.leads.model import APPROVED_STATES, AttemptState
from leadyard.ledger.audit_checks import Check, compared
from leadyard.ledger.model import Book, EntryKind

_COUNTER = ("owner_kind", "owner_id", "campaign_id", "period", "period_start")
_OPEN = f"{int(AttemptState.SENDING)}, {int(AttemptState.UNKNOWN)}"
_SOLD = ", ".join(str(int(state)) for state in sorted(APPROVED_STATES))

# Campaigns and suppliers (owners 1 and 2) count valid leads and their payouts as they come in; what sales count there,
# revenue (periods 11 to 15) and approved leads (31 to 35), attempts hold.
_BY_ATTEMPTS = "(owner_kind IN (3, 4) OR period BETWEEN 11 AND 15 OR period BETWEEN 31 AND 35)"

_HELD = f"""
SELECT {", ".join(_COUNTER)}, sum(amount) AS used FROM (
    SELECT (held->>0)::smallint AS owner_kind, (held->>1)::bigint AS owner_id, (held->>2)::bigint AS campaign_id,
        (held->>3)::smallint AS period, to_timestamp((held->>4)::bigint) AS period_start,
        (held->>5)::bigint AS amount
    FROM delivery_attempts a CROSS JOIN jsonb_array_elements(a.holds->'caps') AS held
    WHERE a.account_id = $1 AND a.holds IS NOT NULL
) AS each WHERE {_BY_ATTEMPTS} GROUP BY {", ".join(_COUNTER)}
"""
_COUNTED = f"SELECT {', '.join(_COUNTER)}, used FROM cap_counters WHERE account_id = $1 AND {_BY_ATTEMPTS}"

_CREDIT_HELD = f"""
SELECT a.buyer_id, l.currency,
    sum((a.holds->>'credit')::bigint) FILTER (WHERE a.state IN ({_OPEN})) AS reserved,
    sum((a.holds->>'credit')::bigint) FILTER (WHERE a.state IN ({_SOLD})) AS spent
FROM delivery_attempts a JOIN leads l ON l.account_id = a.account_id AND l.id = a.lead_id
WHERE a.account_id = $1 AND a.holds->'credit' IS NOT NULL GROUP BY 1, 2
"""
_CREDIT_BOOKED = f"""
SELECT p.party_id AS buyer_id, p.currency,
    -sum(p.amount) FILTER (WHERE n.kind = '{EntryKind.CREDIT_ADDED}') AS added,
    sum(p.amount) FILTER (WHERE n.kind <> '{EntryKind.CREDIT_ADDED}') AS spent
FROM ledger_postings p JOIN ledger_entries n ON n.account_id = p.account_id AND n.id = p.entry_id
WHERE p.account_id = $1 AND p.book = '{Book.CREDIT}' GROUP BY 1, 2
"""
_CREDIT = "SELECT buyer_id, currency, added, spent, reserved FROM buyer_credit WHERE account_id = $1"
_HELD_TOO_LONG = f"""
SELECT lead_id, number, 0 AS expected_holds, 1 AS found_holds FROM delivery_attempts
WHERE account_id = $1 AND holds IS NOT NULL AND state NOT IN ({_OPEN}, {_SOLD}) ORDER BY 1, 2 LIMIT $2
"""

LIMIT_CHECKS = (
    Check(
        "cap against attempts",
        "owner {owner_kind} {owner_id}, campaign {campaign_id}, period {period} from {period_start:%Y-%m-%d %H:%M} UTC",
        ("used",),
        compared(_COUNTER, ("used",), _HELD, _COUNTED),
    ),
    Check(
        "credit against attempts",
        "buyer {buyer_id}, {currency}",
        ("reserved", "spent"),
        compared(("buyer_id", "currency"), ("reserved", "spent"), _CREDIT_HELD, _CREDIT),
    ),
    Check(
        "credit against the ledger",
        "buyer {buyer_id}, {currency}",
        ("added", "spent"),
        compared(("buyer_id", "currency"), ("added", "spent"), _CREDIT_BOOKED, _CREDIT),
    ),
    Check("attempt holds what it gave up", "lead {lead_id}, attempt {number}", ("holds",), _HELD_TOO_LONG),
)

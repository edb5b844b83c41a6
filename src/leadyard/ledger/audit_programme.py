"""What the audit recounts of the affiliate programme: commissions, customers and the number of purchases."""

from leadyard.affiliates.model import CommissionState, PurchaseState
from leadyard.ledger.audit_checks import Check, compared
from leadyard.ledger.model import Book, EntryKind

_CANCELLED, _PAID = int(CommissionState.CANCELLED), int(CommissionState.PAID)

_COMMISSIONS = f"""
SELECT id, affiliate_id, currency,
    CASE WHEN state = {_CANCELLED} THEN 0 ELSE amount END AS earned,
    CASE WHEN state = {_PAID} THEN amount ELSE 0 END AS paid
FROM commissions WHERE account_id = $1
"""
_BOOKED = f"""
SELECT n.commission_id AS id, p.party_id AS affiliate_id, p.currency,
    -sum(p.amount) FILTER (WHERE p.book = '{Book.AFFILIATE}' AND n.kind <> '{EntryKind.COMMISSION_PAID}') AS earned,
    -sum(p.amount) FILTER (WHERE p.book = '{Book.PAID_OUT}') AS paid
FROM ledger_entries n JOIN ledger_postings p ON p.account_id = n.account_id AND p.entry_id = n.id
WHERE n.account_id = $1 AND n.commission_id IS NOT NULL GROUP BY 1, 2, 3
"""
_STANDING = f"""
SELECT person_id, count(*) AS purchases FROM purchases
WHERE account_id = $1 AND state <> {int(PurchaseState.CANCELLED)} GROUP BY 1
"""
_CUSTOMERS = (
    "SELECT id AS person_id, standing_purchases AS purchases FROM people"
    " WHERE account_id = $1 AND standing_purchases <> 0"
)
_TALLIED = "SELECT 'purchases' AS what, count(*) AS count FROM purchases WHERE account_id = $1"
_TALLIES = (
    "SELECT what, sum(count) AS count FROM tallies WHERE account_id = $1 AND what = 'purchases' GROUP BY 1"
)
_LEFT_OPEN = f"""
SELECT c.id, c.purchase_id, 0 AS expected_amount, c.amount AS found_amount
FROM commissions c JOIN purchases p ON p.account_id = $1 AND p.id = c.purchase_id
WHERE c.account_id = $1 AND c.state = {int(CommissionState.OPEN)} AND c.payout_id IS NULL AND c.amount > 0
    AND p.state = {int(PurchaseState.CANCELLED)} AND p.effective_at <= p.updated_at
ORDER BY 1 LIMIT $2
"""
_TOO_MUCH_BACK = """
SELECT c.counterpart_of AS id, p.amount AS expected_taken, -sum(c.amount) AS found_taken
FROM commissions c JOIN commissions p ON p.account_id = $1 AND p.id = c.counterpart_of
WHERE c.account_id = $1 AND c.state <> 2 AND c.purchase_id IS NOT NULL
GROUP BY 1, 2 HAVING -sum(c.amount) > p.amount ORDER BY 1 LIMIT $2
"""

PROGRAMME_CHECKS = (
    Check(
        "commission against the ledger",
        "commission {id}, affiliate {affiliate_id}, {currency}",
        ("earned", "paid"),
        compared(("id", "affiliate_id", "currency"), ("earned", "paid"), _COMMISSIONS, _BOOKED),
    ),
    Check(
        "commission of a cancelled purchase",
        "commission {id}, purchase {purchase_id}",
        ("amount",),
        _LEFT_OPEN,
    ),
    Check("more taken back than was paid", "commission {id}", ("taken",), _TOO_MUCH_BACK),
    Check(
        "person against purchases",
        "person {person_id}",
        ("purchases",),
        compared(("person_id",), ("purchases",), _STANDING, _CUSTOMERS),
    ),
    Check("tally of purchases", "{what}", ("count",), compared(("what",), ("count",), _TALLIED, _TALLIES)),
)

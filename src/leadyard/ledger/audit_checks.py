"""What the audit recounts: one set-based statement per check.

Each statement takes the account and the most rows to give, and gives only rows that differ: the columns that
`where` names, and `expected_…` and `found_…` for each of `figures`.
"""

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import TypeVar

import msgspec

from leadyard.leads.model import APPROVED_STATES, AttemptState, Channel, SaleStatus, Standing
from leadyard.ledger import audit_carriers
from leadyard.ledger.model import COST_BOOKS, NOBODY, SETTLEMENTS, Book, EntryKind
from leadyard.reports.model import ATTEMPT_COUNTED, COUNTED
from leadyard.storage.tables.rollups import BUYER_DIMENSIONS, LEAD_DIMENSIONS

_StateT = TypeVar("_StateT", bound=IntEnum)

SALE_COUNTS = ("posted", "accepted", "sold", "rejected", "returned")
_HOUR = "date_trunc('hour', l.received_at, 'UTC')"
_APPROVED_STATES = ", ".join(str(int(state)) for state in sorted(APPROVED_STATES))
_SETTLEMENTS = ", ".join(f"'{kind}'" for kind in sorted(SETTLEMENTS))
_SOLD = f"{int(SaleStatus.SOLD)}, {int(SaleStatus.ASSIGNED)}"


class Check(msgspec.Struct, frozen=True):
    """One recount; `where` is a format string over the columns of a differing row."""

    title: str
    where: str
    figures: tuple[str, ...]
    sql: str


def compared(key: Sequence[str], figures: Sequence[str], expected: str, found: str) -> str:
    """Write the statement that compares two queries with the same key, figure by figure."""
    pairs = ", ".join(
        f"coalesce(e.{name}, 0) AS expected_{name}, coalesce(f.{name}, 0) AS found_{name}" for name in figures
    )
    differs = " OR ".join(f"coalesce(e.{name}, 0) <> coalesce(f.{name}, 0)" for name in figures)
    names = ", ".join(key)
    return f"""
    WITH e AS ({expected}), f AS ({found})
    SELECT {names}, {pairs} FROM e FULL JOIN f USING ({names}) WHERE {differs} ORDER BY {names} LIMIT $2
    """


def _rolled_up(kind: str, key: Sequence[str], figures: Sequence[str], condition: str = "true") -> str:
    names, columns = ", ".join(key), ", ".join((*key, *figures))
    sums = ", ".join(f"sum({name}) AS {name}" for name in figures)
    return f"""
    SELECT {names}, {sums} FROM (
        SELECT {columns} FROM {kind}_rollups WHERE account_id = $1
        UNION ALL SELECT {columns} FROM {kind}_deltas WHERE account_id = $1
    ) AS rolled_up WHERE {condition} GROUP BY {names}
    """


def _counts(column: str, counted: Mapping[_StateT, tuple[str, ...]], names: Sequence[str]) -> str:
    def values(name: str) -> str:
        return ", ".join(str(int(value)) for value, counts in counted.items() if name in counts)

    return ", ".join(f"count(*) FILTER (WHERE {column} IN ({values(name)})) AS {name}" for name in names)


_LEAD_COUNTS = ("valid", "invalid", "pending", "approved", "returned")
_AMOUNTS = ("payout", "revenue", "validation_cost", "email_cost", "sms_cost")
_LEADS = f"""
SELECT {_HOUR} AS hour, coalesce(l.campaign_id, 0) AS campaign_id, coalesce(l.supplier_id, 0) AS supplier_id,
    coalesce(l.sub_supplier_id, 0) AS sub_supplier_id, l.channel,
    {_counts("l.standing", COUNTED, _LEAD_COUNTS)},
    {", ".join(f"sum(l.{name}) AS {name}" for name in _AMOUNTS)}
FROM leads l WHERE l.account_id = $1 AND l.standing <> {int(Standing.NOT_COUNTED)} GROUP BY 1, 2, 3, 4, 5
"""
_ATTEMPTS = f"""
SELECT {_HOUR} AS hour, coalesce(l.campaign_id, 0) AS campaign_id, coalesce(l.supplier_id, 0) AS supplier_id,
    a.buyer_id, a.delivery_id, {_counts("a.state", ATTEMPT_COUNTED, SALE_COUNTS)}
FROM delivery_attempts a JOIN leads l ON l.account_id = a.account_id AND l.id = a.lead_id
WHERE a.account_id = $1 AND NOT l.is_test GROUP BY 1, 2, 3, 4, 5
"""
_CHARGED = f"""
SELECT {_HOUR} AS hour, coalesce(l.campaign_id, 0) AS campaign_id, coalesce(l.supplier_id, 0) AS supplier_id,
    p.party_id AS buyer_id, sum(p.amount) AS revenue
FROM ledger_postings p
JOIN ledger_entries n ON n.account_id = p.account_id AND n.id = p.entry_id
JOIN leads l ON l.account_id = n.account_id AND l.id = n.lead_id
WHERE p.account_id = $1 AND p.book = '{Book.BUYER}' AND p.party_id <> {NOBODY} AND NOT l.is_test
    AND n.kind NOT IN ({_SETTLEMENTS})
GROUP BY 1, 2, 3, 4
"""


def _booked() -> str:
    books = {"payout": Book.PAYOUT, "revenue": Book.REVENUE}
    books |= {kind.value: book for kind, book in COST_BOOKS.items()}
    sums = ", ".join(
        f"{'-' if book is Book.REVENUE else ''}sum(p.amount) FILTER (WHERE p.book = '{book}') AS {name}"
        for name, book in books.items()
    )
    return f"""
    SELECT n.lead_id, p.currency, {sums} FROM ledger_entries n
    JOIN ledger_postings p ON p.account_id = n.account_id AND p.entry_id = n.id
    WHERE n.account_id = $1 AND n.lead_id IS NOT NULL GROUP BY 1, 2
    """


_OUT_OF_BALANCE = """
SELECT entry_id, currency, 0 AS expected_sum, sum(amount) AS found_sum FROM ledger_postings
WHERE account_id = $1 GROUP BY 1, 2 HAVING sum(amount) <> 0 ORDER BY 1, 2 LIMIT $2
"""
_WITHOUT_POSTINGS = """
SELECT n.id, 1 AS expected_postings, 0 AS found_postings FROM ledger_entries n
LEFT JOIN ledger_postings p ON p.account_id = n.account_id AND p.entry_id = n.id
WHERE n.account_id = $1 AND p.entry_id IS NULL ORDER BY 1 LIMIT $2
"""
_WITHOUT_ENTRY = """
SELECT p.entry_id, 0 AS expected_postings, count(*) AS found_postings FROM ledger_postings p
LEFT JOIN ledger_entries n ON n.account_id = p.account_id AND n.id = p.entry_id
WHERE p.account_id = $1 AND n.id IS NULL GROUP BY 1 ORDER BY 1 LIMIT $2
"""
_REVENUE_OF_ATTEMPTS = f"""
SELECT l.id, coalesce(a.revenue, 0) AS expected_revenue, l.revenue AS found_revenue
FROM leads l LEFT JOIN (
    SELECT lead_id, sum(revenue) AS revenue FROM delivery_attempts
    WHERE account_id = $1 AND state IN ({_APPROVED_STATES}) GROUP BY 1
) AS a ON a.lead_id = l.id
WHERE l.account_id = $1 AND NOT l.is_test AND l.channel <> {int(Channel.HISTORY)}
    AND l.revenue <> coalesce(a.revenue, 0)
    AND NOT EXISTS (
        SELECT 1 FROM ledger_entries n
        WHERE n.account_id = $1 AND n.lead_id = l.id AND n.kind = '{EntryKind.FINANCIALS_CHANGED}'
    )
ORDER BY 1 LIMIT $2
"""
_SOLD_TO_NOBODY = f"""
SELECT l.id, 1 AS expected_attempts, 0 AS found_attempts FROM leads l
WHERE l.account_id = $1 AND l.sale_status IN ({_SOLD}) AND NOT l.is_test
    AND l.channel <> {int(Channel.HISTORY)}
    AND NOT EXISTS (
        SELECT 1 FROM delivery_attempts a
        WHERE a.account_id = $1 AND a.lead_id = l.id AND a.state IN ({_APPROVED_STATES})
    )
ORDER BY 1 LIMIT $2
"""
_ASKED = "SELECT lead_id, provider_id, sum(cost) AS cost FROM lead_checks WHERE account_id = $1 GROUP BY 1, 2"
_PAID_PROVIDERS = f"""
SELECT n.lead_id, p.party_id AS provider_id, sum(p.amount) AS cost FROM ledger_entries n
JOIN ledger_postings p ON p.account_id = n.account_id AND p.entry_id = n.id
WHERE n.account_id = $1 AND n.lead_id IS NOT NULL AND p.book = '{Book.VALIDATION}' AND p.party_id <> {NOBODY}
GROUP BY 1, 2
"""
_RETURNED_WITHOUT_A_RETURN = f"""
SELECT a.lead_id, a.number, 1 AS expected_returns, 0 AS found_returns FROM delivery_attempts a
WHERE a.account_id = $1 AND a.state = {int(AttemptState.RETURNED)} AND NOT EXISTS (
    SELECT 1 FROM lead_returns r
    WHERE r.account_id = $1 AND r.lead_id = a.lead_id AND r.buyer_id = a.buyer_id AND r.state = 1
)
ORDER BY 1, 2 LIMIT $2
"""
_RETURNS_IN_THE_LEDGER = f"""
SELECT n.lead_id, p.currency,
    -sum(p.amount) FILTER (WHERE p.book = '{Book.PAYOUT}') AS payout,
    sum(p.amount) FILTER (WHERE p.book = '{Book.REVENUE}') AS revenue
FROM ledger_entries n JOIN ledger_postings p ON p.account_id = n.account_id AND p.entry_id = n.id
WHERE n.account_id = $1 AND n.kind = '{EntryKind.RETURNED}' GROUP BY 1, 2
"""
_RETURNS_MADE = """
SELECT lead_id, currency, sum(payout) AS payout, sum(revenue) AS revenue FROM lead_returns
WHERE account_id = $1 AND state = 1 GROUP BY 1, 2
"""
_MEMO = "responder message "
_OF_MESSAGES = f"""
SELECT substring(n.memo FROM {len(_MEMO) + 1})::bigint AS id,
    sum(p.amount) FILTER (WHERE p.book IN ('{Book.EMAIL}', '{Book.SMS}')) AS cost,
    -sum(p.amount) FILTER (WHERE p.book = '{Book.MESSAGES}') AS revenue
FROM ledger_entries n JOIN ledger_postings p ON p.account_id = n.account_id AND p.entry_id = n.id
WHERE n.account_id = $1 AND n.memo LIKE '{_MEMO}%'
    AND n.kind IN ('{EntryKind.EMAIL_COST}', '{EntryKind.SMS_COST}', '{EntryKind.CONVERSION}') GROUP BY 1
"""
_AT = "hour {hour:%Y-%m-%d %H:00} UTC, campaign {campaign_id}, supplier {supplier_id}, "

CHECKS = (
    Check("entry out of balance", "entry {entry_id}, {currency}", ("sum",), _OUT_OF_BALANCE),
    Check("entry without postings", "entry {id}", ("postings",), _WITHOUT_POSTINGS),
    Check("postings without an entry", "entry {entry_id}", ("postings",), _WITHOUT_ENTRY),
    Check(
        "lead roll-up",
        _AT + "sub-supplier {sub_supplier_id}, channel {channel}",
        (*_LEAD_COUNTS, *_AMOUNTS),
        compared(
            LEAD_DIMENSIONS,
            (*_LEAD_COUNTS, *_AMOUNTS),
            _LEADS,
            _rolled_up("lead", LEAD_DIMENSIONS, (*_LEAD_COUNTS, *_AMOUNTS)),
        ),
    ),
    Check(
        "buyer roll-up against attempts",
        _AT + "buyer {buyer_id}, delivery {delivery_id}",
        SALE_COUNTS,
        compared(
            BUYER_DIMENSIONS, SALE_COUNTS, _ATTEMPTS, _rolled_up("buyer", BUYER_DIMENSIONS, SALE_COUNTS)
        ),
    ),
    Check(
        "buyer roll-up against the ledger",
        _AT + "buyer {buyer_id}",
        ("revenue",),
        compared(
            BUYER_DIMENSIONS[:-1],
            ("revenue",),
            _CHARGED,
            _rolled_up("buyer", BUYER_DIMENSIONS[:-1], ("revenue",), f"buyer_id <> {NOBODY}"),
        ),
    ),
    Check(
        "lead against the ledger",
        "lead {lead_id}, {currency}",
        _AMOUNTS,
        compared(
            ("lead_id", "currency"),
            _AMOUNTS,
            _booked(),
            f"SELECT id AS lead_id, currency, {', '.join(_AMOUNTS)} FROM leads WHERE account_id = $1",
        ),
    ),
    Check(
        "checks of a lead against the ledger",
        "lead {lead_id}, provider {provider_id}",
        ("cost",),
        compared(("lead_id", "provider_id"), ("cost",), _ASKED, _PAID_PROVIDERS),
    ),
    Check(
        "message against the ledger",
        "message {id}",
        ("cost", "revenue"),
        compared(
            ("id",),
            ("cost", "revenue"),
            "SELECT id, cost, revenue FROM responder_messages WHERE account_id = $1 AND (cost <> 0 OR revenue <> 0)",
            _OF_MESSAGES,
        ),
    ),
    Check("lead against its sales", "lead {id}", ("revenue",), _REVENUE_OF_ATTEMPTS),
    Check(
        "returned sale without a return",
        "lead {lead_id}, attempt {number}",
        ("returns",),
        _RETURNED_WITHOUT_A_RETURN,
    ),
    Check(
        "returns against the ledger",
        "lead {lead_id}, {currency}",
        ("payout", "revenue"),
        compared(("lead_id", "currency"), ("payout", "revenue"), _RETURNS_IN_THE_LEDGER, _RETURNS_MADE),
    ),
    Check("sold lead without a sale", "lead {id}", ("attempts",), _SOLD_TO_NOBODY),
    Check("file against its leads", "file {id}", ("rows",), audit_carriers.FILES),
    Check("sale that is in no file", "lead {lead_id}, attempt {number}", ("places",), audit_carriers.QUEUED),
    Check(
        "transfer without its lead",
        "lead {lead_id}, attempt {number}",
        ("leads",),
        audit_carriers.TRANSFERRED,
    ),
)

"""What the audit recounts of tracking: how many there are, what affiliates brought, and who is credited."""

from leadyard.ledger.audit_checks import Check, compared

_TALLIED = """
SELECT what, day, sum(count) AS count FROM tallies
WHERE account_id = $1 AND what IN ('visitors', 'people') GROUP BY what, day
"""
_MADE = """
SELECT 'visitors' AS what, (created_at AT TIME ZONE 'UTC')::date AS day, count(*) AS count FROM visitors
WHERE account_id = $1 AND NOT is_bot GROUP BY day
UNION ALL
SELECT 'people', (created_at AT TIME ZONE 'UTC')::date AS day, count(*) FROM people WHERE account_id = $1 GROUP BY day
"""

_FIGURES = ("clicks", "visitors", "leads", "purchases")
_COUNTED = """
SELECT affiliate_id, subid, sum(clicks) AS clicks, sum(visitors) AS visitors, sum(leads) AS leads,
  sum(purchases) AS purchases
FROM affiliate_days WHERE account_id = $1 GROUP BY affiliate_id, subid
"""
_BROUGHT = """
SELECT affiliate_id, subid, sum(clicks) AS clicks, sum(visitors) AS visitors, sum(leads) AS leads,
  sum(purchases) AS purchases
FROM (
  SELECT t.affiliate_id, coalesce(t.subid, '') AS subid, 1 AS clicks, 0 AS visitors, 0 AS leads, 0 AS purchases
  FROM touches t JOIN visitors v ON v.account_id = t.account_id AND v.id = t.visitor_id AND NOT v.is_bot
  WHERE t.account_id = $1 AND t.affiliate_id IS NOT NULL AND t.source IN (1, 2, 3, 5)
  UNION ALL
  SELECT v.affiliate_id, coalesce(c.subid, ''), 0, 1, 0, 0
  FROM visitors v LEFT JOIN touches c ON c.account_id = v.account_id AND c.id = v.credited_touch_id
  WHERE v.account_id = $1 AND v.affiliate_id IS NOT NULL AND NOT v.is_bot
  UNION ALL
  SELECT p.affiliate_id, coalesce(c.subid, ''), 0, 0, 1, 0
  FROM people p LEFT JOIN touches c ON c.account_id = p.account_id AND c.id = p.credited_touch_id
  WHERE p.account_id = $1 AND p.affiliate_id IS NOT NULL
  UNION ALL
  SELECT u.affiliate_id, coalesce(c.subid, ''), 0, 0, 0, 1
  FROM purchases u LEFT JOIN touches c ON c.account_id = u.account_id AND c.id = u.touch_id
  WHERE u.account_id = $1 AND u.affiliate_id IS NOT NULL
) AS brought GROUP BY affiliate_id, subid
"""

TRACKING_CHECKS = (
    Check(
        "tally",
        "{what} of {day}",
        ("count",),
        compared(("what", "day"), ("count",), _MADE, _TALLIED),
    ),
    Check(
        "what affiliates brought",
        "affiliate {affiliate_id}, sub-id {subid!r}",
        _FIGURES,
        compared(("affiliate_id", "subid"), _FIGURES, _BROUGHT, _COUNTED),
    ),
)

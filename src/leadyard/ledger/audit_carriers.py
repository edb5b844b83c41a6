"""What the audit recounts of files of leads and of campaign transfers: the statements; `audit_checks` lists them."""

FILES = """
SELECT f.id, f.row_count AS expected_rows, count(q.lead_id) AS found_rows FROM delivery_files f
LEFT JOIN delivery_file_leads q ON q.account_id = f.account_id AND q.file_id = f.id
WHERE f.account_id = $1 GROUP BY f.id, f.row_count HAVING f.row_count <> count(q.lead_id) ORDER BY 1 LIMIT $2
"""

QUEUED = """
SELECT a.lead_id, a.number, 1 AS expected_places, 0 AS found_places FROM delivery_attempts a
WHERE a.account_id = $1 AND a.state = 2 AND a.trace ? 'file' AND NOT EXISTS (
  SELECT 1 FROM delivery_file_leads q WHERE q.account_id = $1 AND q.lead_id = a.lead_id AND q.number = a.number
)
ORDER BY 1, 2 LIMIT $2
"""

TRANSFERRED = """
SELECT t.lead_id, t.number, 1 AS expected_leads, 0 AS found_leads FROM lead_transfers t
JOIN delivery_attempts a ON a.account_id = t.account_id AND a.lead_id = t.lead_id AND a.number = t.number
WHERE t.account_id = $1 AND a.state = 2 AND NOT EXISTS (
  SELECT 1 FROM leads l WHERE l.account_id = $1 AND l.uuid = t.uuid AND l.id = t.target_lead_id
)
ORDER BY 1, 2 LIMIT $2
"""

"""Leads as every room sees them: their statuses, reading, searching, and changing them by hand."""

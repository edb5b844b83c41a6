"""Leads from files: read row by row, judged like any other lead, committed in batches."""

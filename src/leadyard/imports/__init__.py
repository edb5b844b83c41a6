"""Leads, returns and feedback from files: read row by row, judged as the API would, each row once however often."""

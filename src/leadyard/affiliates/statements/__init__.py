"""Statements of affiliates over any period: what they were owed, what changed that, and what they are owed."""

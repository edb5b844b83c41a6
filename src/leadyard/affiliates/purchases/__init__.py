"""Purchases: recorded, changed, cancelled, approved."""

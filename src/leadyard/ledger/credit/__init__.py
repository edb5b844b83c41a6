"""Buyers' credit: what was added, what sales took, what attempts under way hold; never below zero."""

"""Accounts, the people and API keys that act in them, their permissions, and the log of what they changed."""

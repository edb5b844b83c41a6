"""Payouts: runs over what is due, statements, and the ways in which affiliates are paid."""

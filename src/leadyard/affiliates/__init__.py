"""Affiliates: programme, plans, purchases, commissions, payouts, and the pages that affiliates see."""

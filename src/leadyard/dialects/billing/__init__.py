"""Billing webhooks that other systems send: payments, refunds and cancellations (contracts/leaddyno.md, section 11)."""

"""Billing webhooks that other systems send: payments, refunds and cancellations (docs/billing-webhooks.md)."""

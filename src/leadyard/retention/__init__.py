"""What is kept for how long: sent messages of webhooks, decision traces, bids."""

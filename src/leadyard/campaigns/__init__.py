"""What operators set up: campaigns, fields, suppliers, buyers, deliveries, webhooks."""

"""Delivery: a lead goes to a buyer, and the buyer's answer becomes a verdict."""

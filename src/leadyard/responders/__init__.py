"""Responders: e-mails and text messages that follow a lead, and what becomes of them."""

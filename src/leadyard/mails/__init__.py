"""E-mails of an account's own, through its own mail server: to affiliates and to whoever works for it."""

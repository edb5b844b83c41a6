"""An account's affiliate programme: its settings."""

"""Checks of leads by services outside the rules: e-mail, telephone, address and network (docs/validation.md)."""

"""What an e-mail address of a person, an affiliate or a merchant must look like."""

from leadyard.intake.fields.email_address import normalise_email


def is_email_address(text: str) -> bool:
    """Tell whether a text has an address's syntax, with a domain of any ending (contracts/leaddyno.md, 1.2)."""
    return normalise_email(text, shortest_ending=1) is not None

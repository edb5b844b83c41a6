"""Whoever sends a submission with an address is a person like any other: found in lists, credited, and counted once."""

from collections.abc import Mapping
from datetime import datetime

from leadyard.people.model import Profile, Submitter

_NOBODY = Profile()


def submitter_of(fields: Mapping[str, str], at: datetime) -> Submitter | None:
    """Tell who sent a submission by its stored fields; None without an address.

    Only the name comes along: everything else stays with the submission, whose fields may be masked.
    """
    email = fields.get("email")
    if not email:
        return None
    first, last = fields.get("firstname"), fields.get("lastname")
    profile = Profile(first_name=first or None, last_name=last or None) if first or last else _NOBODY
    return Submitter(email, profile, at)

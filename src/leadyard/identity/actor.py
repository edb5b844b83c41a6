"""Who is on record for a change."""

import msgspec

from leadyard.identity.model import Principal


class Actor(msgspec.Struct, frozen=True):
    """Somebody who changes an account's set-up; `name` is what the audit log shows, never a secret."""

    account_id: int
    name: str

    @classmethod
    def of(cls, principal: Principal) -> "Actor":
        """Take the holder of a key as the actor."""
        return cls(principal.account_id, principal.actor)

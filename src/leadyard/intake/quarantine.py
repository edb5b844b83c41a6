"""Leads that were put aside: releasing, rejecting and correcting them."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from leadyard.campaigns.configuration import Configuration
from leadyard.identity.model import Principal
from leadyard.intake.plan import Plans
from leadyard.leads.service import Updated
from leadyard.ledger.service import Ledger
from leadyard.storage.database import Database

QuarantineId = int | UUID


class Quarantine:
    """The use cases of quarantined leads of every account.

    A lead is named by its id or its UUID. Results map each key as it was asked for to "" (done),
    `Not in quarantine` or `Lead not found`; leads that are tests or of another supplier count as not found.
    """

    def __init__(self, database: Database, configuration: Configuration, plans: Plans, ledger: Ledger) -> None:
        """Share the process's database, set-ups, compiled campaigns and ledger."""

    async def release(self, principal: Principal, ids: Sequence[QuarantineId]) -> dict[QuarantineId, str]:
        """Let leads in, each once however often it is asked: caps count, and one that finds them full is refused."""

    async def reject(self, principal: Principal, ids: Sequence[QuarantineId]) -> dict[QuarantineId, str]:
        """Refuse leads for good and give their duplicate keys back."""

    async def update(self, principal: Principal, key: QuarantineId, changes: Mapping[str, str]) -> Updated:
        """Correct the fields of a lead before it is released; `found` is False unless it is in quarantine."""

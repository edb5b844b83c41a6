"""Buyers."""

import msgspec

from leadyard.campaigns.inputs import BuyerInput, BuyerRecord
from leadyard.campaigns.limit_checks import credit_problems
from leadyard.campaigns.service.noun import Noun
from leadyard.campaigns.store import rows
from leadyard.kit.errors import FieldProblem
from leadyard.storage.database import Connection
from leadyard.storage.tables import exchange


class Buyers(Noun[BuyerInput, BuyerRecord]):
    """Buyers; no two have one bid."""

    entity = "buyer"
    table = exchange.buyers
    input = BuyerInput
    record = BuyerRecord

    def completed(self, wanted: BuyerInput, row_id: int) -> BuyerInput:
        """Let the id be the bid where none is given."""
        return msgspec.structs.replace(wanted, bid=wanted.bid.strip() or str(row_id))

    def unique(self, wanted: BuyerInput) -> dict[str, tuple[str, str]]:
        """Take a bid once."""
        return {"bid": ("bid", wanted.bid)}

    def problems(self, wanted: BuyerInput) -> list[FieldProblem]:
        """Check the terms on which it buys."""
        return credit_problems("settings.credit", wanted.settings.credit)

    async def save_parts(
        self, connection: Connection, account_id: int, row_id: int, wanted: BuyerInput
    ) -> None:
        """Start afresh with duplicates when it looks for none."""
        if not wanted.settings.dedupe.fields:
            await rows.forget_delivered(connection, account_id, rows.BUYER_KEYS, row_id)


buyers = Buyers()

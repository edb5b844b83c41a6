"""Suppliers: the partners that post leads."""

import msgspec

from leadyard.campaigns.inputs import SupplierInput, SupplierRecord
from leadyard.campaigns.service.noun import Noun
from leadyard.storage.tables import exchange


class Suppliers(Noun[SupplierInput, SupplierRecord]):
    """Suppliers; no two have one sid."""

    entity = "supplier"
    table = exchange.partners
    input = SupplierInput
    record = SupplierRecord

    def completed(self, wanted: SupplierInput, row_id: int) -> SupplierInput:
        """Let the id be the sid where none is given."""
        return msgspec.structs.replace(wanted, sid=wanted.sid.strip() or str(row_id))

    def unique(self, wanted: SupplierInput) -> dict[str, tuple[str, str]]:
        """Take a sid once."""
        return {"sid": ("sid", wanted.sid)}


suppliers = Suppliers()

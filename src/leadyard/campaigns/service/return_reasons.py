"""Return reasons of an account's own."""

import msgspec

from leadyard.campaigns.inputs import ReturnReasonInput, ReturnReasonRecord
from leadyard.campaigns.service.noun import Noun
from leadyard.storage.tables import after_sale


class ReturnReasons(Noun[ReturnReasonInput, ReturnReasonRecord]):
    """Reasons; no two have one code, which is written in capitals."""

    entity = "return reason"
    table = after_sale.return_reasons
    input = ReturnReasonInput
    record = ReturnReasonRecord

    def completed(self, wanted: ReturnReasonInput, row_id: int) -> ReturnReasonInput:  # noqa: ARG002 - a hook
        """Write the code in capitals."""
        return msgspec.structs.replace(wanted, code=wanted.code.upper())

    def unique(self, wanted: ReturnReasonInput) -> dict[str, tuple[str, str]]:
        """Take a code once."""
        return {"code": ("code", wanted.code)}


return_reasons = ReturnReasons()

"""POST /credit/add: what a buyer has paid in advance (docs/leadbyte.md, "Calls")."""

from decimal import Decimal

from leadyard.dialects.leadbyte.call import Answer, Call
from leadyard.dialects.leadbyte.values import UnreadableError, as_text
from leadyard.identity.actor import Actor
from leadyard.kit.money import BadAmountError, parse_amount


async def add(call: Call) -> Answer:
    """Add to the credit of the buyer named by BID."""
    bid = as_text(call.members.get("BID", call.members.get("bid")))
    if not bid:
        raise UnreadableError("BID is required")
    buyer_id = (await call.setup()).buyer_ids.get(bid)
    if buyer_id is None:
        raise UnreadableError("BID is not known")
    amount, invoice = _amount(call), as_text(call.members.get("invoice"))
    await call.services.credit.add(Actor.of(call.principal), buyer_id, amount, invoice=invoice)
    return call.answer({"status": "Success", "message": "OK", "warnings": []})


def _amount(call: Call) -> Decimal:
    value = call.members.get("amount")
    if value is None or value == "":
        raise UnreadableError("amount is required")
    try:
        amount = parse_amount(value)
    except BadAmountError as problem:
        raise UnreadableError(f"amount {problem}") from None
    if amount <= 0:
        raise UnreadableError("amount must be above 0")
    return amount

"""PUT /leadfinancials: replacing payout and revenue of sold leads (docs/leadbyte.md, "Calls")."""

from typing import Any

from leadyard.dialects.leadbyte.call import Answer, Call
from leadyard.dialects.leadbyte.outcomes import details, failures_of, lead_ids, numbers_of
from leadyard.dialects.leadbyte.values import UnreadableError, as_text
from leadyard.kit.money import BadAmountError, parse_amount, to_micros


async def put_financials(call: Call) -> Answer:
    """Replace amounts of approved leads; the others keep theirs."""
    asked = lead_ids(call.members, "leads", "leadId", "leadIds")
    payout, revenue = _amount(call.members, "newPayout"), _amount(call.members, "newRevenue")
    if payout is None and revenue is None:
        raise UnreadableError("newPayout or newRevenue is required")
    buyer_id = await _buyer(call)
    numbers = numbers_of(asked)
    done = await call.services.leads.change_financials(
        call.principal,
        list(dict.fromkeys(numbers.values())),
        payout=payout,
        revenue=revenue,
        buyer_id=buyer_id,
    )
    failures = failures_of(asked, numbers, done)
    return call.answer(details("", dict.fromkeys(asked, "Financials updated"), failures))


def _amount(members: dict[str, Any], name: str) -> int | None:
    value = members.get(name)
    if value is None or value == "":
        return None
    try:
        return to_micros(parse_amount(value))
    except BadAmountError as problem:
        raise UnreadableError(f"{name} {problem}") from None


async def _buyer(call: Call) -> int | None:
    bid = as_text(call.members.get("BID", call.members.get("bid")))
    if not bid:
        return None
    buyer_id = (await call.setup()).buyer_ids.get(bid)
    if buyer_id is None:
        raise UnreadableError("BID is not known")
    return buyer_id

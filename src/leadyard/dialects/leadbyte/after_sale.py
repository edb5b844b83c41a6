"""Returns, feedback and assignment by hand (docs/leadbyte.md, "Calls")."""

from collections.abc import Mapping
from typing import Any

from leadyard.dialects.leadbyte.call import Answer, Call
from leadyard.dialects.leadbyte.outcomes import details, failures_of, lead_ids, numbers_of
from leadyard.dialects.leadbyte.values import UnreadableError, as_text, id_number, yes
from leadyard.leads.after_sale.model import DELIVERY_UNKNOWN, IN_WANTED_STATE, NOT_SOLD_TO_BUYER, Ask

_ADDED = "Feedback added"


async def return_leads(call: Call) -> Answer:
    """Return leads that were sold to a buyer."""
    asked = lead_ids(call.members, "leadIds", "leadId")
    settings = call.principal.key.settings.lead_return
    buyer_id = await _buyer(call, settings.buyer_id)
    ask = Ask(buyer_id, as_text(call.members.get("reason")), settings.reverse_payout)
    numbers = numbers_of(asked)
    done: Mapping[int, str] = dict.fromkeys(numbers.values(), NOT_SOLD_TO_BUYER)
    if buyer_id:
        done = await call.services.after_sale.return_leads(
            call.principal, list(dict.fromkeys(numbers.values())), ask
        )
    return _answer(call, asked, numbers, done, "Return Queued")


async def feedback(call: Call) -> Answer:
    """Keep what a buyer says of leads that it got."""
    return await _feedback(call, await _buyer(call, None))


async def internal_feedback(call: Call) -> Answer:
    """Keep what the account's own people say of leads; no buyer sees it."""
    return await _feedback(call, None)


async def assign(call: Call) -> Answer:
    """Give leads to a delivery's buyer by hand, at the delivery's revenue."""
    asked = lead_ids(call.members, "leadIds", "leadId")
    text = as_text(call.members.get("deliveryId"))
    if not text:
        raise UnreadableError("deliveryId is required")
    numbers, delivery_id = numbers_of(asked), id_number(text)
    done: Mapping[int, str] = dict.fromkeys(numbers.values(), DELIVERY_UNKNOWN)
    if delivery_id is not None:
        actions = as_text(call.members.get("triggerActions")).casefold()
        done = await call.services.after_sale.assign(
            call.principal,
            list(dict.fromkeys(numbers.values())),
            delivery_id,
            tell=not actions or "webhooks" in actions,
        )
    return _answer(call, asked, numbers, done, "Assigned")


async def _feedback(call: Call, buyer_id: int | None) -> Answer:
    asked = lead_ids(call.members, "leads", "leadIds", "leadId")
    numbers = numbers_of(asked)
    overwrite = as_text(call.members.get("overwrite"))
    said, notes = as_text(call.members.get("feedback")), as_text(call.members.get("notes"))
    if not said:
        raise UnreadableError("feedback is required")
    done: Mapping[int, str] = dict.fromkeys(numbers.values(), NOT_SOLD_TO_BUYER)
    if buyer_id != _UNKNOWN_BUYER:
        done = await call.services.after_sale.give_feedback(
            call.principal,
            list(dict.fromkeys(numbers.values())),
            buyer_id,
            said,
            notes,
            overwrite=not overwrite or yes(overwrite),
        )
    return _answer(call, asked, numbers, done, _ADDED)


_UNKNOWN_BUYER = 0


async def _buyer(call: Call, fixed: int | None) -> int:
    """Find whose leads they are: the key's own buyer, the one its settings name, else BID; 0 when it is unknown."""
    own = call.buyer_id or fixed
    if own is not None:
        return own
    bid = as_text(call.members.get("BID", call.members.get("bid")))
    if not bid:
        raise UnreadableError("BID is required")
    return (await call.setup()).buyer_ids.get(bid, _UNKNOWN_BUYER)


def _answer(
    call: Call, asked: list[str], numbers: Mapping[str, int], done: Mapping[int, str], text: str
) -> Answer:
    failures = failures_of(asked, numbers, done)
    answer: dict[str, Any] = details("", dict.fromkeys(asked, text), failures, IN_WANTED_STATE)
    return call.answer(answer)

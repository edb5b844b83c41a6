"""What buyers and the account's own people say of leads."""

import pytest
from tests.desk import Desk

from leadyard.kit.errors import InvalidInputError


async def sold_lead(desk: Desk) -> tuple[int, int]:
    campaign = await desk.campaign()
    buyer = await desk.buyer()
    await desk.delivery(campaign.id, buyer)
    (lead_id,) = await desk.sold(1)
    return lead_id, buyer


async def test_a_buyers_feedback_is_kept_and_replaced(desk: Desk) -> None:
    lead_id, buyer = await sold_lead(desk)
    say = desk.after_sale.give_feedback
    assert await say(desk.principal, [lead_id], buyer, "Converted", "Signed") == {lead_id: ""}
    again = await say(desk.principal, [lead_id], buyer, "Lost", overwrite=False)
    assert again == {lead_id: "Feedback already present"}
    await say(desk.principal, [lead_id], None, "Good supplier")
    said = await desk.after_sale.feedback(desk.principal, [lead_id])
    assert [(one.buyer_id, one.feedback, one.notes) for one in said[lead_id]] == [
        (buyer, "Converted", "Signed")
    ]
    await say(desk.principal, [lead_id], buyer, "Lost")
    everything = await desk.after_sale.feedback(desk.principal, [lead_id], internal=True)
    assert [one.feedback for one in everything[lead_id]] == ["Good supplier", "Lost"]
    of_buyer = await desk.after_sale.feedback(desk.as_buyer(buyer), [lead_id], internal=True)
    assert [one.feedback for one in of_buyer[lead_id]] == ["Lost"]
    assert [e.event for e in (await desk.view(lead_id)).events].count("feedback") == 3


async def test_feedback_is_for_leads_that_the_buyer_got(desk: Desk) -> None:
    lead_id, _ = await sold_lead(desk)
    other = await desk.buyer("Other")
    say = desk.after_sale.give_feedback
    assert await say(desk.principal, [lead_id, 999], other, "x") == {
        lead_id: "Lead was not sold to this buyer",
        999: "Lead not found",
    }
    assert await say(desk.as_buyer(other), [lead_id], other, "x") == {lead_id: "Lead not found"}
    assert await desk.rows("lead_feedback") == []


@pytest.mark.parametrize(("feedback", "notes"), [("", ""), (" ", ""), ("x" * 256, ""), ("x", "n" * 10_001)])
async def test_feedback_that_says_nothing_or_too_much_is_refused(
    desk: Desk, feedback: str, notes: str
) -> None:
    lead_id, buyer = await sold_lead(desk)
    with pytest.raises(InvalidInputError):
        await desk.after_sale.give_feedback(desk.principal, [lead_id], buyer, feedback, notes)

"""Testing deliveries in the own API."""

from leadyard.campaigns.inputs import DeliveryTest, PreviewInput
from leadyard.campaigns.service import Carriers, run_delivery_test
from leadyard.identity.model import Permission
from leadyard.own_api.operation import Answer, Call, Operation, Section


def section(carriers: Carriers) -> Section:
    """Make the section over what carries deliveries in this process."""

    async def test(call: Call) -> Answer:
        return Answer(
            await run_delivery_test(call.database, call.actor, carriers, call.id(), call.body.values)
        )

    return Section(
        "Delivery tests",
        "A test sends one made-up lead by a delivery, of any status. Nothing is booked or counted, but the buyer does "
        "get the lead. Programs that speak LeadByte's API can switch a saved delivery on once it has passed.",
        (
            Operation(
                method="POST", path="/deliveries/{id}/test", id="testDelivery", summary="Test a delivery",
                description="Sends a lead with these values to the buyer and judges the answer. A delivery whose "
                "buyer accepts has passed, and `tested_at` says when.",
                handler=test, permission=Permission.SETUP_WRITE, body=PreviewInput, answer=DeliveryTest,
                example={"values": {"email": "test@example.com", "firstname": "Test"}},
            ),
        ),
    )  # fmt: skip

"""Deliveries in the own API."""

from leadyard.campaigns.api.noun import operations_of
from leadyard.campaigns.inputs import DeliveryPreview, Id, PreviewInput
from leadyard.campaigns.model import DeliveryStatus
from leadyard.campaigns.service import deliveries, preview_delivery
from leadyard.identity.model import Permission
from leadyard.own_api.operation import Answer, Call, Operation, Parameter, Section

EXAMPLE = {
    "campaign_id": 9,
    "buyer_id": 1,
    "reference": "Sunrise CRM",
    "status": "Active",
    "settings": {
        "kind": "Direct Post",
        "revenue": "12.50",
        "http": {
            "url": "https://crm.example.com/leads",
            "body": "json",
            "fields": [
                {"name": "contact.email", "value": "{{ email }}"},
                {"name": "contact.first_name", "value": "{{ firstname | upper }}"},
            ],
            "auth": {"kind": "bearer", "token": "the-buyers-token"},
        },
        "answers": {"rules": [{"kind": "keyword", "pattern": "accepted", "outcome": "accept"}]},
    },
}


async def _preview(call: Call) -> Answer:
    return Answer(await preview_delivery(call.database, call.account_id, call.id(), call.body.values))


SECTION = Section(
    "Deliveries",
    "A delivery is one route from a campaign to a buyer: the request that is made, how its answer is judged, what "
    "the buyer pays, and how often a lead is tried.",
    (
        *operations_of(
            deliveries,
            "/deliveries",
            plural="deliveries",
            creating="An active delivery gets leads that are distributed from now on; `POST /deliveries/{id}/preview` and "
            "`/test` try it before.",
            status=DeliveryStatus,
            filters=(
                Parameter("campaign_id", Id, "Only deliveries of this campaign."),
                Parameter("buyer_id", Id, "Only deliveries to this buyer."),
            ),
            example=EXAMPLE,
        ),
        Operation(
            method="POST",
            path="/deliveries/{id}/preview",
            id="previewDelivery",
            summary="Preview a delivery's request",
            description="Shows exactly what would be sent for a sample lead, secrets masked, and warns of names that "
            "no lead of the campaign has. Nothing is sent.",
            handler=_preview,
            permission=Permission.SETUP_READ,
            body=PreviewInput,
            answer=DeliveryPreview,
            example={"values": {"email": "ann@example.com", "firstname": "Ann"}},
        ),
    ),
)

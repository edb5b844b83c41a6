"""Testing a delivery: it is carried out for a made-up lead, and what passes is marked as tested."""

from collections.abc import Awaitable, Callable, Mapping

import msgspec

from leadyard.campaigns.delivery_checks import LEAD_SAMPLES, fixed_values
from leadyard.campaigns.inputs import DeliveryRecord, DeliveryTest
from leadyard.campaigns.model import DeliveryKind, DeliverySettings
from leadyard.campaigns.service.buyers import buyers
from leadyard.campaigns.service.campaigns import campaigns
from leadyard.campaigns.service.deliveries import deliveries
from leadyard.campaigns.store import bump_version, rows
from leadyard.delivery.model import Outcome, Verdict
from leadyard.identity.actor import Actor
from leadyard.identity.service import record_change
from leadyard.kit.clock import now
from leadyard.kit.errors import ConflictError
from leadyard.kit.ids import new_uuid
from leadyard.storage.database import Database

Carriers = Mapping[
    DeliveryKind, Callable[[int, DeliverySettings, Mapping[str, str], str], Awaitable[Verdict]]
]
"""What carries a lead of an account, as template values under an idempotency key, for each kind of delivery."""


async def run_delivery_test(
    database: Database, actor: Actor, carriers: Carriers, delivery_id: int, values: Mapping[str, str]
) -> DeliveryTest:
    """Carry a lead with these values to the buyer and judge the answer; nothing is booked or counted.

    A delivery that accepts has passed. Raises NotFoundError, and ConflictError when the delivery was changed
    meanwhile.
    """
    async with database.connection() as connection:
        delivery = await deliveries.find(connection, actor.account_id, delivery_id)
        campaign = await campaigns.find(connection, actor.account_id, delivery.campaign_id)
        buyer = await buyers.find(connection, actor.account_id, delivery.buyer_id)
    carry = carriers[delivery.settings.kind]
    named = {**LEAD_SAMPLES, **values, **fixed_values(delivery, campaign, buyer)}
    verdict = await carry(actor.account_id, delivery.settings, named, f"test-{new_uuid()}")
    passed = verdict.outcome is Outcome.ACCEPT
    if passed:
        await _mark(database, actor, delivery)
    return DeliveryTest(
        passed=passed,
        outcome=verdict.outcome,
        reason=verdict.reason,
        status_code=verdict.status_code,
        request=verdict.request_text,
        response=verdict.response_text,
    )


async def _mark(database: Database, actor: Actor, tested: DeliveryRecord) -> None:
    async with database.unit_of_work() as connection:
        await bump_version(connection, actor.account_id)
        before = await deliveries.find(connection, actor.account_id, tested.id)
        if before.settings != tested.settings:
            raise ConflictError("settings", "were changed while the delivery was tested")
        after = msgspec.structs.replace(before, tested_at=now())
        values = {"tested_at": after.tested_at}
        await rows.update(connection, deliveries.table, actor.account_id, tested.id, values)
        await record_change(
            connection, actor.account_id, actor.name, "test", "delivery", tested.id, before, after
        )

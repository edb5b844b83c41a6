"""Making a buyer, somebody who signs in for it, and its first delivery, in one unit of work."""

from collections.abc import Mapping
from typing import Any

import msgspec

from leadyard.campaigns.inputs import BuyerInput, BuyerRecord, DeliveryRecord
from leadyard.campaigns.service.buyers import buyers
from leadyard.campaigns.service.deliveries import deliveries
from leadyard.identity.accounts import User
from leadyard.identity.actor import Actor
from leadyard.identity.service import create_user_in
from leadyard.storage.database import Database

BUYER_ROLE = "buyer"
_NO_PASSWORD = "!"  # noqa: S105 - no hash is this text, so nobody signs in before a password is set


class Person(msgspec.Struct, frozen=True):
    """Who signs in for a buyer."""

    name: str
    email: str


class Onboarding(msgspec.Struct, frozen=True):
    """What is to be made; a delivery, in its JSON form, goes to the buyer made here if one is."""

    buyer: BuyerInput | None = None
    person: Person | None = None
    delivery: Mapping[str, Any] | None = None


class Onboarded(msgspec.Struct, frozen=True):
    """What was made."""

    buyer: BuyerRecord | None
    delivery: DeliveryRecord | None


async def onboard(database: Database, actor: Actor, wanted: Onboarding) -> Onboarded:
    """Make all of it or nothing; raises InvalidInputError and ConflictError."""
    async with database.unit_of_work() as connection:
        buyer = None if wanted.buyer is None else await buyers.create_in(connection, actor, wanted.buyer)
        if wanted.person is not None and buyer is not None:
            user = User(0, wanted.person.email, wanted.person.name, BUYER_ROLE, buyer.id)
            await create_user_in(connection, actor, user, _NO_PASSWORD)
        delivery = None
        if wanted.delivery is not None:
            document = dict(wanted.delivery)
            if buyer is not None:
                document["buyer_id"] = buyer.id
            delivery = await deliveries.create_in(connection, actor, document)
    return Onboarded(buyer, delivery)

"""Making a buyer, somebody who signs in for it, and its first delivery, in one unit of work."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from leadyard.campaigns.inputs import BuyerInput, BuyerRecord, DeliveryRecord
from leadyard.campaigns.service.buyers import buyers
from leadyard.campaigns.service.deliveries import deliveries
from leadyard.campaigns.store import rows
from leadyard.identity.accounts import User
from leadyard.identity.actor import Actor
from leadyard.identity.service import create_user_in, record_change
from leadyard.kit.clock import now
from leadyard.kit.errors import ConflictError
from leadyard.kit.money import to_micros
from leadyard.ledger.credit import entries
from leadyard.ledger.credit.counters import account_currency, add_credit, post_rare
from leadyard.ledger.credit.model import CreditKey, CreditMode
from leadyard.storage.database import Connection, Database
from leadyard.storage.tables import exchange

BUYER_ROLE = "buyer"
_NO_PASSWORD = "!"  # noqa: S105 - no hash is this text, so nobody signs in before a password is set


class Person(msgspec.Struct, frozen=True):
    """Who signs in for a buyer."""

    name: str
    email: str


class Onboarding(msgspec.Struct, frozen=True):
    """What is to be made; a delivery, in its JSON form, goes to the buyer made here if one is.

    `credit` is added for the delivery's buyer. One that is new, or has no other delivery, pays in advance from then
    on, unless it may owe already; how a buyer pays that takes leads already is left alone.
    """

    buyer: BuyerInput | None = None
    person: Person | None = None
    delivery: Mapping[str, Any] | None = None
    credit: Decimal = Decimal(0)


class Onboarded(msgspec.Struct, frozen=True):
    """What was made; `knows_person` tells that somebody signs in with the person's address already."""

    buyer: BuyerRecord | None
    delivery: DeliveryRecord | None
    knows_person: bool = False


async def onboard(database: Database, actor: Actor, wanted: Onboarding) -> Onboarded:
    """Make all of it or nothing, but for a person who signs in already: that one stays as it is.

    Raises InvalidInputError and ConflictError.
    """
    async with database.unit_of_work() as connection:
        buyer = None if wanted.buyer is None else await buyers.create_in(connection, actor, wanted.buyer)
        knows_person = False
        if wanted.person is not None and buyer is not None:
            knows_person = not await _make_user(connection, actor, wanted.person, buyer.id)
        delivery = None
        if wanted.delivery is not None:
            document = dict(wanted.delivery)
            if buyer is not None:
                document["buyer_id"] = buyer.id
            delivery = await deliveries.create_in(connection, actor, document)
            if wanted.credit:
                if await _is_only_one(connection, actor.account_id, delivery):
                    await buyers.update_in(connection, actor, delivery.buyer_id, _paying_in_advance)
                await _add_credit(connection, actor, delivery.buyer_id, wanted.credit)
    return Onboarded(buyer, delivery, knows_person)


async def _make_user(connection: Connection, actor: Actor, person: Person, buyer_id: int) -> bool:
    """Make the user of a buyer; gives whether the address was free."""
    user = User(0, person.email, person.name, BUYER_ROLE, buyer_id)
    try:
        await create_user_in(connection, actor, user, _NO_PASSWORD)
    except ConflictError:
        return False
    return True


async def _is_only_one(connection: Connection, account_id: int, delivery: DeliveryRecord) -> bool:
    """Tell whether the delivery's buyer has no other, archived ones included."""
    same_buyer = {"buyer_id": delivery.buyer_id}
    return (await rows.page(connection, exchange.deliveries, account_id, same_buyer, 1, 0))[1] == 1


async def _add_credit(connection: Connection, actor: Actor, buyer_id: int, amount: Decimal) -> None:
    key = CreditKey(buyer_id, await account_currency(connection, actor.account_id))
    micros = to_micros(amount)
    await add_credit(connection, actor.account_id, key, micros)
    await post_rare(connection, [entries.added(actor.account_id, now(), key, micros, "credit added")])
    after = {"currency": key.currency, "amount": amount, "invoice": ""}
    await record_change(connection, actor.account_id, actor.name, "create", "credit", buyer_id, None, after)


def _paying_in_advance(buyer: BuyerRecord) -> dict[str, Any]:
    if buyer.settings.credit.mode is not CreditMode.NONE:
        return {}
    return {"settings": {"credit": {"mode": CreditMode.PREPAID.value}}}

"""Sets the market up as an operator would: through the set-up API, once there is an account with a key."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec

from benchmarks.market import documents
from benchmarks.market.scenario import METHODS, BuyerPlan, DeliveryPlan, Scenario
from benchmarks.market.wire import Line, Reply, line, over
from leadyard.identity import service as identity
from leadyard.identity.actor import Actor
from leadyard.identity.keys import KeyInput
from leadyard.identity.model import ALLOWED, KeyKind, KeySettings
from leadyard.storage.database import Database

SID = "1"


class Market(msgspec.Struct, frozen=True):
    """A market that stands: the exchange's port, its key, the ids behind the plans' names, when late ones open."""

    scenario: Scenario
    port: int
    key: str
    account_id: int
    ids: dict[str, int]
    opens_at: datetime

    def delivery_ids(self) -> dict[int, DeliveryPlan]:
        """Give the deliveries by id."""
        return {self.ids[f"delivery-{plan.index}"]: plan for plan in self.scenario.deliveries}

    def buyer_ids(self) -> dict[int, BuyerPlan]:
        """Give the buyers by id."""
        return {self.ids[plan.bid]: plan for plan in self.scenario.buyers}


async def open_account(dsn: str, slug: str) -> tuple[int, str]:
    """Make an account whose days are those of UTC; gives its id and an administrator's key."""
    database = Database(dsn, size=2)
    await database.open()
    try:
        account = await identity.create_account(database, name=slug.title(), slug=slug, time_zone="UTC")
        everything = tuple(sorted(ALLOWED[KeyKind.ADMINISTRATOR]))
        document = KeyInput(reference=slug, settings=KeySettings(permissions=everything))
        _, key = await identity.create_key(database, Actor(account.id, slug), document)
    finally:
        await database.close()
    return account.id, key


async def create(asking: Line, noun: str, document: dict[str, Any]) -> int:
    """Make one thing; gives its id."""
    return int(good(await asking.ask("POST", f"/api/v1/{noun}", document)).document["id"])


def good(reply: Reply) -> Reply:
    """Give an answer that is a success, and stop at any other."""
    if not 200 <= reply.status < 300:
        raise RuntimeError(f"the exchange answered {reply.status}: {reply.document}")
    return reply


async def supplier(asking: Line, campaign_ids: list[int]) -> None:
    """Make the supplier and its terms in campaigns."""
    supplier_id = await create(asking, "suppliers", {"name": "Supplier", "sid": SID})
    for campaign_id in campaign_ids:
        good(await asking.ask("PUT", f"/api/v1/campaigns/{campaign_id}/suppliers/{supplier_id}", {}))


async def build(scenario: Scenario, port: int, shop_url: str, account_id: int, key: str) -> Market:
    """Build the whole market of a scenario."""
    now, ids = datetime.now(UTC), dict[str, int]()
    async with line(port, key) as asking:
        for method in METHODS:
            document = documents.campaign(method, scenario.campaign_limits[method], "Priority")
            ids[method] = await create(asking, "campaigns", document)
        await supplier(asking, [ids[method] for method in METHODS])

        async def add_buyer(one: Line, plan: BuyerPlan) -> None:
            ids[plan.bid] = await create(one, "buyers", documents.buyer(plan, now))

        async def add_delivery(one: Line, plan: DeliveryPlan) -> None:
            made = await create(one, "deliveries", documents.delivery(plan, shop_url, ids, now))
            ids[f"delivery-{plan.index}"] = made

        await over(port, key, scenario.buyers, add_buyer)
        await over(port, key, scenario.deliveries, add_delivery)
        for method in METHODS:
            tree = documents.distribution(scenario, method, ids)
            path = f"/api/v1/campaigns/{ids[method]}"
            good(await asking.ask("PATCH", path, {"settings": {"distribution": tree}}))
    market = Market(scenario, port, key, account_id, ids, documents.opening(now))
    await pay_in(market)
    return market


async def pay_in(market: Market) -> None:
    """Add half of what each prepaid buyer pays; to be called twice."""
    prepaid = [plan for plan in market.scenario.buyers if plan.credit.mode == "prepaid"]

    async def add(one: Line, plan: BuyerPlan) -> None:
        path = f"/api/v1/buyers/{market.ids[plan.bid]}/credit"
        good(await one.ask("POST", path, {"amount": str((plan.credit.amount / 2).quantize(Decimal("0.01")))}))

    await over(market.port, market.key, prepaid, add)

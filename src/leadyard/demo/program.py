"""The demo's affiliate programme: plans, a campaign, and affiliates with some weeks of made-up history."""

import random
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from leadyard.affiliates.affiliates import service as affiliates
from leadyard.affiliates.affiliates.inputs import AffiliateInput
from leadyard.affiliates.commissions.service import Commissions
from leadyard.affiliates.following import ProgrammeFollows
from leadyard.affiliates.model import Program
from leadyard.affiliates.plans.service import plans
from leadyard.affiliates.program import service as programs
from leadyard.affiliates.purchases.model import Purchase, PurchaseInput
from leadyard.affiliates.purchases.recording import Recording
from leadyard.affiliates.traffic_campaigns import service as traffic_campaigns
from leadyard.affiliates.traffic_campaigns.model import TrafficCampaignInput
from leadyard.identity.actor import Actor
from leadyard.kit import clock
from leadyard.kit.errors import NotFoundError
from leadyard.ledger.service import Ledger
from leadyard.people import service as people
from leadyard.people.model import Person, Profile
from leadyard.storage.database import Connection, Database
from leadyard.tracking import service as tracking
from leadyard.tracking.arriving import coming, take_in
from leadyard.tracking.model import Arrival

MADE_UP = "made-up demo history"
CAMPAIGN_ID, CAMPAIGN_CODE = 7, "ExampleCampaign"
PLANS = (
    (7, "basic", (
        {"pays_for": "purchase", "percent": "10"},
        {"pays_for": "purchase", "percent": "2", "level": 1},
        {"pays_for": "purchase", "percent": "1", "level": 2},
    )),
    (8, "plus", (
        {"pays_for": "purchase", "fixed": "25"},
        {"pays_for": "new_customer", "fixed": "5"},
        {"pays_for": "purchase", "percent": "10", "delay": 30},
    )),
    (9, "items", (
        {"pays_for": "line_item", "percent": "50", "only_skus": ["sku1"]},
        {"pays_for": "line_item", "fixed": "3", "except_skus": ["sku1"]},
    )),
)  # fmt: skip
_AFFILIATES = (
    ("grace@partners.example.com", "Grace", "GRACE", None),
    ("ada@partners.example.com", "Ada", "ADA10", "grace@partners.example.com"),
    ("blog@partners.example.com", "Ben", "benblog", "ada@partners.example.com"),
)
_DAYS = 21
_SITE = "https://shop.example.com/"
_NAMES = ("Chloe", "Dev", "Ella", "Finn", "Hugo", "Isla", "Jack", "Kit")


async def complete_program(database: Database, actor: Actor) -> None:
    """Make whatever of the plans and the campaign is missing."""
    for plan_id, code, lines in PLANS:
        try:
            await plans.read(database, actor.account_id, plan_id)
        except NotFoundError:
            document = {
                "code": code,
                "currency": "USD",
                "lines": list(lines),
                "is_default": plan_id == PLANS[0][0],
            }
            await plans.create(database, actor, document, chosen_id=plan_id)
    async with database.unit_of_work() as connection:
        if await traffic_campaigns.by_id(connection, actor.account_id, CAMPAIGN_ID) is None:
            wanted = TrafficCampaignInput(code=CAMPAIGN_CODE)
            await traffic_campaigns.create_in(connection, actor, wanted, chosen_id=CAMPAIGN_ID)


async def make_program_history(database: Database, actor: Actor) -> None:
    """Write affiliates with visits, leads, purchases and commissions of the last weeks, some of them paid; once."""
    ledger = Ledger(database)
    async with database.unit_of_work() as connection:
        if await affiliates.by_email(connection, actor.account_id, _AFFILIATES[0][0]) is not None:
            return
        today = datetime.combine(clock.now().date(), time(), UTC)
        for email, name, code, parent in _AFFILIATES:
            affiliate = AffiliateInput(
                email=email, first_name=name, last_name="History", code=code, referring_affiliate=parent,
                custom_fields={"about": MADE_UP},
            )  # fmt: skip
            made_at = today - timedelta(days=_DAYS + 1)
            await affiliates.create_in(connection, actor, affiliate, at=made_at)
        program = await programs.read(connection, actor.account_id)
        bought = await _Past(connection, actor.account_id, program, ledger).live(today)
    commissions = Commissions(database, ledger)
    for purchase in bought[: len(bought) // 3]:
        if purchase.affiliate_id is not None:
            await commissions.mark_as_paid(actor.account_id, purchase.affiliate_id, purchase.id)


class _Past:
    """Some weeks in one unit of work."""

    def __init__(self, connection: Connection, account_id: int, program: Program, ledger: Ledger) -> None:
        self._connection, self._account_id, self._program, self._ledger = (
            connection,
            account_id,
            program,
            ledger,
        )
        self._following = ProgrammeFollows(ledger)
        self._chance = random.Random(account_id)  # noqa: S311 - the same story in every demo
        self._people = 0

    async def live(self, today: datetime) -> list[Purchase]:
        """Let the days pass, none of them today, and give what was bought."""
        bought: list[Purchase] = []
        for day in range(_DAYS, 0, -1):
            morning = today - timedelta(days=day) + timedelta(hours=8)
            bought += await self._day(morning)
        return bought

    async def _day(self, morning: datetime) -> list[Purchase]:
        count = self._chance.randrange(3, 8)
        times = sorted(morning + timedelta(seconds=self._chance.randrange(12 * 3600)) for _ in range(count))
        batch = [coming(self._arrival(), at, tracking_code=None) for at in times]
        arrived = await take_in(self._connection, self._account_id, self._program, batch)
        leads = [
            await self._lead(one.tracking_code, one.at + timedelta(minutes=3))
            for one in batch
            if one.tracking_code in arrived.new and self._chance.random() < 0.4  # noqa: PLR2004 - two in five
        ]
        return [
            await self._purchase(person, person.created_at + timedelta(minutes=9))
            for person in leads
            if self._chance.random() < 0.5  # noqa: PLR2004 - every other one
        ]

    def _arrival(self) -> Arrival:
        code = self._chance.choice(("ADA10", "benblog", "GRACE", None))
        query = f"?afmc={code}" if code else self._chance.choice(("", f"?utm_campaign={CAMPAIGN_CODE}"))
        return Arrival(url=f"{_SITE}{query}", agent="Mozilla/5.0 (made-up demo history)")

    async def _lead(self, tracking_code: str, at: datetime) -> Person:
        self._people += 1
        person, is_new = await people.lock_or_make(
            self._connection, self._account_id, f"customer-{self._people}@history.example.com", at,
            profile=Profile(first_name=self._chance.choice(_NAMES), last_name="History"),
            custom_status=MADE_UP,
        )  # fmt: skip
        visitor = await tracking.find_visitor(self._connection, self._account_id, tracking_code=tracking_code)
        if visitor is None:
            return person
        return await tracking.attach(
            self._connection, self._program, person, visitor, at, is_new_person=is_new,
            following=self._following,
        )  # fmt: skip

    async def _purchase(self, person: Person, at: datetime) -> Purchase:
        wanted = PurchaseInput(
            email=person.email or "",
            purchase_code=f"HISTORY-{person.id}",
            amount=Decimal(self._chance.choice(("19.99", "49", "80", "120.5"))),
            plan_code=self._chance.choice(("basic", "basic", "plus")),
            description=MADE_UP,
        )
        unit = Recording(self._connection, self._ledger, self._account_id, self._program, self._following, at)
        return (await unit.record(wanted))[0]

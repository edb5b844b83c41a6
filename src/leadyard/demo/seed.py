"""Makes the demo accounts once, and writes the file that tells their keys."""

import asyncio
import os
import secrets
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from leadyard import demo_buyer
from leadyard.campaigns import service as setup
from leadyard.campaigns.distribution import Method
from leadyard.campaigns.inputs import BuyerInput, CampaignInput, DeliveryInput, SupplierInput
from leadyard.campaigns.model import (
    CampaignSettings,
    Dedupe,
    DeliveryKind,
    DeliverySettings,
    DeliveryStatus,
    Payout,
    SupplierTerms,
    Trigger,
)
from leadyard.campaigns.service.noun import InputT, Noun, RecordT
from leadyard.delivery.model import AnswerRule, AnswerRules, Extract, FieldMapping, HttpTarget
from leadyard.demo.history import make_history
from leadyard.demo.program import complete_program, make_program_history
from leadyard.identity import service as identity
from leadyard.identity.actor import Actor
from leadyard.identity.keys import KeyInput, KindOfKey
from leadyard.identity.model import ALLOWED, KeyKind, KeySettings, Permission, QueueAppend
from leadyard.intake.fields import STANDARD_FIELDS, DataType, FieldRule
from leadyard.kit.errors import NotFoundError
from leadyard.kit.ids import new_api_key
from leadyard.settings import Settings
from leadyard.storage.database import Database

_ACTOR = "demo"
_CAMPAIGNS = ((9, "EXAMPLE-CAMPAIGN", "Example Campaign"), (10, "EXAMPLE-QUARANTINE", "Example Quarantine"),
              (11, "EXAMPLE-LIVE", "Example Live"))  # fmt: skip
_REQUIRED = frozenset({"data13", "email", "firstname", "lastname", "sid"})


def prepare(dsn: str, settings: Settings) -> None:
    """Make the demo accounts if they are not there, and bring `demo.json` and the demo's addresses up to date."""
    asyncio.run(_prepare(dsn, settings))


async def _prepare(dsn: str, settings: Settings) -> None:
    database = Database(dsn, size=4, vault=settings.vault)
    await database.open()
    try:
        base_url = settings.local_base_url
        file = settings.data_dir / "demo.json"
        account_id = await _complete(database, base_url)
        await _move_buyer(database, account_id, base_url)
        keys = _read_keys(file) or await _new_keys(database, account_id)
        _write(file, {"base_url": base_url, **keys})
    finally:
        await database.close()


def _read_keys(file: Path) -> dict[str, Any] | None:
    if not file.exists():
        return None
    known: dict[str, Any] = msgspec.json.decode(file.read_bytes())
    if "leaddyno" not in known:
        return None
    return {name: value for name, value in known.items() if name != "base_url"}


def _write(file: Path, document: dict[str, Any]) -> None:
    """Write the file for its owner's eyes only; it is there whole or not at all."""
    fresh = file.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n")
    fresh.replace(file)


async def _complete(database: Database, base_url: str) -> int:
    """Make whatever of the demo is missing, also after a start that was killed half-way; gives the account's id."""
    async with database.connection() as connection:
        known = await identity.find_account_by_slug(connection, "demo")
    account = known or await identity.create_account(
        database, name="Demo", slug="demo", takes_other_hosts=True, actor=_ACTOR
    )
    actor = Actor(account.id, _ACTOR)
    await _ensure(setup.suppliers, database, actor, 1, SupplierInput(name="Example Supplier", sid="1"))
    await _ensure(setup.buyers, database, actor, 4, BuyerInput(company="Example Buyer", bid="33"))
    for campaign_id, reference, name in _CAMPAIGNS:
        await _ensure(setup.campaigns, database, actor, campaign_id, _campaign(reference, name))
        await _authorise(database, actor, campaign_id)
    for number, (campaign_id, _, name) in enumerate(_CAMPAIGNS):
        document = _delivery(campaign_id, f"{name} to Example Buyer", base_url)
        await _ensure(setup.deliveries, database, actor, 1050 + number, document)
    await _ensure(setup.deliveries, database, actor, 1053, _manual_delivery(base_url))
    await make_history(database, account.id)
    await complete_program(database, actor)
    await make_program_history(database, actor)
    await _complete_other(database)
    return account.id


async def _ensure(
    noun: Noun[InputT, RecordT], database: Database, actor: Actor, row_id: int, document: InputT
) -> None:
    try:
        await noun.read(database, actor.account_id, row_id)
    except NotFoundError:
        await noun.create(database, actor, document, chosen_id=row_id)


async def _authorise(database: Database, actor: Actor, campaign_id: int) -> None:
    try:
        await setup.read_terms(database, actor.account_id, campaign_id, 1)
    except NotFoundError:
        await setup.put_terms(database, actor, campaign_id, 1, SupplierTerms())


def _campaign(reference: str, name: str) -> CampaignInput:
    return CampaignInput(
        reference=reference,
        name=name,
        settings=CampaignSettings(
            sms_field="Phone 1",
            payout=Payout(amount=Decimal("3.5")),
            revenue=Decimal("12.5"),
            dedupe=Dedupe(fields=("email", "phone1")),
            quarantine=reference == "EXAMPLE-QUARANTINE",
            live_responses=reference == "EXAMPLE-LIVE",
            distribution=Method.EVENLY_WEIGHTED,
        ),
        fields=example_fields(),
    )


def example_fields() -> tuple[FieldRule, ...]:
    """List the ten fields of the example campaign."""
    own = [
        FieldRule(name="data13", label="make_of_car", data_type=DataType.TEXT, required=True),
        FieldRule(name="data14", label="mortgage_type", data_type=DataType.TEXT),
    ]
    names = ("dob", "email", "firstname", "gender", "lastname", "phone1", "postcode", "sid")
    standard = [STANDARD_FIELDS[name] for name in names]
    return tuple(own + [msgspec.structs.replace(rule, required=rule.name in _REQUIRED) for rule in standard])


def _target(base_url: str) -> HttpTarget:
    names = ("firstname", "lastname", "email", "phone1", "postcode", "data13")
    return HttpTarget(
        url=f"{base_url}{demo_buyer.PATH}",
        method="POST",
        body="json",
        fields=(
            *(FieldMapping(name, f"{{{{ {name} }}}}") for name in names),
            FieldMapping("lead_id", "{{ lead.id }}"),
        ),
        timeout_seconds=10,
    )


_ANSWERS = AnswerRules(
    rules=(AnswerRule(kind="json_path", path="status", pattern="accepted", outcome="accept"),),
    reference=Extract(kind="json_path", expression="reference"),
)


def _delivery(campaign_id: int, reference: str, base_url: str) -> DeliveryInput:
    return DeliveryInput(
        campaign_id=campaign_id,
        buyer_id=4,
        reference=reference,
        status=DeliveryStatus.ACTIVE,
        settings=DeliverySettings(
            kind=DeliveryKind.HTTP,
            revenue=Decimal("12.5"),
            http=_target(base_url),
            answers=_ANSWERS,
            repeat_hours=24,
        ),
    )


def _manual_delivery(base_url: str) -> DeliveryInput:
    automatic = _delivery(9, "Example Campaign by hand", base_url)
    settings = msgspec.structs.replace(automatic.settings, trigger=Trigger.MANUAL)
    return msgspec.structs.replace(automatic, settings=settings)


async def _move_buyer(database: Database, account_id: int, base_url: str) -> None:
    """Point the demo's deliveries at the address of this start, unless somebody has sent them elsewhere."""
    actor = Actor(account_id, _ACTOR)
    url = f"{base_url}{demo_buyer.PATH}"
    for delivery_id in (1050, 1051, 1052, 1053):
        http = (await setup.deliveries.read(database, account_id, delivery_id)).settings.http
        if http is None or http.url == url or urlsplit(http.url).path != demo_buyer.PATH:
            continue
        await setup.deliveries.update(database, actor, delivery_id, {"settings": {"http": {"url": url}}})


async def _complete_other(database: Database) -> None:
    async with database.connection() as connection:
        known = await identity.find_account_by_slug(connection, "other")
    account = known or await identity.create_account(
        database, name="Other", slug="other", hosts=("other.example.com",), actor=_ACTOR
    )
    actor = Actor(account.id, _ACTOR)
    await _ensure(setup.suppliers, database, actor, 1, SupplierInput(name="Other Supplier", sid="1"))
    document = CampaignInput(reference="EXAMPLE-CAMPAIGN", name="Example Campaign", fields=example_fields())
    await _ensure(setup.campaigns, database, actor, 1, document)
    await _authorise(database, actor, 1)


async def _new_keys(database: Database, account_id: int) -> dict[str, Any]:
    """Make keys and a console user; earlier keys are revoked, for nobody knows them any more."""
    actor = Actor(account_id, _ACTOR)
    async with database.connection() as connection:
        other = await identity.find_account_by_slug(connection, "other")
    other_actor = Actor(account_id if other is None else other.id, _ACTOR)
    for owner in (actor, other_actor):
        await _revoke_all(database, owner)
    everything = tuple(sorted(ALLOWED[KeyKind.ADMINISTRATOR]))
    append = QueueAppend(buyers=True, buyer_statuses=("Sold",), deliveries=True)
    admin = KeyInput(reference="demo admin", settings=KeySettings(permissions=everything, append=append))
    supplier = KeyInput(
        reference="demo supplier",
        kind=KindOfKey.SUPPLIER,
        supplier_id=1,
        settings=KeySettings(
            permissions=(Permission.LEADS_CREATE, Permission.API_QUEUE, Permission.CAMPAIGNS)
        ),
    )
    buyer = KeyInput(
        reference="demo buyer",
        kind=KindOfKey.BUYER,
        buyer_id=4,
        settings=KeySettings(permissions=(Permission.LEADS_RETURN, Permission.LEADS_FEEDBACK)),
    )
    foreign = KeyInput(reference="other admin", settings=KeySettings(permissions=everything))
    made = {}
    for name, owner, document in (
        ("admin_key", actor, admin),
        ("supplier_key", actor, supplier),
        ("buyer_key", actor, buyer),
        ("other_account_key", other_actor, foreign),
    ):
        _, made[name] = await identity.create_key(database, owner, document, key=new_api_key())
    leaddyno = {}
    for name, kind in (
        ("private_key", KindOfKey.LEADDYNO_PRIVATE),
        ("public_key", KindOfKey.LEADDYNO_PUBLIC),
    ):
        document = KeyInput(reference=f"demo {name.replace('_', ' ')}", kind=kind)
        _, leaddyno[name] = await identity.create_key(database, actor, document)
    return {"console": await _new_user(database, actor), "leadbyte": made, "leaddyno": leaddyno}


async def _revoke_all(database: Database, actor: Actor) -> None:
    records, _ = await identity.list_keys(database, actor.account_id, revoked=False, per_page=1000)
    for record in records:
        await identity.revoke_key(database, actor, record.id)


async def _new_user(database: Database, actor: Actor) -> dict[str, str]:
    email, password = f"demo-{secrets.token_hex(3)}@example.com", secrets.token_urlsafe(18)
    await identity.create_user(
        database, actor, email=email, name="Demo Operator", role="administrator", password=password
    )
    return {"email": email, "password": password}

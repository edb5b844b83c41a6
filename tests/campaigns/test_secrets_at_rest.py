"""No secret stands in the database as it is; keys can be changed; a wrong key is said to be wrong."""

from typing import Any

import msgspec
import pytest
from tests.delivery.certificates import Authority
from tests.exchange import Exchange, new_exchange
from tests.vault import SECRET_KEY, VAULT

from leadyard.campaigns import service as setup
from leadyard.campaigns.configuration import Configuration
from leadyard.campaigns.inputs import DeliveryInput, WebhookInput
from leadyard.campaigns.model import DeliveryKind, DeliverySettings
from leadyard.campaigns.webhooks import WebhookSettings
from leadyard.delivery.model import (
    ClientCertificate,
    ClientCredentials,
    Extract,
    FieldMapping,
    HttpTarget,
    Secret,
    Signature,
    Step,
    StepValue,
)
from leadyard.identity.audit import list_changes
from leadyard.identity.secret_rotation import run_async
from leadyard.storage.database import Database
from leadyard.storage.rotation import rotate
from leadyard.storage.sealing import require_known_keys
from leadyard.storage.tables import metadata
from leadyard.storage.vault import PREFIX, SecretKeyError, Vault

NEW_KEY = "another secret key that is long enough as well"
IDENTITY = Authority().identity()
TARGET = HttpTarget(
    "https://buyer.example/leads",
    fields=(FieldMapping("key", "{{ secret.api }}{{ step.token }}{{ signature.own }}"),),
    secrets=(Secret("api", "plain-1-api"), Secret("other", "plain-2-other")),
    auth=ClientCredentials("https://id.example/token", "us", "plain-3-client"),
    steps=(
        Step(
            url="https://buyer.example/login",
            name="login",
            values=(StepValue("token", Extract("regex", "x")),),
            fields=(FieldMapping("p", "{{ secret.other }}"),),
        ),
    ),
    signatures=(Signature("own", "plain-4-signing", text="{{ email }}"),),
    tls=ClientCertificate(IDENTITY.certificate, IDENTITY.key),
)
PLAIN = ("plain-", "BEGIN PRIVATE KEY")


@pytest.fixture
async def exchange(database: Database) -> Exchange:
    exchange = await new_exchange(database)
    campaign = await exchange.campaign()
    document = DeliveryInput(
        campaign_id=campaign.id,
        buyer_id=await exchange.buyer(),
        reference="CRM",
        settings=DeliverySettings(kind=DeliveryKind.HTTP, http=TARGET),
    )
    await setup.deliveries.create(database, exchange.actor, document)
    hook = WebhookInput(url="https://crm.example/hook", settings=WebhookSettings(secret="plain-5-webhook"))
    await setup.webhooks.create(database, exchange.actor, hook)
    return exchange


async def dump(database: Database) -> str:
    """Everything that stands in the database, as text."""
    texts = []
    async with database.connection() as connection:
        for table in metadata.sorted_tables:
            rows = await connection.fetch(f'SELECT t::text AS row FROM "{table.name}" t')
            texts += [row["row"] for row in rows]
    return "\n".join(texts)


async def reopened(dsn: str, *keys: str) -> Database:
    database = Database(dsn, size=2, vault=Vault(keys))
    await database.open()
    return database


async def test_the_database_holds_no_secret_as_it_is(exchange: Exchange, database: Database) -> None:
    await setup.deliveries.update(database, exchange.actor, 1, {"reference": "CRM 2"})
    text = await dump(database)
    assert "buyer.example/leads" in text
    assert not [secret for secret in PLAIN if secret in text]
    assert text.count(PREFIX) == 6


async def test_every_process_with_the_key_reads_what_was_written(exchange: Exchange, dsn: str) -> None:
    other = await reopened(dsn, SECRET_KEY)
    loaded = await Configuration(other).setup(exchange.account_id)
    (delivery,) = next(iter(loaded.campaigns.values())).deliveries
    assert delivery.settings.http == TARGET
    assert loaded.webhooks[0].settings.secret == "plain-5-webhook"
    await other.close()


async def test_the_audit_log_holds_masks(exchange: Exchange, database: Database) -> None:
    changes, _ = await list_changes(database, exchange.account_id)
    text = msgspec.json.encode([change.after for change in changes]).decode()
    assert "********" in text
    assert PREFIX not in text


async def test_a_change_keeps_the_secrets_that_it_does_not_name(
    exchange: Exchange, database: Database
) -> None:
    patch: dict[str, Any] = {"settings": {"http": {"timeout_seconds": 5}}}
    changed = await setup.deliveries.update(database, exchange.actor, 1, patch)
    assert changed.settings.http == msgspec.structs.replace(TARGET, timeout_seconds=5)


async def test_a_wrong_key_is_said_to_be_wrong_at_start_and_at_use(
    exchange: Exchange, database: Database, dsn: str
) -> None:
    await require_known_keys(database)
    other = await reopened(dsn, NEW_KEY)
    for attempt in (
        require_known_keys(other),
        Configuration(other).setup(exchange.account_id),
        setup.deliveries.read(other, exchange.account_id, 1),
    ):
        with pytest.raises(SecretKeyError, match=f"lacks the key {VAULT.first_key_id}"):
            await attempt
    await other.close()


async def test_any_key_will_do_while_nothing_is_encrypted(database: Database, dsn: str) -> None:
    await (await new_exchange(database)).campaign()
    other = await reopened(dsn, NEW_KEY)
    await require_known_keys(other)
    await other.close()


async def test_a_rotation_encrypts_everything_with_the_new_key(exchange: Exchange, dsn: str) -> None:
    assert await run_async(dsn, Vault([NEW_KEY, SECRET_KEY])) == 0

    renewed = await reopened(dsn, NEW_KEY)
    await require_known_keys(renewed)
    delivery = await setup.deliveries.read(renewed, exchange.account_id, 1)
    assert delivery.settings.http == TARGET
    assert VAULT.first_key_id not in await dump(renewed)
    again = await rotate(renewed, [exchange.account_id])
    assert (again.renewed, again.keys_in_use) == (0, [])
    await renewed.close()


async def test_after_a_rotation_the_old_key_alone_is_refused(
    exchange: Exchange, database: Database, dsn: str
) -> None:
    await run_async(dsn, Vault([NEW_KEY, SECRET_KEY]))
    with pytest.raises(SecretKeyError):
        await require_known_keys(database)


async def test_a_rotation_without_the_old_key_changes_nothing_and_says_so(
    exchange: Exchange, database: Database, dsn: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = await dump(database)
    assert await run_async(dsn, Vault([NEW_KEY])) == 1
    assert await dump(database) == before
    assert "deliveries 1 of account" in capsys.readouterr().err


async def test_an_old_key_that_is_used_while_the_rotation_runs_stays_known(
    exchange: Exchange, database: Database, dsn: str
) -> None:
    both = await reopened(dsn, NEW_KEY, SECRET_KEY)
    written: list[str] = []

    async def write_with_the_old_key() -> None:
        hook = WebhookInput(url="https://crm.example/late", settings=WebhookSettings(secret="plain-6-late"))
        await setup.webhooks.create(database, exchange.actor, hook)

    found = await rotate(both, [exchange.account_id], done=written.append)
    await write_with_the_old_key()
    assert found.keys_in_use == []
    with pytest.raises(SecretKeyError):
        await require_known_keys(await reopened(dsn, NEW_KEY))
    assert (await rotate(both, [exchange.account_id])).renewed == 1
    await both.close()

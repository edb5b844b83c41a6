"""Each account's set-up held in memory: loaded when first asked for, reloaded when its version moves."""

import asyncio
from collections.abc import Mapping

import msgspec

from leadyard.campaigns import store
from leadyard.campaigns.model import Buyer, Campaign, MailServer, SmsGateway, Supplier, Webhook
from leadyard.campaigns.store.carriers import load_mail_servers, load_sms_gateways
from leadyard.identity import service as identity
from leadyard.identity.model import Account, ApiKey, Principal
from leadyard.kit.ids import hash_secret
from leadyard.storage.database import Database


class AccountSetup(msgspec.Struct, frozen=True):
    """One account's set-up at one version."""

    version: int
    account: Account
    keys: Mapping[bytes, ApiKey]
    campaigns: Mapping[int, Campaign]
    campaign_ids: Mapping[str, int]
    suppliers: Mapping[int, Supplier]
    supplier_ids: Mapping[str, int]
    buyers: Mapping[int, Buyer]
    buyer_ids: Mapping[str, int]
    webhooks: tuple[Webhook, ...]
    mail_servers: Mapping[int, MailServer] = {}
    sms_gateways: Mapping[int, SmsGateway] = {}

    def campaign(self, named: str) -> Campaign | None:
        """Find a campaign by its reference in any case, else by its id."""
        campaign_id = self.campaign_ids.get(named.casefold())
        if campaign_id is None and named.isascii() and named.isdigit():
            campaign_id = int(named[:18])
        return None if campaign_id is None else self.campaigns.get(campaign_id)


class Configuration:
    """What every process knows of the accounts it serves."""

    def __init__(self, database: Database) -> None:
        """Start with nothing loaded."""
        self._database = database
        self._setups: dict[int, AccountSetup] = {}
        self._loads: dict[int, asyncio.Task[AccountSetup]] = {}
        self._key_accounts: dict[bytes, int] = {}

    def known(self, account_id: int) -> AccountSetup | None:
        """Give what is in memory, however old."""
        return self._setups.get(account_id)

    async def setup(self, account_id: int) -> AccountSetup:
        """Give the set-up in memory, loading it when it is not there; its version is checked by whoever commits."""
        return self._setups.get(account_id) or await self.reload(account_id)

    async def current(self, account_id: int) -> AccountSetup:
        """Give the set-up as of now: one small query, and a reload only when the version moved."""
        known = self._setups.get(account_id)
        if known is None:
            return await self.reload(account_id)
        async with self._database.connection() as connection:
            version = await store.version(connection, account_id)
        return known if version == known.version else await self.reload(account_id)

    async def reload(self, account_id: int) -> AccountSetup:
        """Read the set-up afresh; callers that come while another reads the same account share a later reading."""
        running = self._loads.get(account_id)
        if running is not None:
            await asyncio.wait([running])
            running = self._loads.get(account_id)
        if running is None:
            running = asyncio.create_task(self._load(account_id))
            self._loads[account_id] = running
            running.add_done_callback(lambda _: self._loads.pop(account_id, None))
        return await asyncio.shield(running)

    async def principal(self, key: str) -> Principal | None:
        """Find who holds a key from memory, asking the database about keys that memory does not let in."""
        key_hash = hash_secret(key)
        account_id = self._key_accounts.get(key_hash)
        if account_id is not None:
            found = self.principal_in(await self.setup(account_id), key_hash)
            if found is not None:
                return found
        return await self.current_principal(key)

    async def current_principal(self, key: str) -> Principal | None:
        """Find who holds a key as of now, so that a revocation counts at once on every process."""
        key_hash = hash_secret(key)
        account_id = self._key_accounts.get(key_hash)
        if account_id is None:
            async with self._database.connection() as connection:
                account_id = await identity.account_of_key(connection, key_hash)
            if account_id is None:
                return None
            self._key_accounts[key_hash] = account_id
        return self.principal_in(await self.current(account_id), key_hash)

    @staticmethod
    def principal_in(setup: AccountSetup, key_hash: bytes) -> Principal | None:
        """Find a key's holder in a set-up; None when the key is unknown, inactive or revoked."""
        key = setup.keys.get(key_hash)
        if key is None or key.revoked_at is not None or not key.settings.active:
            return None
        return Principal(setup.account.id, key)

    async def _load(self, account_id: int) -> AccountSetup:
        async with (
            self._database.connection() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            version = await store.version(connection, account_id)
            account = await identity.load_account(connection, account_id)
            keys = await identity.load_keys(connection, account_id)
            campaigns = await store.load_campaigns(connection, account_id)
            suppliers = await store.load_suppliers(connection, account_id)
            buyers = await store.load_buyers(connection, account_id)
            webhooks = await store.load_webhooks(connection, account_id)
            mail_servers = await load_mail_servers(connection, account_id)
            sms_gateways = await load_sms_gateways(connection, account_id)
        setup = AccountSetup(
            version=version,
            account=account,
            keys=keys,
            campaigns=campaigns,
            campaign_ids={c.reference.casefold(): c.id for c in campaigns.values()},
            suppliers=suppliers,
            supplier_ids={s.sid: s.id for s in suppliers.values()},
            buyers=buyers,
            buyer_ids={b.bid: b.id for b in buyers.values()},
            webhooks=webhooks,
            mail_servers=mail_servers,
            sms_gateways=sms_gateways,
        )
        self._setups[account_id] = setup
        return setup

"""Each account's set-up held in memory: loaded when first asked for, reloaded when its version moves."""

import asyncio
from collections.abc import Mapping

import msgspec

from leadyard.campaigns import store
from leadyard.campaigns.model import Buyer, Campaign, MailServer, SmsGateway, Supplier
from leadyard.campaigns.rules import CampaignRules, compile_campaign, lists_used
from leadyard.campaigns.store.carriers import load_mail_servers, load_sms_gateways
from leadyard.campaigns.webhooks import Webhook
from leadyard.identity import service as identity
from leadyard.identity.model import Account, ApiKey, Principal
from leadyard.intake.providers.model import Provider
from leadyard.kit.ids import hash_secret
from leadyard.routing.rules import ValueList
from leadyard.storage.database import Connection, Database
from leadyard.suppression.lookup import load_lists
from leadyard.suppression.model import SuppressionList

_PRINCIPALS_KEPT = 1024


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
    value_lists: Mapping[str, ValueList] = {}
    compiled_rules: dict[int, CampaignRules] = msgspec.field(default_factory=dict)
    providers: Mapping[int, Provider] = {}
    suppression_lists: Mapping[int, SuppressionList] = {}
    mail_servers: Mapping[int, MailServer] = {}
    sms_gateways: Mapping[int, SmsGateway] = {}
    pays_for_sold_leads: bool = False

    def rules_of(self, campaign: Campaign) -> CampaignRules:
        """Give what rules decide in a campaign of this very set-up, compiled when it is first asked for."""
        known = self.compiled_rules.get(campaign.id)
        if known is None:
            known = self.compiled_rules[campaign.id] = compile_campaign(campaign, self.value_lists)
        return known

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
        self._principals: dict[str, tuple[AccountSetup, Principal]] = {}

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
        known = self._principals.get(key)
        if known is not None and known[0] is self._setups.get(known[1].account_id):
            return known[1]
        key_hash = hash_secret(key)
        account_id = self._key_accounts.get(key_hash)
        if account_id is not None:
            setup = await self.setup(account_id)
            found = self.principal_in(setup, key_hash)
            if found is not None:
                if len(self._principals) >= _PRINCIPALS_KEPT:
                    self._principals.clear()
                self._principals[key] = (setup, found)
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
            value_lists = await self._load_value_lists(connection, account_id, campaigns)
            providers = await store.load_providers(connection, account_id)
            suppression_lists = await load_lists(connection, account_id)
            mail_servers = await load_mail_servers(connection, account_id)
            sms_gateways = await load_sms_gateways(connection, account_id)
            pays_for_sold_leads = await store.pays_for_sold_leads(connection, account_id)
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
            value_lists=value_lists,
            providers=providers,
            suppression_lists=suppression_lists,
            mail_servers=mail_servers,
            sms_gateways=sms_gateways,
            pays_for_sold_leads=pays_for_sold_leads,
        )
        self._setups[account_id] = setup
        return setup

    async def _load_value_lists(
        self, connection: Connection, account_id: int, campaigns: Mapping[int, Campaign]
    ) -> Mapping[str, ValueList]:
        """Load the lists that rules name; those whose content did not change are kept with their sets."""
        wanted = lists_used(campaigns.values())
        known = self._setups.get(account_id)
        held = {} if known is None else known.value_lists
        return await store.load_value_lists(connection, account_id, wanted, held) if wanted else {}

"""The rows of a set-up, loaded into the values that every process keeps in memory."""

import msgspec

from leadyard.campaigns.model import (
    Buyer,
    BuyerSettings,
    Campaign,
    CampaignSettings,
    Delivery,
    DeliverySettings,
    DeliveryStatus,
    PartnerSettings,
    Status,
    Supplier,
    SupplierTerms,
)
from leadyard.campaigns.store.value_lists import load_value_lists
from leadyard.campaigns.webhooks import Webhook, WebhookSettings
from leadyard.identity.versions import bump_version, version
from leadyard.intake.fields import FieldRule
from leadyard.intake.providers.model import CheckKind, Provider, ProviderSettings, ProviderStatus
from leadyard.storage.database import Connection
from leadyard.storage.sealing import read_opened

__all__ = [
    "bump_version",
    "load_buyers",
    "load_campaigns",
    "load_providers",
    "load_suppliers",
    "load_value_lists",
    "load_webhooks",
    "pays_for_sold_leads",
    "version",
]


async def load_campaigns(connection: Connection, account_id: int) -> dict[int, Campaign]:
    """Load every campaign by id, with fields in order of name, suppliers' terms, and deliveries in order."""
    fields = await _fields(connection, account_id)
    terms = await _terms(connection, account_id)
    deliveries = await _deliveries(connection, account_id)
    occasions = await _occasions(connection, account_id)
    rows = await connection.fetch(
        "SELECT id, reference, name, status, settings FROM campaigns WHERE account_id = $1 ORDER BY id",
        account_id,
    )
    return {
        row["id"]: Campaign(
            id=row["id"],
            reference=row["reference"],
            name=row["name"],
            status=Status(row["status"]),
            settings=read_opened(connection, account_id, "campaigns", row["settings"], CampaignSettings),
            fields=tuple(fields.get(row["id"], ())),
            suppliers=terms.get(row["id"], {}),
            deliveries=tuple(deliveries.get(row["id"], ())),
            occasions=occasions.get(row["id"], frozenset()),
        )
        for row in rows
    }


async def load_suppliers(connection: Connection, account_id: int) -> dict[int, Supplier]:
    """Load every supplier by id; partners without a sid are none."""
    rows = await connection.fetch(
        "SELECT id, name, sid, status, settings FROM partners"
        " WHERE account_id = $1 AND sid IS NOT NULL ORDER BY id",
        account_id,
    )
    return {
        row["id"]: Supplier(
            row["id"],
            row["name"],
            row["sid"],
            Status(row["status"]),
            read_opened(connection, account_id, "partners", row["settings"], PartnerSettings),
        )
        for row in rows
    }


async def load_buyers(connection: Connection, account_id: int) -> dict[int, Buyer]:
    """Load every buyer by id."""
    rows = await connection.fetch(
        "SELECT id, bid, company, status, settings FROM buyers WHERE account_id = $1 ORDER BY id", account_id
    )
    return {
        row["id"]: Buyer(
            row["id"],
            row["bid"],
            row["company"],
            Status(row["status"]),
            read_opened(connection, account_id, "buyers", row["settings"], BuyerSettings),
        )
        for row in rows
    }


async def load_webhooks(connection: Connection, account_id: int) -> tuple[Webhook, ...]:
    """Load the webhooks that are not archived."""
    rows = await connection.fetch(
        "SELECT id, url, status, settings FROM webhooks"
        " WHERE account_id = $1 AND status <> 'Archived' ORDER BY id",
        account_id,
    )
    return tuple(
        Webhook(
            row["id"],
            row["url"],
            Status(row["status"]),
            read_opened(connection, account_id, "webhooks", row["settings"], WebhookSettings),
        )
        for row in rows
    )


async def pays_for_sold_leads(connection: Connection, account_id: int) -> bool:
    """Tell whether affiliates earn, or have earned by a line that is archived now, a share of sold leads."""
    return bool(
        await connection.fetchval(
            "SELECT EXISTS (SELECT FROM plan_lines WHERE account_id = $1 AND settings ->> 'pays_for' = 'sold_lead')",
            account_id,
        )
    )


async def load_providers(connection: Connection, account_id: int) -> dict[int, Provider]:
    """Load every validation provider by id."""
    rows = await connection.fetch(
        "SELECT id, name, kind, status, settings FROM validation_providers WHERE account_id = $1 ORDER BY id",
        account_id,
    )
    return {
        row["id"]: Provider(
            row["id"],
            row["name"],
            CheckKind(row["kind"]),
            ProviderStatus(row["status"]),
            msgspec.convert(row["settings"], ProviderSettings),
        )
        for row in rows
    }


async def _fields(connection: Connection, account_id: int) -> dict[int, list[FieldRule]]:
    rows = await connection.fetch(
        'SELECT campaign_id, settings FROM campaign_fields WHERE account_id = $1 ORDER BY name COLLATE "C"',
        account_id,
    )
    found: dict[int, list[FieldRule]] = {}
    for row in rows:
        found.setdefault(row["campaign_id"], []).append(msgspec.convert(row["settings"], FieldRule))
    return found


async def _terms(connection: Connection, account_id: int) -> dict[int, dict[int, SupplierTerms]]:
    rows = await connection.fetch(
        "SELECT campaign_id, partner_id, settings FROM campaign_suppliers"
        " WHERE account_id = $1 ORDER BY partner_id",
        account_id,
    )
    found: dict[int, dict[int, SupplierTerms]] = {}
    for row in rows:
        terms = msgspec.convert(row["settings"], SupplierTerms)
        found.setdefault(row["campaign_id"], {})[row["partner_id"]] = terms
    return found


async def _deliveries(connection: Connection, account_id: int) -> dict[int, list[Delivery]]:
    rows = await connection.fetch(
        "SELECT id, campaign_id, buyer_id, reference, status, settings FROM deliveries"
        " WHERE account_id = $1 AND status <> 'Archived' ORDER BY id",
        account_id,
    )
    deliveries = [
        Delivery(
            row["id"],
            row["campaign_id"],
            row["buyer_id"],
            row["reference"],
            DeliveryStatus(row["status"]),
            read_opened(connection, account_id, "deliveries", row["settings"], DeliverySettings),
        )
        for row in rows
    ]
    found: dict[int, list[Delivery]] = {}
    for delivery in sorted(deliveries, key=lambda d: (d.settings.priority, d.id)):
        found.setdefault(delivery.campaign_id, []).append(delivery)
    return found


async def _occasions(connection: Connection, account_id: int) -> dict[int, frozenset[str]]:
    rows = await connection.fetch(
        "SELECT campaign_id, array_agg(DISTINCT settings->>'trigger') AS occasions FROM responders"
        " WHERE account_id = $1 AND status = 'Active' GROUP BY campaign_id",
        account_id,
    )
    return {row["campaign_id"]: frozenset(row["occasions"]) for row in rows}

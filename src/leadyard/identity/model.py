"""Who may act, and what they may do."""

from datetime import datetime
from enum import IntEnum, StrEnum
from ipaddress import ip_address, ip_network
from typing import Annotated

import msgspec
from msgspec import Meta

from leadyard.kit.errors import LeadyardError


class InvalidKeyError(LeadyardError):
    """The key is missing, unknown, switched off or revoked."""


class Account(msgspec.Struct, frozen=True):
    """A tenant: `hosts` are the names its classic API answers to; times are shown in `time_zone`."""

    id: int
    name: str
    slug: str
    time_zone: str
    currency: str
    hosts: tuple[str, ...] = ()
    takes_other_hosts: bool = False


class KeyKind(IntEnum):
    """What a key is tied to."""

    ADMINISTRATOR = 1
    SUPPLIER = 2
    BUYER = 3
    LEADDYNO_PRIVATE = 4
    """Opens everything of LeadDyno's API."""
    LEADDYNO_PUBLIC = 5
    """Stands in pages: good for nothing but the tracker's collector."""


class Permission(StrEnum):
    """What a key may be ticked for (docs/leadbyte.md, "Keys")."""

    LEADS_CREATE = "Leads > Create"
    LEADS_SEARCH = "Leads > Search"
    LEADS_EXPORT = "Leads > Export"
    LEADS_UPDATE = "Leads > Update"
    LEADS_REPROCESS = "Leads > Reprocess"
    LEADS_RETURN = "Leads > Return"
    LEADS_FEEDBACK = "Leads > Feedback"
    LEADS_UNMASKED = "Leads > See masked fields"
    LEADS_FINANCIALS = "Leads > Update Payout/Revenue"
    QUARANTINE_PROCESS = "Quarantine > Process"
    API_QUEUE = "API queue"
    CAMPAIGNS = "Campaigns"
    DELIVERIES_READ = "Deliveries > Read"
    DELIVERIES_CREATE = "Deliveries > Create"
    DELIVERIES_UPDATE = "Deliveries > Update"
    DELIVERIES_TRIGGER = "Deliveries > Trigger"
    RESPONDERS_READ = "Responders > Read"
    RESPONDERS_TRIGGER = "Responders > Trigger"
    BUYERS_READ = "Buyers > Read"
    BUYERS_CREATE = "Buyers > Create"
    BUYERS_UPDATE = "Buyers > Update"
    CREDIT_ADD = "Credit > Add"
    REPORTS = "Reports"
    VALIDATE = "Validate"
    SETUP_READ = "Set-up > Read"
    SETUP_WRITE = "Set-up > Write"


ALLOWED = {
    KeyKind.ADMINISTRATOR: frozenset(Permission),
    KeyKind.SUPPLIER: frozenset(
        {Permission.LEADS_CREATE, Permission.LEADS_EXPORT, Permission.API_QUEUE, Permission.CAMPAIGNS}
    ),
    KeyKind.BUYER: frozenset({Permission.LEADS_EXPORT, Permission.LEADS_RETURN, Permission.LEADS_FEEDBACK}),
    KeyKind.LEADDYNO_PRIVATE: frozenset(),
    KeyKind.LEADDYNO_PUBLIC: frozenset(),
}
"""The permissions that each kind of key may hold at most."""


class QueueAppend(msgspec.Struct, frozen=True):
    """What a queue record carries besides the outcome: empty field list means all fields."""

    campaign: bool = False
    supplier: bool = False
    buyers: bool = False
    buyer_statuses: tuple[str, ...] = ()
    deliveries: bool = False
    lead: bool = False
    lead_fields: tuple[str, ...] = ()


class LeadReturn(msgspec.Struct, frozen=True):
    """How a key returns leads: for one buyer only, if one is named, and whether suppliers lose their payout."""

    buyer_id: Annotated[int, Meta(ge=1, le=2**53 - 1)] | None = None
    reverse_payout: bool = True


class KeySettings(msgspec.Struct, frozen=True):
    """What an operator sets on a key; `allowed_addresses` are networks, none meaning any address."""

    permissions: tuple[Permission, ...] = ()
    allowed_addresses: tuple[str, ...] = ()
    version: str = "v1.3"
    active: bool = True
    append: QueueAppend = QueueAppend()
    lead_return: LeadReturn = LeadReturn()


class ApiKey(msgspec.Struct, frozen=True):
    """A key as its account sees it; the key itself is shown once, when it is made."""

    id: int
    kind: KeyKind
    reference: str
    hint: str
    settings: KeySettings
    supplier_id: int | None = None
    buyer_id: int | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None


class Principal(msgspec.Struct, frozen=True):
    """Whoever acts: an API key of one account."""

    account_id: int
    key: ApiKey

    @property
    def actor(self) -> str:
        """Name the actor for the audit log, never with the key itself."""
        return f"key {self.key.id} ({self.key.reference})"

    def may(self, permission: Permission) -> bool:
        """Tell whether the key is ticked for a permission that its kind can hold."""
        return permission in self.key.settings.permissions and permission in ALLOWED[self.key.kind]

    def may_come_from(self, address: str) -> bool:
        """Tell whether the key's list of addresses, if any, has the caller's."""
        networks = self.key.settings.allowed_addresses
        if not networks:
            return True
        try:
            caller = ip_address(address)
        except ValueError:
            return False
        return any(caller in ip_network(network, strict=False) for network in networks)

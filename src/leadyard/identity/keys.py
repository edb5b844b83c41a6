"""API keys as the set-up API takes and shows them."""

from datetime import datetime
from enum import StrEnum
from ipaddress import ip_network
from typing import Annotated

import msgspec
from msgspec import Meta

from leadyard.identity.model import ALLOWED, ApiKey, KeyKind, KeySettings
from leadyard.kit.errors import FieldProblem

Id = Annotated[int, Meta(ge=1, le=2**53 - 1)]


class KindOfKey(StrEnum):
    """What a key is tied to: nobody, one supplier, one buyer, or LeadDyno's API and tracker."""

    ADMINISTRATOR = "administrator"
    SUPPLIER = "supplier"
    BUYER = "buyer"
    LEADDYNO_PRIVATE = "leaddyno_private"
    LEADDYNO_PUBLIC = "leaddyno_public"


class KeyInput(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator says about a key; a supplier's or buyer's key names its supplier or buyer."""

    reference: Annotated[str, Meta(min_length=1, max_length=255)]
    kind: KindOfKey = KindOfKey.ADMINISTRATOR
    supplier_id: Id | None = None
    buyer_id: Id | None = None
    settings: KeySettings = KeySettings()

    @property
    def number(self) -> KeyKind:
        """The kind as it is stored."""
        return KeyKind[self.kind.name]


class KeyRecord(KeyInput, frozen=True, kw_only=True):
    """A key as its account sees it; `hint` is its end, the key itself is shown once."""

    id: int
    hint: str
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


class NewKey(KeyRecord, frozen=True, kw_only=True):
    """A key that has just been made, with the key itself: it cannot be shown again."""

    key: str


def key_record(key: ApiKey, created_at: datetime) -> KeyRecord:
    """Show a key."""
    return KeyRecord(
        id=key.id,
        reference=key.reference,
        kind=KindOfKey[key.kind.name],
        supplier_id=key.supplier_id,
        buyer_id=key.buyer_id,
        settings=key.settings,
        hint=key.hint,
        created_at=created_at,
        last_used_at=key.last_used_at,
        revoked_at=key.revoked_at,
    )


def is_leaddyno(kind: KeyKind) -> bool:
    """Tell whether a kind of key is LeadDyno's, whose form and use are its own."""
    return kind in {KeyKind.LEADDYNO_PRIVATE, KeyKind.LEADDYNO_PUBLIC}


def key_problems(key: KeyInput) -> list[FieldProblem]:
    """Name what is wrong with a key, apart from suppliers and buyers that do not exist."""
    allowed = ALLOWED[key.number]
    problems = [
        FieldProblem(f"settings.permissions[{i}]", f"{permission} is not for a {key.kind} key")
        for i, permission in enumerate(key.settings.permissions)
        if permission not in allowed
    ]
    for kind, member, value in (
        (KindOfKey.SUPPLIER, "supplier_id", key.supplier_id),
        (KindOfKey.BUYER, "buyer_id", key.buyer_id),
    ):
        if key.kind is kind and value is None:
            problems.append(FieldProblem(member, f"is required for a {kind} key"))
        if key.kind is not kind and value is not None:
            problems.append(FieldProblem(member, f"is only for a {kind} key"))
    return problems + _address_problems(key.settings.allowed_addresses)


def _address_problems(addresses: tuple[str, ...]) -> list[FieldProblem]:
    problems = []
    for i, address in enumerate(addresses):
        try:
            ip_network(address, strict=False)
        except ValueError:
            problems.append(
                FieldProblem(f"settings.allowed_addresses[{i}]", "is not an IP address or network")
            )
    return problems


def new_key(record: KeyRecord, key: str) -> NewKey:
    """Show a key together with the key itself."""
    return NewKey(**msgspec.structs.asdict(record), key=key)

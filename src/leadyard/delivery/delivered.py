"""Keys of leads already delivered: a delivery or a buyer that wants each only once is passed over for another one.

Keys are claimed in the unit of work that marks an attempt as sending, and given back with an outcome by which the
buyer surely has not taken the lead (docs/distribution.md).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import IntEnum

import msgspec

from leadyard.campaigns.configuration import AccountSetup
from leadyard.campaigns.model import Campaign, DeliveredDedupe, Delivery
from leadyard.delivery.sending import Job
from leadyard.delivery.store import delete_delivered, lock_delivered, read_delivered, take_delivered
from leadyard.intake.dedupe_keys import key_makers, keys_of
from leadyard.storage.database import Connection

DUPLICATE = "duplicate"
"""Why a delivery was passed over, in LeadByte's word."""

Claimant = tuple[int, int]
"""A lead and a delivery, by their ids."""


class Owner(IntEnum):
    """Whose keys they are."""

    DELIVERY = 1
    BUYER = 2


class DeliveredKey(msgspec.Struct, frozen=True, order=True):
    """A key of a delivery or a buyer; ordered so that all units of work lock in one order."""

    owner: int
    owner_id: int
    key: bytes


class Wish(msgspec.Struct, frozen=True):
    """A key that a lead wants to be the only one with, against leads delivered within the window (None: ever)."""

    key: DeliveredKey
    window: timedelta | None


def wishes(
    setup: AccountSetup, campaign: Campaign, delivery: Delivery, fields: Mapping[str, str]
) -> list[Wish]:
    """List the keys that sending a lead by a delivery takes; none where neither it nor its buyer looks for any."""
    found = _of(delivery.settings.dedupe, Owner.DELIVERY, delivery.id, campaign, fields)
    buyer = setup.buyers.get(delivery.buyer_id)
    if buyer is not None:
        found += _of(buyer.settings.dedupe, Owner.BUYER, buyer.id, campaign, fields)
    return found


def wishes_of(setup: AccountSetup, chances: Iterable[tuple[Job, Delivery]]) -> dict[Claimant, list[Wish]]:
    """List what each lead needs at each delivery that it may go to, where anything is needed at all."""
    return {
        (job.lead_id, delivery.id): listed
        for job, delivery in chances
        if (listed := wishes(setup, setup.campaigns[job.campaign_id], delivery, job.fields))
    }


def _of(
    dedupe: DeliveredDedupe, owner: Owner, owner_id: int, campaign: Campaign, fields: Mapping[str, str]
) -> list[Wish]:
    if not dedupe.fields:
        return []
    makers = key_makers(campaign, campaign.settings.country, dedupe.fields)
    window = None if dedupe.window_hours is None else timedelta(hours=dedupe.window_hours)
    keys = keys_of(makers, dedupe.match, fields)
    return [Wish(DeliveredKey(owner, owner_id, key), window) for key in keys]


class DeliveredGate:
    """The keys that a unit of work holds locked, and which of them it takes."""

    def __init__(
        self,
        account_id: int,
        wanted: Mapping[Claimant, Sequence[Wish]],
        held: Mapping[DeliveredKey, tuple[int, datetime]],
        now: datetime,
    ) -> None:
        """Start from who holds each key, as lead and instant; lead 0 is nobody."""
        self._account_id = account_id
        self._wanted = wanted
        self._held = dict(held)
        self._now = now
        self._taken: dict[DeliveredKey, int] = {}

    def reason(self, claimant: Claimant) -> str | None:
        """Tell whether the delivery, or its buyer, had a lead with one of these keys already."""
        taken = any(self._is_taken(wish) for wish in self._wanted.get(claimant, ()))
        return DUPLICATE if taken else None

    def take(self, claimant: Claimant) -> None:
        """Claim a lead's keys at a delivery; ask `reason` first."""
        for wish in self._wanted.get(claimant, ()):
            self._held[wish.key] = (claimant[0], self._now)
            self._taken[wish.key] = claimant[0]

    async def write(self, connection: Connection) -> None:
        """Write what was taken, and forget what was only looked at."""
        if not self._held:
            return
        await take_delivered(connection, self._account_id, _rows(self._taken), self._now)
        unused = {key: 0 for key, (lead_id, _) in self._held.items() if not lead_id}
        await delete_delivered(connection, self._account_id, _rows(unused))

    def _is_taken(self, wish: Wish) -> bool:
        lead_id, since = self._held[wish.key]
        return bool(lead_id) and (wish.window is None or since > self._now - wish.window)


async def open_delivered(
    connection: Connection, account_id: int, wanted: Mapping[Claimant, Sequence[Wish]], now: datetime
) -> DeliveredGate:
    """Lock every key that leads of this unit of work may take; nothing is asked where none is wanted."""
    keys = dict.fromkeys((wish.key for listed in wanted.values() for wish in listed), 0)
    rows = await lock_delivered(connection, account_id, _rows(keys), now) if keys else []
    held = {
        DeliveredKey(r["owner_kind"], r["owner_id"], r["key"]): (r["lead_id"], r["claimed_at"]) for r in rows
    }
    return DeliveredGate(account_id, wanted, held, now)


async def look_at_delivered(
    connection: Connection, account_id: int, wanted: Mapping[Claimant, Sequence[Wish]], now: datetime
) -> DeliveredGate:
    """Read who holds the keys without locking them: for answers that change nothing."""
    keys = dict.fromkeys((wish.key for listed in wanted.values() for wish in listed), 0)
    rows = await read_delivered(connection, account_id, _rows(keys)) if keys else []
    held = {
        DeliveredKey(r["owner_kind"], r["owner_id"], r["key"]): (r["lead_id"], r["claimed_at"]) for r in rows
    }
    return DeliveredGate(account_id, wanted, {**dict.fromkeys(keys, (0, now)), **held}, now)


async def give_back(
    connection: Connection, account_id: int, given: Iterable[tuple[int, Sequence[Wish]]]
) -> None:
    """Free the keys of leads, given with what they wanted, that were surely not taken."""
    keys = {wish.key: lead_id for lead_id, listed in given for wish in listed}
    await delete_delivered(connection, account_id, _rows(keys))


def _rows(keys: Mapping[DeliveredKey, int]) -> list[tuple[int, int, bytes, int]]:
    return [(key.owner, key.owner_id, key.key, keys[key]) for key in sorted(keys)]

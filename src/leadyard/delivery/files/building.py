"""Builds one file from a delivery's queue, inside the caller's unit of work."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from leadyard.campaigns.configuration import AccountSetup
from leadyard.campaigns.model import Buyer, Campaign, Delivery
from leadyard.delivery.files import store
from leadyard.delivery.files.model import LARGEST_CONTENT
from leadyard.delivery.filling import fill
from leadyard.delivery.kinds import FileSettings
from leadyard.delivery.planning import read_job
from leadyard.delivery.sending import Sending, template_values
from leadyard.delivery.templates import UnfitValueError
from leadyard.delivery.transports.file.hand_over import place_of
from leadyard.delivery.transports.file.naming import file_name, file_values
from leadyard.delivery.transports.file.tables import Writer, writer_of
from leadyard.delivery.waves import Wave
from leadyard.kit.money import plain
from leadyard.routing.offers import Offer, Sale
from leadyard.routing.prices import price_of
from leadyard.storage.database import Connection, Row

_CHUNK = 500
_TOO_LONG = "(too long)"


class Source(msgspec.Struct, frozen=True):
    """What a file is made from: the delivery as it is set up now, and the time of its schedule."""

    setup: AccountSetup
    campaign: Campaign
    delivery: Delivery
    buyer: Buyer
    settings: FileSettings
    slot: datetime

    @property
    def zone(self) -> ZoneInfo:
        """The account's time zone."""
        return ZoneInfo(self.setup.account.time_zone)


class _Rows(msgspec.Struct):
    """The leads that went into a file."""

    sales: list[tuple[int, int]]
    characters: int = 0


def source_of(setup: AccountSetup, delivery_id: int, slot: datetime) -> Source | None:
    """Find a file delivery in a set-up; None when it is archived or is of another kind now."""
    for campaign in setup.campaigns.values():
        for delivery in campaign.deliveries:
            buyer = setup.buyers.get(delivery.buyer_id)
            if delivery.id == delivery_id and delivery.settings.file is not None and buyer is not None:
                return Source(setup, campaign, delivery, buyer, delivery.settings.file, slot)
    return None


async def build_one(connection: Connection, source: Source, now: datetime) -> int:
    """Build the next file of a delivery and mark its leads as being in it; gives how many there are, 0: no file."""
    account_id, delivery_id = source.setup.account.id, source.delivery.id
    await store.drop_returned(connection, account_id, delivery_id)
    writer, rows = await asyncio.to_thread(writer_of, source.settings), _Rows([])
    cursor = await store.open_queue(
        connection, account_id, delivery_id, source.slot, source.settings.most_rows
    )
    while rows.characters < LARGEST_CONTENT:
        found = await cursor.fetch(_CHUNK)
        if not found:
            break
        await asyncio.to_thread(_add, writer, source, found, rows)
    content = await asyncio.to_thread(writer.finish)
    if not rows.sales:
        return 0
    number = await store.next_number(connection, account_id, delivery_id)
    name = await _free_name(connection, source, number, len(rows.sales))
    await store.insert(
        connection,
        account_id,
        delivery_id=delivery_id,
        number=number,
        name=name,
        form=source.settings.format,
        content=content,
        destination=place_of(source.settings.destination, name),
        sales=rows.sales,
        now=now,
    )
    return len(rows.sales)


async def _free_name(connection: Connection, source: Source, number: int, rows: int) -> str:
    values = {**_fixed(source), **file_values(source.slot, source.zone, number, rows)}
    copy = 1
    while await store.name_is_taken(
        connection, source.setup.account.id, name := file_name(source.settings, values, copy)
    ):
        copy += 1
    return name


def _add(writer: Writer, source: Source, found: Sequence[Row], rows: _Rows) -> None:
    for row in found:
        values = _values(source, row)
        cells = [_cell(column.value, values) for column in source.settings.columns]
        writer.add([cells])
        rows.sales.append((row["id"], row["number"]))
        rows.characters += sum(map(len, cells))


def _cell(template: str, values: Mapping[str, str]) -> str:
    """Fill a cell; a value beyond the limits of templates must not keep all other leads from their file."""
    try:
        return fill(template, values)
    except UnfitValueError:
        return _TOO_LONG


def _values(source: Source, row: Row) -> Mapping[str, str]:
    job = read_job(source.setup.account.id, row)
    price = price_of(source.campaign, source.delivery, Sale.EXCLUSIVE)
    sending = Sending(
        job,
        row["number"],
        source.delivery,
        source.buyer,
        source.campaign,
        source.setup,
        source.zone,
        source.slot,
        Offer(source.delivery, Sale.EXCLUSIVE, price),
        Wave(frozenset({row["number"]})),
    )
    return template_values(sending)


def _fixed(source: Source) -> dict[str, str]:
    own = source.delivery.settings.revenue
    return {
        "campaign.id": str(source.campaign.id),
        "campaign.reference": source.campaign.reference,
        "campaign.name": source.campaign.name,
        "buyer.bid": source.buyer.bid,
        "buyer.company": source.buyer.company,
        "delivery.id": str(source.delivery.id),
        "delivery.reference": source.delivery.reference,
        "delivery.revenue": plain(source.campaign.settings.revenue if own is None else own),
    }

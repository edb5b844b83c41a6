"""The columns of leads: what each side of a sale may see of them, and the fields of their campaigns."""

from collections.abc import Mapping, Sequence
from typing import Any

from leadyard.exports.model import Column, Kind, Rows, named, plain, worded
from leadyard.exports.viewing import Side, View
from leadyard.kit.ids import queue_id
from leadyard.kit.masking import MASK
from leadyard.leads.model import Channel, SaleStatus, SystemStatus

FIELDS = "fields"
"""Stands for all fields in a choice of columns."""
_EVERYBODY = Side.OPERATOR | Side.SUPPLIER | Side.BUYER
_TO_MASK = ("fields", "campaign_id")
_SOURCE = Side.OPERATOR | Side.SUPPLIER


def lead_columns(view: View, campaign_id: int | None) -> tuple[list[Column], dict[str, list[str]]]:
    """Give the columns that a key may see, the fields at the end, and the groups that stand for several.

    A field whose name another column has is called `field.<name>`; so may any other.
    """
    own = [column for side, column in _columns(view) if view.side & side]
    taken = {column.name for column in own}
    fields = [_field(view, name, taken) for name in _field_names(view, campaign_id)]
    return [*own, *fields], {FIELDS: [column.name for column in fields]}


def _columns(view: View) -> list[tuple[Side, Column]]:
    setup = view.setup
    references = {campaign.id: campaign.reference for campaign in setup.campaigns.values()}
    sids = {supplier.id: supplier.sid for supplier in setup.suppliers.values()}
    suppliers = {supplier.id: supplier.name for supplier in setup.suppliers.values()}
    companies = {buyer.id: buyer.company for buyer in setup.buyers.values()}
    return [
        (_EVERYBODY, plain("id", Kind.NUMBER)),
        (_SOURCE, Column("queue_id", Kind.TEXT, lambda rows: [queue_id(row["uuid"]) for row in rows], ("uuid",))),
        (Side.OPERATOR, Column("uuid", Kind.TEXT, lambda rows: [str(row["uuid"]) for row in rows], ("uuid",))),
        (_EVERYBODY, plain("received_at", Kind.MOMENT)),
        (_SOURCE, plain("decided_at", Kind.MOMENT)),
        (_EVERYBODY, plain("campaign_id", Kind.NUMBER)),
        (_EVERYBODY, named("campaign", references, member="campaign_id")),
        (Side.OPERATOR, plain("supplier_id", Kind.NUMBER)),
        (Side.OPERATOR, named("supplier", suppliers, member="supplier_id")),
        (_SOURCE, named("sid", sids, member="supplier_id")),
        (_SOURCE, plain("ssid")),
        (_SOURCE, worded("channel", {one: one.name.lower() for one in Channel})),
        (_EVERYBODY, plain("test", Kind.FLAG, member="is_test")),
        (_EVERYBODY, worded("status", _words(SystemStatus), member="system_status")),
        (_SOURCE, worded("sale_status", _words(SaleStatus))),
        (_SOURCE, plain("code", Kind.NUMBER)),
        (_SOURCE, Column("errors", Kind.LIST, lambda rows: [row["info"] or [] for row in rows], ("info",))),
        (Side.OPERATOR, plain("buyer_ids", Kind.LIST, member="holders")),
        (Side.OPERATOR, Column("buyers", Kind.LIST, lambda rows: _holders(rows, companies), ("holders",))),
        (_EVERYBODY, plain("currency")),
        (_SOURCE, plain("payout", Kind.MICROS)),
        (Side.OPERATOR, plain("revenue", Kind.MICROS)),
        (Side.BUYER, plain("price", Kind.MICROS, member="charged")),
        *((Side.OPERATOR, plain(name, Kind.MICROS)) for name in _COSTS),
        (Side.OPERATOR, Column("profit", Kind.MICROS, lambda rows: [_profit(row) for row in rows], _AMOUNTS)),
    ]  # fmt: skip


_COSTS = ("validation_cost", "email_cost", "sms_cost")
_AMOUNTS = ("revenue", "payout", *_COSTS)


def _words(kind: type[SystemStatus] | type[SaleStatus]) -> dict[int, str]:
    return {int(one): one.name.title() for one in kind}


def _holders(rows: Rows, companies: Mapping[int, str]) -> list[list[str]]:
    return [[companies.get(buyer_id, str(buyer_id)) for buyer_id in row["holders"]] for row in rows]


def _profit(row: Mapping[str, Any]) -> int:
    costs: int = row["payout"] + row["validation_cost"] + row["email_cost"] + row["sms_cost"]
    revenue: int = row["revenue"]
    return revenue - costs


def _field_names(view: View, campaign_id: int | None) -> list[str]:
    names = [rule.name for campaign in view.campaigns(campaign_id) for rule in campaign.fields]
    return list(dict.fromkeys(names))


def _field(view: View, name: str, taken: set[str]) -> Column:
    hiding = {campaign.id for campaign in view.campaigns(None) if name in view.hidden(campaign.id)}
    title = f"field.{name}" if name in taken else name
    if not hiding:
        return Column(title, Kind.TEXT, lambda rows: [row["fields"].get(name) for row in rows], ("fields",))
    return Column(title, Kind.TEXT, lambda rows: [_masked(row, name, hiding) for row in rows], _TO_MASK)


def _masked(row: Mapping[str, Any], name: str, hiding: set[int]) -> str | None:
    value: str | None = row["fields"].get(name)
    return MASK if value and row["campaign_id"] in hiding else value


def members_of(columns: Sequence[Column]) -> frozenset[str]:
    """Tell what columns read of a lead: only that is fetched."""
    return frozenset(member for column in columns for member in column.members)

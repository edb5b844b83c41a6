"""Affiliates with what stands elsewhere about them: their group, their parent, what they brought."""

from collections.abc import Collection, Sequence

from leadyard.affiliates.affiliates import store
from leadyard.affiliates.affiliates.inputs import (
    AffiliateFilters,
    AffiliateRecord,
    AffiliateView,
    StatusName,
)
from leadyard.affiliates.affiliates.links import affiliate_url
from leadyard.affiliates.model import Affiliate, Program
from leadyard.kit.paging import Page
from leadyard.storage.database import Connection, Row


async def views(
    connection: Connection, account_id: int, affiliates: Sequence[Affiliate]
) -> list[AffiliateView]:
    """Show affiliates, in their order."""
    ids = [affiliate.id for affiliate in affiliates]
    if not ids:
        return []
    names = await store.names(connection, account_id, ids)
    totals = await store.totals(connection, account_id, ids)
    return [
        AffiliateView(
            affiliate,
            names[affiliate.id]["group_code"],
            names[affiliate.id]["parent_email"],
            *_brought(totals.get(affiliate.id)),
        )
        for affiliate in affiliates
    ]


def _brought(row: Row | None) -> tuple[int, int, int]:
    return (0, 0, 0) if row is None else (row["visitors"], row["leads"], row["purchases"])


async def view(connection: Connection, affiliate: Affiliate) -> AffiliateView:
    """Show one affiliate."""
    return (await views(connection, affiliate.account_id, [affiliate]))[0]


async def page(
    connection: Connection, account_id: int, filters: AffiliateFilters, page: Page
) -> list[AffiliateView]:
    """Show one page of affiliates."""
    return await views(connection, account_id, await store.page(connection, account_id, filters, page))


async def count(connection: Connection, account_id: int, filters: AffiliateFilters) -> int:
    """Count affiliates."""
    return await store.count(connection, account_id, filters)


async def emails(connection: Connection, account_id: int, ids: Collection[int]) -> dict[int, str]:
    """Give the e-mail addresses of affiliates."""
    return await store.emails(connection, account_id, sorted(ids)) if ids else {}


async def subids(
    connection: Connection, account_id: int, affiliate_id: int, limit: int, offset: int
) -> list[Row]:
    """Give `subid`, `visitors`, `leads` and `purchases` of an affiliate's sub-ids, in their order."""
    return await store.subids(connection, account_id, affiliate_id, limit, offset)


async def records(
    connection: Connection, program: Program, shown: Sequence[AffiliateView]
) -> list[AffiliateRecord]:
    """Show affiliates as the own API does."""
    ids = [view.affiliate.id for view in shown]
    codes = await store.codes(connection, shown[0].affiliate.account_id, ids) if shown else {}
    return [_record(view, program, codes[view.affiliate.id]) for view in shown]


def _record(view: AffiliateView, program: Program, codes: list[str]) -> AffiliateRecord:
    affiliate = view.affiliate
    return AffiliateRecord(
        id=affiliate.id,
        email=affiliate.email,
        first_name=affiliate.first_name,
        last_name=affiliate.last_name,
        code=affiliate.code,
        codes=(affiliate.code, *(code for code in codes if code != affiliate.code)),
        group=view.group,
        referring_affiliate=view.referring_affiliate,
        paypal_email=affiliate.paypal_email,
        referrer_domain=affiliate.referrer_domain,
        unsubscribed=affiliate.is_unsubscribed,
        custom_fields=affiliate.custom_fields,
        status=StatusName[affiliate.status.name],
        affiliate_url=affiliate_url(program.site_url, affiliate.code),
        has_dashboard=affiliate.has_dashboard,
        total_visitors=view.total_visitors,
        total_leads=view.total_leads,
        total_purchases=view.total_purchases,
        created_at=affiliate.created_at,
        updated_at=affiliate.updated_at,
    )

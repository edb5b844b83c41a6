"""Reading affiliates (docs/leaddyno.md, "Calls")."""

from leadyard.affiliates.affiliates import service, views
from leadyard.affiliates.affiliates.inputs import AffiliateFilters, AffiliateView
from leadyard.affiliates.affiliates.links import affiliate_url, dashboard_url
from leadyard.affiliates.model import Affiliate, AffiliateStatus
from leadyard.dialects.leaddyno.call import Answer, Call, NoMatchError, answer, count
from leadyard.dialects.leaddyno.writing import Shown, utc
from leadyard.kit.errors import NotFoundError
from leadyard.people.addresses import is_email_address
from leadyard.people.model import email_key
from leadyard.storage.database import Connection

_STATUSES = {AffiliateStatus.ACTIVE: "Active", AffiliateStatus.PENDING: "Pending Approval"}
_ARCHIVED = "Archived"


def affiliate_shown(view: AffiliateView, call: Call) -> Shown:
    """Show an affiliate."""
    affiliate = view.affiliate
    status = _STATUSES.get(affiliate.status, _ARCHIVED)
    dashboard = dashboard_url(call.services.base_url, affiliate.dashboard_token)
    return {
        "id": affiliate.id,
        "email": affiliate.email,
        "first_name": affiliate.first_name,
        "last_name": affiliate.last_name,
        "created_at": utc(affiliate.created_at),
        "updated_at": utc(affiliate.updated_at),
        "affiliate_url": affiliate_url(call.program.site_url, affiliate.code),
        "affiliate_dashboard_url": dashboard if affiliate.has_dashboard else None,
        "referring_affiliate": view.referring_affiliate,
        "referring_affiliate_id": affiliate.parent_id,
        "total_leads": view.total_leads,
        "total_visitors": view.total_visitors,
        "total_purchases": view.total_purchases,
        "affiliate_code": affiliate.code,
        "status": status,
        "pending_approval": affiliate.status is AffiliateStatus.PENDING,
        "archived": status == _ARCHIVED,
        "unsubscribed": affiliate.is_unsubscribed,
        "paypal_email": affiliate.paypal_email,
        "compensation_tier_code": view.group,
        "custom_fields": affiliate.custom_fields,
        "referrer_domain": affiliate.referrer_domain,
    }


async def shown(connection: Connection, call: Call, affiliate: Affiliate) -> Shown:
    """Show an affiliate with what stands elsewhere about it."""
    return affiliate_shown(await views.view(connection, affiliate), call)


async def addressed(connection: Connection, call: Call) -> Affiliate:
    """Find the affiliate that the path names, by id or by e-mail address; raises NotFoundError."""
    if "@" not in call.path_id:
        return await service.read(connection, call.account_id, call.id())
    found = None
    if is_email_address(call.path_id):
        found = await service.by_email(connection, call.account_id, call.path_id)
    if found is None:
        raise NotFoundError("Not found")
    return found


async def list_affiliates(call: Call) -> Answer:
    """GET /affiliates."""
    params = call.params
    filters, page = _filters(call), call.page(params)
    async with call.database.connection() as connection:
        found = await views.page(connection, call.account_id, filters, page)
    return answer([affiliate_shown(view, call) for view in found])


async def count_affiliates(call: Call) -> Answer:
    """GET /affiliates/count."""
    filters = _filters(call)
    async with call.database.connection() as connection:
        return count(await views.count(connection, call.account_id, filters))


def _filters(call: Call) -> AffiliateFilters:
    params = call.params
    created = params.created()
    query, email = params.text("query"), params.word("email")
    params.finish()
    key = None if email is None else email_key(email)
    return AffiliateFilters(since=created.since, before=created.before, query=query, email_key=key)


async def by_email(call: Call) -> Answer:
    """GET /affiliates/by_email."""
    params = call.params
    email = params.word("email", required=True)
    params.finish()
    async with call.database.connection() as connection:
        found = await service.by_email(connection, call.account_id, email or "")
        return await _found(connection, call, found)


async def by_affiliate_code(call: Call) -> Answer:
    """GET /affiliates/by_affiliate_code, old codes included."""
    params = call.params
    code = params.word("affiliate_code", required=True)
    params.finish()
    async with call.database.connection() as connection:
        found = await service.holder_of_code(connection, call.account_id, code or "")
        return await _found(connection, call, found)


async def _found(connection: Connection, call: Call, affiliate: Affiliate | None) -> Answer:
    if affiliate is None:
        raise NoMatchError("Not found")
    return answer(await shown(connection, call, affiliate))


async def read(call: Call) -> Answer:
    """GET /affiliates/{id}."""
    async with call.database.connection() as connection:
        return answer(await shown(connection, call, await addressed(connection, call)))


async def list_subids(call: Call) -> Answer:
    """GET /affiliates/{id}/subids."""
    page = call.page(call.params)
    async with call.database.connection() as connection:
        affiliate = await addressed(connection, call)
        rows = await views.subids(connection, call.account_id, affiliate.id, page.limit, page.offset)
    return answer([dict(row) for row in rows])

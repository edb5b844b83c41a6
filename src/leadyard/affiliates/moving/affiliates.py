"""Affiliates and their groups, made as they are there."""

import re
from collections.abc import Iterable, Sequence
from urllib.parse import parse_qsl, urlsplit

import msgspec

from leadyard.affiliates.affiliates import group_store, service, store
from leadyard.affiliates.affiliates.inputs import GroupRecord
from leadyard.affiliates.affiliates.links import CODE_PARAMETER, code_key, new_code, new_dashboard_token
from leadyard.affiliates.model import Affiliate, AffiliateStatus
from leadyard.affiliates.moving import store as moves
from leadyard.affiliates.moving.store import Kept
from leadyard.affiliates.moving.unit import Unit
from leadyard.affiliates.moving.wire import Resource, TheirAffiliate
from leadyard.people.model import email_key
from leadyard.storage.counters import next_id, reserve_up_to
from leadyard.storage.database import Connection

_TOKEN = re.compile(r"/p/([0-9a-f]{40})/?$")
_LONGEST_CODE = 255
_BATCH = 500
_GROUPS = "affiliate_groups"
_PARTNERS = "supplier"


async def take(unit: Unit, rows: Sequence[TheirAffiliate]) -> None:
    """Make the affiliates that are not here; one whose e-mail is here already stays as it is, and gets its codes."""
    connection, account_id = unit.connection, unit.account_id
    known = await unit.known(Resource.AFFILIATES, (row.id for row in rows))
    fresh = [row for row in rows if row.id not in known]
    if not fresh:
        return
    await reserve_up_to(connection, account_id, _PARTNERS, 0)
    found = {row.id: await service.by_email(connection, account_id, row.email) for row in fresh}
    ids = await unit.ids(Resource.AFFILIATES, [row.id for row in fresh if found[row.id] is None])
    kept = []
    for row in fresh:
        there = found[row.id] or await service.by_email(connection, account_id, row.email)
        if there is None:
            there = await _made(unit, row, ids[row.id])
            kept.append(Kept(row.id, there.id, awaits=_parent(row)))
        else:
            kept.append(Kept(row.id, there.id, is_made=False))
        for code in codes_of(row):
            if not await store.claim_code(connection, account_id, there.id, code):
                unit.problems.append(f"affiliate {row.email}: the code {code} is another affiliate's here")
    await unit.remember(Resource.AFFILIATES, kept)


async def set_parents(unit: Unit) -> None:
    """Put affiliates under their parents, once these are here; a parent that would close a loop is left out."""
    connection, account_id, last = unit.connection, unit.account_id, 0
    while batch := await moves.awaiting(
        connection, account_id, unit.source, Resource.AFFILIATES, last, _BATCH
    ):
        last = batch[-1].their_id
        for row in batch:
            await _set_parent(unit, row)
        await moves.content(
            connection, account_id, unit.source, Resource.AFFILIATES, [row.their_id for row in batch]
        )


async def _set_parent(unit: Unit, row: Kept) -> None:
    connection, account_id = unit.connection, unit.account_id
    child = await service.by_id(connection, account_id, row.our_id)
    named = row.awaits or ""
    if named.isdigit():
        our_id = (await unit.ours(Resource.AFFILIATES, [int(named)])).get(int(named))
        parent = None if our_id is None else await service.by_id(connection, account_id, our_id)
    else:
        parent = await service.by_email(connection, account_id, named)
    if child is None:
        return
    if parent is None:
        unit.problems.append(f"affiliate {child.email}: its parent {named} is not there")
        return
    above = await service.chain(connection, account_id, parent.id, service.HIGHEST_TREE)
    if child.id in {one.id for one in above}:
        unit.problems.append(f"affiliate {child.email}: its parent {parent.email} would close a loop")
        return
    await store.update(connection, msgspec.structs.replace(child, parent_id=parent.id))


async def _made(unit: Unit, row: TheirAffiliate, our_id: int) -> Affiliate:
    connection, account_id = unit.connection, unit.account_id
    affiliate = Affiliate(
        account_id, our_id, row.email.strip(), row.first_name, row.last_name, await _free_code(unit, row), _status(row),
        await _group_id(unit, row.compensation_tier_code), None, row.paypal_email, await _domain(unit, row),
        bool(row.unsubscribed), row.custom_fields or {}, await _token(unit, row), True,
        row.created_at, row.updated_at or row.created_at,
    )  # fmt: skip
    await store.insert(connection, affiliate)
    await store.claim_code(connection, account_id, our_id, affiliate.code)
    return affiliate


async def still_known(
    connection: Connection, account_id: int, pairs: Sequence[tuple[TheirAffiliate, int]]
) -> bool:
    """Tell whether any of these affiliates, moved before, still has the e-mail or a code that it has here."""
    emails = await store.emails(connection, account_id, [our_id for _, our_id in pairs])
    codes = await store.codes(connection, account_id, [our_id for _, our_id in pairs])
    return any(
        email_key(emails.get(our_id, "")) == email_key(row.email)
        or {code_key(code) for code in codes_of(row)} & {code_key(code) for code in codes[our_id]}
        for row, our_id in pairs
    )


def codes_of(row: TheirAffiliate) -> list[str]:
    """Give the codes that an affiliate is known by, the one in its link first."""
    query = parse_qsl(urlsplit(row.affiliate_url or "").query)
    found = [*(value for name, value in query if name == CODE_PARAMETER), row.affiliate_code]
    trimmed = [code.strip() for code in found if code is not None]
    return list(dict.fromkeys(code for code in trimmed if 0 < len(code) <= _LONGEST_CODE))


def site_of(rows: Iterable[TheirAffiliate]) -> str | None:
    """Read the address of the shop from an affiliate's link."""
    for row in rows:
        parts = urlsplit(row.affiliate_url or "")
        pairs = parts.query.split("&") if parts.query else []
        if parts.scheme in {"http", "https"} and any(p.startswith(f"{CODE_PARAMETER}=") for p in pairs):
            rest = "&".join(p for p in pairs if not p.startswith(f"{CODE_PARAMETER}="))
            return parts._replace(query=rest).geturl()
    return None


def _status(row: TheirAffiliate) -> AffiliateStatus:
    word = (row.status or "").strip().lower()
    if row.archived or word in {"archived", "rejected"}:
        return AffiliateStatus.ARCHIVED
    if row.pending_approval or word.startswith("pending"):
        return AffiliateStatus.PENDING
    return AffiliateStatus.ACTIVE


def _parent(row: TheirAffiliate) -> str | None:
    if row.referring_affiliate_id is not None:
        return str(row.referring_affiliate_id)
    return (row.referring_affiliate or "").strip() or None


async def _free_code(unit: Unit, row: TheirAffiliate) -> str:
    """Choose the code for the link: the one that is there, unless another affiliate has it here."""
    for code in codes_of(row):
        if await service.holder_of_code(unit.connection, unit.account_id, code) is None:
            return code
    while True:
        code = new_code()
        if await service.holder_of_code(unit.connection, unit.account_id, code) is None:
            return code


async def _group_id(unit: Unit, code: str | None) -> int | None:
    if code is None or not code.strip():
        return None
    connection, account_id = unit.connection, unit.account_id
    await reserve_up_to(connection, account_id, _GROUPS, 0)
    group = await group_store.by_code(connection, account_id, code)
    if group is None:
        group = GroupRecord(
            id=await next_id(connection, account_id, _GROUPS), code=code.strip(), created_at=unit.at, archived_at=None
        )  # fmt: skip
        await group_store.insert(connection, account_id, group)
    return group.id


async def _token(unit: Unit, row: TheirAffiliate) -> str:
    """Choose what opens the dashboard: what opens it there, unless that opens another one here."""
    found = _TOKEN.search(urlsplit(row.affiliate_dashboard_url or "").path)
    if found is None:
        return new_dashboard_token()
    if await moves.is_token_taken(unit.connection, unit.account_id, found[1]):
        unit.problems.append(
            f"affiliate {row.email}: the dashboard has a new link, the old one is taken here"
        )
        return new_dashboard_token()
    return found[1]


async def _domain(unit: Unit, row: TheirAffiliate) -> str | None:
    domain = (row.referrer_domain or "").strip().lower() or None
    if domain is None:
        return None
    holder = await store.by_domain(unit.connection, unit.account_id, [domain])
    if holder is not None:
        unit.problems.append(f"affiliate {row.email}: the host {domain} is another affiliate's here")
        return None
    return domain

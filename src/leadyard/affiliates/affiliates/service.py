"""Making and changing affiliates, and finding them by what links, coupons and pages say.

Whoever makes or changes an affiliate of an account does so after another: that keeps e-mails, codes and the tree of
parents free of clashes, without the version of the set-up, which no affiliate raises.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from leadyard.affiliates.affiliates import groups, store
from leadyard.affiliates.affiliates.checks import affiliate_problems
from leadyard.affiliates.affiliates.inputs import AffiliateInput, SignInLink
from leadyard.affiliates.affiliates.links import (
    SIGN_IN_SECONDS,
    code_key,
    new_code,
    new_dashboard_token,
    new_sign_in_token,
)
from leadyard.affiliates.model import Affiliate, AffiliateStatus
from leadyard.affiliates.program import service as programs
from leadyard.identity.actor import Actor
from leadyard.identity.service import record_change
from leadyard.kit.clock import now
from leadyard.kit.errors import ConflictError, FieldProblem, InvalidInputError, NotFoundError
from leadyard.kit.ids import hash_secret
from leadyard.mails import service as mails
from leadyard.mails.model import MailKind
from leadyard.people.model import email_key
from leadyard.storage.counters import next_id, reserve_up_to
from leadyard.storage.database import LARGEST_ID, Connection, Database

ENTITY = "affiliate"
TAKEN = "has already been taken"
_IDS = "supplier"
"""Affiliates are partners, as suppliers are, and share their ids."""
HIGHEST_TREE = 10_000


async def by_code(connection: Connection, account_id: int, code: str) -> Affiliate | None:
    """Find the affiliate whom a code credits, in any case, old codes too; None for one whom nothing credits now."""
    found = await store.by_code(connection, account_id, code_key(code))
    return found if found is not None and found.can_be_credited else None


async def by_email(connection: Connection, account_id: int, email: str) -> Affiliate | None:
    """Find an affiliate by e-mail address, whatever its status."""
    return await store.by_email(connection, account_id, email_key(email))


async def by_id(connection: Connection, account_id: int, affiliate_id: int) -> Affiliate | None:
    """Find an affiliate by id, whatever its status."""
    return await store.find(connection, account_id, affiliate_id) if 0 < affiliate_id <= LARGEST_ID else None


async def by_domain(connection: Connection, account_id: int, host: str) -> Affiliate | None:
    """Find the affiliate who has registered a referring host or one above it, if it can be credited."""
    labels = host.lower().rstrip(".").split(".")
    hosts = [".".join(labels[i:]) for i in range(len(labels) - 1)]
    found = await store.by_domain(connection, account_id, hosts) if hosts else None
    return found if found is not None and found.can_be_credited else None


async def holder_of_code(connection: Connection, account_id: int, code: str) -> Affiliate | None:
    """Find the affiliate who has or had a code, whatever its status."""
    return await store.by_code(connection, account_id, code_key(code))


async def codes_of(connection: Connection, account_id: int, affiliate_id: int) -> list[str]:
    """Give all codes that an affiliate has or had, the oldest first."""
    return (await store.codes(connection, account_id, [affiliate_id]))[affiliate_id]


async def chain(connection: Connection, account_id: int, affiliate_id: int, levels: int) -> list[Affiliate]:
    """Give an affiliate and at most `levels` of those above it, whatever their status."""
    return await store.chain(connection, account_id, affiliate_id, levels)


async def read(connection: Connection, account_id: int, affiliate_id: int) -> Affiliate:
    """Give an affiliate; raises NotFoundError."""
    found = await by_id(connection, account_id, affiliate_id)
    if found is None:
        raise NotFoundError("There is no such affiliate.")
    return found


async def create(
    database: Database,
    actor: Actor,
    wanted: AffiliateInput,
    *,
    is_approved: bool = False,
    found: Sequence[FieldProblem] = (),
) -> tuple[Affiliate, bool]:
    """Make an affiliate, or give the one of this e-mail unchanged; True when it was made.

    It waits for approval where the programme says so, unless it is approved already. `found` is what the caller has
    found wrong, to be told with all else. Raises InvalidInputError, and ConflictError for a code or host of another's.
    """
    async with database.unit_of_work() as connection:
        return await create_in(connection, actor, wanted, is_approved=is_approved, found=found)


async def create_in(
    connection: Connection,
    actor: Actor,
    wanted: AffiliateInput,
    *,
    is_approved: bool = False,
    found: Sequence[FieldProblem] = (),
    at: datetime | None = None,
) -> tuple[Affiliate, bool]:
    """Make an affiliate as `create` does, inside the caller's unit of work, as of now or an earlier instant."""
    account_id = actor.account_id
    problems = _all_problems(wanted, found)
    if not any(problem.field == "email" for problem in problems):
        await _lock(connection, account_id)
        known = await by_email(connection, account_id, wanted.email)
        if known is not None:
            return known, False
    program = await programs.read(connection, account_id)
    waits = program.approves_affiliates and not is_approved
    at = at or now()
    draft = Affiliate(
        account_id, 0, wanted.email.strip(), wanted.first_name, wanted.last_name, "",
        AffiliateStatus.PENDING if waits else AffiliateStatus.ACTIVE, None, None, wanted.paypal_email,
        wanted.referrer_domain, wanted.unsubscribed, wanted.custom_fields, new_dashboard_token(), True, at, at,
    )  # fmt: skip
    affiliate = await _placed(connection, draft, wanted, problems)
    affiliate = msgspec.structs.replace(
        affiliate,
        id=await next_id(connection, account_id, _IDS),
        code=wanted.code or await _free_code(connection, account_id),
    )
    await _require_free(connection, affiliate)
    await store.insert(connection, affiliate)
    await store.claim_code(connection, account_id, affiliate.id, affiliate.code)
    await _record(connection, actor, "create", None, affiliate)
    return affiliate, True


async def update(
    database: Database,
    actor: Actor,
    affiliate_id: int,
    changes: dict[str, object],
    *,
    approve: bool = False,
    found: Sequence[FieldProblem] = (),
) -> Affiliate:
    """Change members of AffiliateInput; `approve` lets one in that waits, `found` is what the caller found wrong.

    Raises NotFoundError, InvalidInputError, and ConflictError for an e-mail, code or host of another's.
    """
    async with database.unit_of_work() as connection:
        await _lock(connection, actor.account_id)
        before = await read(connection, actor.account_id, affiliate_id)
        wanted = msgspec.convert({**await _input_form(connection, before), **changes}, AffiliateInput)
        draft = msgspec.structs.replace(
            before,
            email=wanted.email.strip(),
            first_name=wanted.first_name,
            last_name=wanted.last_name,
            code=wanted.code or before.code,
            paypal_email=wanted.paypal_email,
            referrer_domain=wanted.referrer_domain,
            is_unsubscribed=wanted.unsubscribed,
            custom_fields=wanted.custom_fields,
            status=_approved(before.status) if approve else before.status,
        )
        after = await _placed(connection, draft, wanted, _all_problems(wanted, found))
        return await _save(connection, actor, "update", before, after)


async def set_status(
    database: Database, actor: Actor, affiliate_id: int, action: str
) -> tuple[Affiliate, bool]:
    """Approve, reject, archive or unarchive an affiliate; True when that changed anything. Raises NotFoundError.

    Approving lets in only one that waits: one that was rejected comes back by `unarchive` alone. Rejecting one that was
    let in archives it.
    """
    async with database.unit_of_work() as connection:
        await _lock(connection, actor.account_id)
        before = await read(connection, actor.account_id, affiliate_id)
        status = _NEXT[action](before.status)
        after = msgspec.structs.replace(before, status=status)
        return await _save(connection, actor, action, before, after), status is not before.status


async def rotate_dashboard(
    database: Database, actor: Actor, affiliate_id: int, *, switched_on: bool = True
) -> Affiliate:
    """Give an affiliate's dashboard another link, or none for the time being; the old one is dead at once."""
    async with database.unit_of_work() as connection:
        await _lock(connection, actor.account_id)
        before = await read(connection, actor.account_id, affiliate_id)
        after = msgspec.structs.replace(
            before, dashboard_token=new_dashboard_token(), has_dashboard=switched_on
        )
        return await _save(connection, actor, "rotate dashboard", before, after)


async def make_sign_in_link(database: Database, actor: Actor, affiliate_id: int) -> SignInLink:
    """Make a link that signs an affiliate in once, for five minutes; raises NotFoundError."""
    async with database.unit_of_work() as connection:
        affiliate = await read(connection, actor.account_id, affiliate_id)
        return await make_link_in(connection, affiliate, SIGN_IN_SECONDS)


async def make_link_in(connection: Connection, affiliate: Affiliate, seconds: int) -> SignInLink:
    """Make a link that signs an affiliate in once, for so long, inside the caller's unit of work."""
    token = new_sign_in_token()
    expires_at = await store.insert_link(
        connection, affiliate.account_id, hash_secret(token), affiliate.id, seconds
    )
    return SignInLink(affiliate.id, token, expires_at)


def _approved(status: AffiliateStatus) -> AffiliateStatus:
    return AffiliateStatus.ACTIVE if status is AffiliateStatus.PENDING else status


def _rejected(status: AffiliateStatus) -> AffiliateStatus:
    """Turn an applicant away; one that was let in once is archived, and what it has earned stays."""
    if status is AffiliateStatus.ACTIVE:
        return AffiliateStatus.ARCHIVED
    return AffiliateStatus.REJECTED if status is AffiliateStatus.PENDING else status


def _archived(status: AffiliateStatus) -> AffiliateStatus:
    return status if status is AffiliateStatus.REJECTED else AffiliateStatus.ARCHIVED


def _unarchived(status: AffiliateStatus) -> AffiliateStatus:
    return status if status is AffiliateStatus.PENDING else AffiliateStatus.ACTIVE


_NEXT = {"approve": _approved, "reject": _rejected, "archive": _archived, "unarchive": _unarchived}


async def _lock(connection: Connection, account_id: int) -> None:
    """Let nobody else make or change affiliates of the account until the unit of work ends."""
    await reserve_up_to(connection, account_id, _IDS, 0)


def _all_problems(wanted: AffiliateInput, found: Sequence[FieldProblem]) -> list[FieldProblem]:
    told = {problem.field for problem in found}
    return [*found, *(problem for problem in affiliate_problems(wanted) if problem.field not in told)]


async def _placed(
    connection: Connection, draft: Affiliate, wanted: AffiliateInput, problems: list[FieldProblem]
) -> Affiliate:
    """Put an affiliate into its group and under its parent; raises InvalidInputError with all that is wrong."""
    group_id = parent_id = None
    if wanted.group is not None:
        group_id = await groups.id_of_code(connection, draft.account_id, wanted.group, kept=draft.group_id)
        if group_id is None:
            problems.append(FieldProblem("group", "is invalid"))
    if wanted.referring_affiliate is not None:
        parent = await by_email(connection, draft.account_id, wanted.referring_affiliate)
        if parent is None:
            problems.append(FieldProblem("referring_affiliate", "is invalid"))
        else:
            parent_id = parent.id
            above = await store.chain(connection, draft.account_id, parent.id, HIGHEST_TREE)
            if draft.id in {affiliate.id for affiliate in above}:
                problems.append(FieldProblem("referring_affiliate", "would close a loop"))
    if problems:
        raise InvalidInputError(problems)
    return msgspec.structs.replace(draft, group_id=group_id, parent_id=parent_id)


async def _require_free(connection: Connection, affiliate: Affiliate) -> None:
    """Raise ConflictError with everything that is somebody else's."""
    account_id, domain = affiliate.account_id, affiliate.referrer_domain
    holders = {
        "email": await by_email(connection, account_id, affiliate.email),
        "code": await holder_of_code(connection, account_id, affiliate.code),
        "referrer_domain": None
        if domain is None
        else await store.by_domain(connection, account_id, [domain]),
    }
    taken = [
        FieldProblem(member, TAKEN)
        for member, holder in holders.items()
        if holder is not None and holder.id != affiliate.id
    ]
    if taken:
        raise ConflictError(taken[0].field, TAKEN, taken[1:])


async def _free_code(connection: Connection, account_id: int) -> str:
    while True:
        code = new_code()
        if await holder_of_code(connection, account_id, code) is None:
            return code


async def _save(
    connection: Connection, actor: Actor, action: str, before: Affiliate, after: Affiliate
) -> Affiliate:
    if after == before:
        return before
    await _require_free(connection, after)
    after = msgspec.structs.replace(after, updated_at=now())
    await store.update(connection, after)
    if after.code != before.code:
        await store.claim_code(connection, after.account_id, after.id, after.code)
    await _record(connection, actor, action, before, after)
    if before.status is AffiliateStatus.PENDING and after.status is AffiliateStatus.ACTIVE:
        await _tell_of_approval(connection, after)
    return after


async def _tell_of_approval(connection: Connection, affiliate: Affiliate) -> None:
    program = await programs.read(connection, affiliate.account_id)
    if program.pages.mails_approvals:
        await mails.queue(connection, affiliate.account_id, MailKind.AFFILIATE_APPROVED, affiliate.email)


async def _input_form(connection: Connection, affiliate: Affiliate) -> dict[str, object]:
    named = (await store.names(connection, affiliate.account_id, [affiliate.id]))[affiliate.id]
    return {
        "email": affiliate.email,
        "first_name": affiliate.first_name,
        "last_name": affiliate.last_name,
        "code": affiliate.code,
        "group": named["group_code"],
        "referring_affiliate": named["parent_email"],
        "paypal_email": affiliate.paypal_email,
        "referrer_domain": affiliate.referrer_domain,
        "unsubscribed": affiliate.is_unsubscribed,
        "custom_fields": affiliate.custom_fields,
    }


async def _record(
    connection: Connection, actor: Actor, action: str, before: Affiliate | None, after: Affiliate
) -> None:
    await record_change(connection, actor.account_id, actor.name, action, ENTITY, after.id, before, after)

"""Affiliates, their groups and their own fields in the own API."""

from collections.abc import Callable
from typing import Any, Literal

import msgspec

from leadyard.affiliates.affiliates import service, views
from leadyard.affiliates.affiliates.inputs import (
    AffiliateFilters,
    AffiliateInput,
    AffiliateRecord,
    StatusName,
)
from leadyard.affiliates.affiliates.links import dashboard_url, sign_in_url
from leadyard.affiliates.model import Affiliate, AffiliateStatus
from leadyard.affiliates.program import service as programs
from leadyard.identity.model import Permission
from leadyard.kit.documents import merged, read
from leadyard.kit.paging import Page
from leadyard.own_api.operation import PAGING, Answer, Call, Operation, Parameter, Section, page_of
from leadyard.people.model import email_key

_PATH = "/affiliates"
_ONE = f"{_PATH}/{{id}}"
_LOOK, _WRITE = Permission.SETUP_READ, Permission.SETUP_WRITE
_EXAMPLE = {"email": "ann@example.com", "first_name": "Ann", "code": "ANN10"}


class DashboardLink(msgspec.Struct, frozen=True):
    """The permanent link to an affiliate's dashboard; null while it is switched off."""

    url: str | None


class DashboardInput(msgspec.Struct, frozen=True):
    """Whether the affiliate's dashboard has a permanent link; a new one is made in either case."""

    switched_on: bool = True


class SignInUrl(msgspec.Struct, frozen=True):
    """A link that signs an affiliate in once."""

    url: str
    expires_at: str


async def _list(call: Call) -> Answer:
    status, email = call.query["status"], call.query["email"]
    filters = AffiliateFilters(
        query=call.query["query"],
        email_key=None if email is None else email_key(email),
        status=None if status is None else AffiliateStatus[status.name],
    )
    limit = call.query["per_page"]
    async with call.database.connection() as connection:
        program = await programs.read(connection, call.account_id)
        shown = await views.page(
            connection, call.account_id, filters, Page(limit, (call.query["page"] - 1) * limit)
        )
        total = await views.count(connection, call.account_id, filters)
        return page_of(call, await views.records(connection, program, shown), total)


async def _answer(call: Call, affiliate: Affiliate, **members: Any) -> Answer:
    async with call.database.connection() as connection:
        program = await programs.read(connection, call.account_id)
        shown = [await views.view(connection, affiliate)]
        return Answer((await views.records(connection, program, shown))[0], **members)


async def _create(call: Call) -> Answer:
    affiliate, is_new = await service.create(call.database, call.actor, call.body)
    return await _answer(call, affiliate, status=201 if is_new else 200, location=f"{_PATH}/{affiliate.id}")


async def _find(call: Call) -> Affiliate:
    async with call.database.connection() as connection:
        return await service.read(connection, call.account_id, call.id())


async def _read(call: Call) -> Answer:
    return await _answer(call, await _find(call))


async def _update(call: Call) -> Answer:
    # A merge patch: its members are checked as an affiliate's are, a null sets one back to its default.
    defaults = msgspec.to_builtins(AffiliateInput(email="", custom_fields={}))
    patch = {name: defaults.get(name) if value is None else value for name, value in call.body.items()}
    custom = patch.get("custom_fields")
    if isinstance(custom, dict):
        patch["custom_fields"] = merged((await _find(call)).custom_fields, custom)
    checked = read({"email": "unchanged@example.com", **patch}, AffiliateInput)
    changes = {name: getattr(checked, name) for name in patch}
    return await _answer(call, await service.update(call.database, call.actor, call.id(), changes))


def _changing(action: Literal["approve", "reject", "archive", "unarchive"]) -> Callable[[Call], Any]:
    async def change(call: Call) -> Answer:
        affiliate, _ = await service.set_status(call.database, call.actor, call.id(), action)
        return await _answer(call, affiliate)

    return change


def _status_operation(action: Literal["approve", "reject", "archive", "unarchive"], what: str) -> Operation:
    return Operation(
        method="POST", path=f"{_ONE}/{action}", id=f"{action}Affiliate",
        summary=f"{action.capitalize()} an affiliate", description=what, handler=_changing(action),
        permission=_WRITE, answer=AffiliateRecord,
    )  # fmt: skip


def section(base_url: str) -> Section:
    """Make the section of affiliates; links to their pages begin with the installation's public address."""

    async def read_dashboard(call: Call) -> Answer:
        return Answer(_link_of(await _find(call), base_url))

    async def rotate_dashboard(call: Call) -> Answer:
        affiliate = await service.rotate_dashboard(
            call.database, call.actor, call.id(), switched_on=call.body.switched_on
        )
        return Answer(_link_of(affiliate, base_url))

    async def sign_in(call: Call) -> Answer:
        link = await service.make_sign_in_link(call.database, call.actor, call.id())
        return Answer(SignInUrl(sign_in_url(base_url, link.token), link.expires_at.isoformat()))

    return Section(
        "Affiliates",
        "Those who send traffic by links and codes. Everybody credited with a visitor, a lead or a purchase is one.",
        (
            *_OPERATIONS,
            Operation(
                method="GET", path=f"{_ONE}/dashboard", id="readAffiliateDashboard",
                summary="Read the link to an affiliate's dashboard", handler=read_dashboard, permission=_WRITE,
                answer=DashboardLink,
                description="Whoever has the link can open the dashboard without signing in; `null` when that is "
                "switched off.",
            ),
            Operation(
                method="PUT", path=f"{_ONE}/dashboard", id="rotateAffiliateDashboard",
                summary="Make another link to an affiliate's dashboard", handler=rotate_dashboard,
                permission=_WRITE, body=DashboardInput, answer=DashboardLink,
                description="The old link is dead at once. Switched off, the dashboard needs a sign-in.",
            ),
            Operation(
                method="POST", path=f"{_ONE}/sign-in-link", id="createAffiliateSignInLink",
                summary="Make a link that signs an affiliate in", handler=sign_in, permission=_WRITE,
                answer=SignInUrl,
                description="It works once, within five minutes. Send it to the affiliate, or open it to see what "
                "the affiliate sees.",
            ),
        ),
    )  # fmt: skip


def _link_of(affiliate: Affiliate, base_url: str) -> DashboardLink:
    token = affiliate.dashboard_token
    return DashboardLink(dashboard_url(base_url, token) if affiliate.has_dashboard else None)


_OPERATIONS = (
    Operation(
        method="GET", path=_PATH, id="listAffiliates", summary="List affiliates", handler=_list, permission=_LOOK,
        answer=AffiliateRecord, is_list=True,
        description="Newest first, archived and rejected ones included unless a status is asked for.",
        parameters=(
            Parameter("status", StatusName, "Only affiliates with this status."),
            Parameter("query", str, "Part of a first name, last name or e-mail address."),
            Parameter("email", str, "Only the affiliate of this e-mail address."),
            *PAGING,
        ),
    ),
    Operation(
        method="POST", path=_PATH, id="createAffiliate", summary="Create an affiliate", handler=_create,
        description="An affiliate of this e-mail address is given back unchanged, with 200.", permission=_WRITE,
        status=201, other_status=200, body=AffiliateInput, answer=AffiliateRecord, example=_EXAMPLE,
    ),
    Operation(
        method="GET", path=_ONE, id="readAffiliate", summary="Read an affiliate", handler=_read,
        description="Names, all codes that it has or had, group, parent, own fields, status, and how many visitors, people "
        "and purchases it brought.",
        permission=_LOOK, answer=AffiliateRecord,
    ),
    Operation(
        method="PATCH", path=_ONE, id="updateAffiliate", summary="Change an affiliate", handler=_update,
        permission=_WRITE, body=AffiliateInput, is_patch=True, answer=AffiliateRecord,
        description="A merge patch (RFC 7396). After another code the old one stays valid, for its links are out.",
    ),
    _status_operation("approve", "Lets in one that waits for approval; others stay as they are."),
    _status_operation("reject", "Nothing credits it from then on; only `unarchive` brings it back. One that was let in is archived."),
    _status_operation("archive", "Nothing credits it from then on; what it has earned stays."),
    _status_operation("unarchive", "Undoes archiving and rejecting: its links and codes count again from now on."),
)  # fmt: skip

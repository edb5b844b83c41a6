"""People and visitors in the own API: who they are, and why this affiliate."""

from collections.abc import Awaitable, Callable

from leadyard.affiliates.model import Attribution
from leadyard.identity.model import Permission
from leadyard.kit.paging import Page
from leadyard.own_api.operation import PAGING, Answer, Call, Operation, Parameter, Section, page_of
from leadyard.people import service as people
from leadyard.people.model import PeopleFilter
from leadyard.tracking import explaining, service
from leadyard.tracking.records import (
    CreditGiven,
    Id,
    PersonInFull,
    PersonRecord,
    Recounted,
    TouchRecord,
    VisitorInFull,
    VisitorRecord,
    person_record,
    touch_record,
    visitor_record,
)

_LOOK, _WRITE = Permission.LEADS_SEARCH, Permission.LEADS_UPDATE
WorkIn = Callable[[int], Awaitable[int]]
"""Works in what an account's pages have sent, so that its caller sees a world no older than its own."""


def sections(work_in: WorkIn) -> tuple[Section, ...]:
    """Make the sections about people and visitors."""

    async def list_people(call: Call) -> Answer:
        await work_in(call.account_id)
        wanted = PeopleFilter(
            email=call.query["email"],
            affiliate_id=call.query["affiliate_id"],
            traffic_campaign_id=call.query["traffic_campaign_id"],
        )
        async with call.database.connection() as connection:
            found = await people.page(connection, call.account_id, wanted, _page(call))
            total = await people.count(connection, call.account_id, wanted)
        return page_of(call, [person_record(person) for person in found], total)

    async def read_person(call: Call) -> Answer:
        await work_in(call.account_id)
        async with call.database.connection() as connection:
            return Answer(await explaining.person_in_full(connection, call.account_id, call.id()))

    async def list_visitors(call: Call) -> Answer:
        await work_in(call.account_id)
        async with call.database.connection() as connection:
            found = await service.page(connection, call.account_id, _page(call))
            total = await service.count(connection, call.account_id)
        return page_of(call, [visitor_record(visitor) for visitor in found], total)

    async def read_visitor(call: Call) -> Answer:
        await work_in(call.account_id)
        async with call.database.connection() as connection:
            return Answer(await explaining.visitor_in_full(connection, call.account_id, call.id()))

    async def give_credit(call: Call) -> Answer:
        await work_in(call.account_id)
        return Answer(await explaining.give_credit(call.database, call.actor, call.id(), call.body))

    return (
        Section(
            "People",
            "One record per person, found by e-mail address: visits, submissions, purchases and credit meet there. "
            "LeadDyno's API calls them leads.",
            (
                Operation(
                    method="GET", path="/people", id="listPeople", summary="List people", handler=list_people,
                    permission=_LOOK, answer=PersonRecord, is_list=True,
                    description="Newest first, each with who is credited with the person.",
                    parameters=(
                        Parameter("email", str, "Exactly this address, in any case."),
                        Parameter("affiliate_id", Id, "Only people credited to this affiliate."),
                        Parameter("traffic_campaign_id", Id, "Only people credited to this traffic campaign."),
                        *PAGING,
                    ),
                ),
                Operation(
                    method="GET", path="/people/{id}", id="readPerson", summary="Read a person", handler=read_person,
                    description="With the touch by which the credit came, the latest visitors, and the latest "
                    "submissions of the same address.",
                    permission=_LOOK, answer=PersonInFull,
                ),
                Operation(
                    method="GET", path="/people/{id}/touches", id="listPersonTouches", summary="Why this affiliate?",
                    description="Every touch of a person, latest first, each with the settings of its moment.",
                    handler=_person_touches, permission=_LOOK, answer=TouchRecord, is_list=True, parameters=PAGING,
                ),
                Operation(
                    method="POST", path="/people/{id}/credit", id="givePersonCredit",
                    summary="Give a person to an affiliate",
                    description="Decides whatever the settings say, for purchases to come; earlier ones stay. Without "
                    "an affiliate nobody is credited.",
                    handler=give_credit, permission=_WRITE, body=CreditGiven, answer=PersonInFull,
                    example={"affiliate_id": 21},
                ),
                Operation(
                    method="POST", path="/people/{id}/recompute", id="recomputePersonCredit",
                    summary="Work a credit out anew", handler=_recompute, permission=_LOOK, body=Attribution,
                    description="Tells whom the person's touches give the credit to under other settings. Changes "
                    "nothing.",
                    answer=Recounted, example={"first_affiliate_wins": False},
                ),
            ),
        ),
        Section(
            "Visitors",
            "Browsers that came to the account's pages; bots are left out of lists and counts.",
            (
                Operation(
                    method="GET", path="/visitors", id="listVisitors", summary="List visitors",
                    handler=list_visitors, permission=_LOOK, answer=VisitorRecord, is_list=True,
                    description="Newest first, each with its first page, its source and who is credited.",
                    parameters=PAGING,
                ),
                Operation(
                    method="GET", path="/visitors/{id}", id="readVisitor", summary="Read a visitor",
                    handler=read_visitor, permission=_LOOK,
                    description="The browser's first page and source, and the touch by which the credit came.",
                    answer=VisitorInFull,
                ),
                Operation(
                    method="GET", path="/visitors/{id}/touches", id="listVisitorTouches",
                    summary="List a visitor's touches", handler=_visitor_touches, permission=_LOOK, answer=TouchRecord,
                    description="Latest first: each visit by a link, a code or a campaign, and what it did to the "
                    "credit.",
                    is_list=True, parameters=PAGING,
                ),
            ),
        ),
    )  # fmt: skip


def _page(call: Call) -> Page:
    return Page(call.query["per_page"], (call.query["page"] - 1) * call.query["per_page"])


async def _person_touches(call: Call) -> Answer:
    async with call.database.connection() as connection:
        rows, total = await explaining.touches_of_person(connection, call.account_id, call.id(), _page(call))
    return page_of(call, [touch_record(row) for row in rows], total)


async def _visitor_touches(call: Call) -> Answer:
    async with call.database.connection() as connection:
        rows, total = await explaining.touches_of_visitor(connection, call.account_id, call.id(), _page(call))
    return page_of(call, [touch_record(row) for row in rows], total)


async def _recompute(call: Call) -> Answer:
    async with call.database.connection() as connection:
        return Answer(await explaining.recompute(connection, call.account_id, call.id(), call.body))

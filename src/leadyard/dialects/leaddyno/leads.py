"""Leads: people who left an e-mail address (docs/leaddyno.md, "Calls")."""

from typing import Any

import msgspec

from leadyard.affiliates.affiliates import service as affiliates
from leadyard.affiliates.traffic_campaigns import service as traffic_campaigns
from leadyard.dialects.leaddyno.affiliates import addressed
from leadyard.dialects.leaddyno.call import Answer, Call, NoMatchError, answer, count, created
from leadyard.dialects.leaddyno.params import Params
from leadyard.dialects.leaddyno.refusals import row_error
from leadyard.dialects.leaddyno.rows import imported_rows, row_params
from leadyard.dialects.leaddyno.showing import PROFILE, show_leads
from leadyard.dialects.leaddyno.visitors import arrival_of
from leadyard.kit.errors import LeadyardError, NotFoundError, UnavailableError
from leadyard.people import service as people
from leadyard.people.model import PeopleFilter, Person, Profile
from leadyard.tracking.leads import LeadChange, ToldLead, change, record

_TEXTS = ("first_name", "last_name", *PROFILE)


async def list_leads(call: Call) -> Answer:
    """GET /leads."""
    return await _list(call, PeopleFilter())


async def list_of_affiliate(call: Call) -> Answer:
    """GET /affiliates/{id}/leads."""
    async with call.database.connection() as connection:
        affiliate = await addressed(connection, call)
    return await _list(call, PeopleFilter(affiliate_id=affiliate.id))


async def list_of_campaign(call: Call) -> Answer:
    """GET /campaigns/{id}/leads."""
    async with call.database.connection() as connection:
        campaign = await traffic_campaigns.read(connection, call.account_id, call.id())
    return await _list(call, PeopleFilter(traffic_campaign_id=campaign.id))


async def _list(call: Call, wanted: PeopleFilter) -> Answer:
    params = call.params
    wanted = msgspec.structs.replace(wanted, created=params.created())
    page = call.page(params)
    params.finish()
    async with call.database.connection() as connection:
        found = await people.page(connection, call.account_id, wanted, page)
    return answer(await show_leads(call, found))


async def count_leads(call: Call) -> Answer:
    """GET /leads/count."""
    params = call.params
    wanted = PeopleFilter(created=params.created())
    params.finish()
    async with call.database.connection() as connection:
        return count(await people.count(connection, call.account_id, wanted))


def _told(params: Params) -> ToldLead:
    """Read a lead; raises InvalidInputError."""
    email = params.email("email", required=True)
    told = ToldLead(
        email=email or "",
        profile=Profile(**{name: params.text(name) for name in _TEXTS}),
        custom_status=params.text("custom_status"),
        tracking_code=params.word("tracking_code"),
        affiliate=params.word("affiliate"),
        arrival=arrival_of(params),
    )
    params.finish()
    return told


async def create(call: Call) -> Answer:
    """POST /leads."""
    told = _told(call.params)
    person, is_new = await record(call.database, call.account_id, told, call.services.following)
    return created((await show_leads(call, [person]))[0], is_new=is_new)


async def import_rows(call: Call) -> Answer:
    """POST /leads/import: a bad row gives an error in its place, the others are kept."""
    found: list[Person | dict[str, Any]] = []
    for row in imported_rows(call, "leads"):
        try:
            told = _told(row_params(row, "leads"))
            person, _ = await record(call.database, call.account_id, told, call.services.following)
        except UnavailableError:
            raise
        except LeadyardError as problem:
            found.append(row_error(problem))
        else:
            found.append(person)
    made = [one for one in found if isinstance(one, Person)]
    shown = iter(await show_leads(call, made))
    return created([next(shown) if isinstance(one, Person) else one for one in found], is_new=True)


async def by_email(call: Call) -> Answer:
    """GET /leads/by_email."""
    params = call.params
    email = params.word("email", required=True)
    params.finish()
    async with call.database.connection() as connection:
        found = await people.find(connection, call.account_id, email=email)
    if found is None:
        raise NoMatchError("Not found")
    return answer((await show_leads(call, [found]))[0])


async def required_lead(call: Call) -> Person:
    """Find the lead that the path names; raises NotFoundError."""
    async with call.database.connection() as connection:
        found = await people.find(connection, call.account_id, person_id=call.id())
    if found is None:
        raise NotFoundError("Not found")
    return found


async def read(call: Call) -> Answer:
    """GET /leads/{id}."""
    return answer((await show_leads(call, [await required_lead(call)]))[0])


async def update(call: Call) -> Answer:
    """PUT /leads/{id}: what is not given stays; blank clears a text."""
    before = await required_lead(call)
    params = call.params
    changes: dict[str, Any] = {}
    email = params.email("email")
    if email is not None:
        changes["email"] = email
    if params.has("custom_status"):
        changes["custom_status"] = params.text("custom_status")
    profile = {name: params.text(name) for name in _TEXTS if params.has(name)}
    named = params.word("affiliate")
    if named is not None:
        async with call.database.connection() as connection:
            affiliate = await affiliates.by_email(connection, call.account_id, named)
        if affiliate is None:
            params.wrong("affiliate")
        else:
            changes["affiliate_id"] = affiliate.id
    params.finish()
    wanted = LeadChange(profile=profile, **changes)
    person = await change(call.database, call.account_id, before.id, wanted)
    return answer((await show_leads(call, [person]))[0])

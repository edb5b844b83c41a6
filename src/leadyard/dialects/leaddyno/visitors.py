"""Visitors (docs/leaddyno.md, "Calls")."""

from typing import Any

from leadyard.dialects.leaddyno.call import Answer, Call, NoMatchError, answer, count, created
from leadyard.dialects.leaddyno.params import LONGEST_AGENT, LONGEST_URL, Params
from leadyard.dialects.leaddyno.refusals import row_error
from leadyard.dialects.leaddyno.rows import imported_rows, row_params
from leadyard.dialects.leaddyno.showing import show_visitors
from leadyard.kit.errors import InvalidInputError, NotFoundError
from leadyard.leads.unit import in_one_unit
from leadyard.storage.database import Connection
from leadyard.tracking import service
from leadyard.tracking.imports import import_visitors
from leadyard.tracking.model import Arrival, Visitor


def arrival_of(params: Params) -> Arrival:
    """Read what is told of a visit; addresses and agent are cut, not refused."""
    return Arrival(
        url=params.cut("url", LONGEST_URL),
        referrer=params.cut("referrer", LONGEST_URL),
        code=params.word("code"),
        remote_ip=params.cut("remote_ip", LONGEST_AGENT),
        agent=params.cut("agent", LONGEST_AGENT),
    )


async def list_visitors(call: Call) -> Answer:
    """GET /visitors."""
    params = call.params
    bounds, page = params.created(), call.page(params)
    params.finish()
    async with call.database.connection() as connection:
        found = await service.page(connection, call.account_id, page, bounds)
    return answer(await show_visitors(call, found))


async def count_visitors(call: Call) -> Answer:
    """GET /visitors/count."""
    params = call.params
    bounds = params.created()
    params.finish()
    async with call.database.connection() as connection:
        return count(await service.count(connection, call.account_id, bounds))


async def create(call: Call) -> Answer:
    """POST /visitors."""
    params = call.params
    arrival, code = arrival_of(params), params.word("tracking_code")
    params.finish()

    async def work(connection: Connection) -> tuple[Visitor, bool]:
        return await service.arrive(
            connection, call.account_id, call.program, arrival, call.at, tracking_code=code,
            following=call.services.following,
        )  # fmt: skip

    visitor, is_new = await in_one_unit(call.database, work)
    return created((await show_visitors(call, [visitor]))[0], is_new=is_new)


async def import_rows(call: Call) -> Answer:
    """POST /visitors/import: a bad row gives an error in its place, the others are kept."""
    shown: list[Any] = []
    good: list[tuple[int, tuple[Arrival, str | None]]] = []
    for place, row in enumerate(imported_rows(call, "visitors")):
        shown.append(None)
        try:
            params = row_params(row, "visitors")
            wanted = arrival_of(params), params.word("tracking_code")
            params.finish()
        except InvalidInputError as problem:
            shown[place] = row_error(problem)
        else:
            good.append((place, wanted))
    found = await import_visitors(
        call.database, call.account_id, [wanted for _, wanted in good], call.services.following
    )
    for (place, _), one in zip(good, await show_visitors(call, found), strict=True):
        shown[place] = one
    return created(shown, is_new=True)


async def by_tracking_code(call: Call) -> Answer:
    """GET /visitors/by_tracking_code."""
    params = call.params
    code = params.word("tracking_code", required=True)
    params.finish()
    async with call.database.connection() as connection:
        found = await service.find_visitor(connection, call.account_id, tracking_code=code)
    if found is None:
        raise NoMatchError("Not found")
    return answer((await show_visitors(call, [found]))[0])


async def read(call: Call) -> Answer:
    """GET /visitors/{id}."""
    async with call.database.connection() as connection:
        found = await service.find_visitor(connection, call.account_id, visitor_id=call.id())
    if found is None:
        raise NotFoundError("Not found")
    return answer((await show_visitors(call, [found]))[0])

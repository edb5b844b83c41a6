"""Traffic campaigns in the own API."""

from leadyard.affiliates.traffic_campaigns import service
from leadyard.affiliates.traffic_campaigns.model import CampaignStatus, TrafficCampaign, TrafficCampaignInput
from leadyard.identity.model import Permission
from leadyard.kit.paging import Created, Page
from leadyard.own_api.operation import PAGING, Answer, Call, Operation, Parameter, Section, page_of

_PATH = "/traffic-campaigns"
_ONE = f"{_PATH}/{{id}}"
_LOOK, _WRITE = Permission.SETUP_READ, Permission.SETUP_WRITE


async def _list(call: Call) -> Answer:
    status = call.query["status"]
    is_archived = None if status is None else status is CampaignStatus.ARCHIVED
    limit = call.query["per_page"]
    page = Page(limit, (call.query["page"] - 1) * limit, newest_first=False)
    async with call.database.connection() as connection:
        found = await service.page(connection, call.account_id, Created(), page, is_archived=is_archived)
        total = await service.count(connection, call.account_id, Created(), is_archived=is_archived)
    return page_of(call, found, total)


async def _create(call: Call) -> Answer:
    campaign = await service.create(call.database, call.actor, call.body)
    return Answer(campaign, location=f"{_PATH}/{campaign.id}")


async def _read(call: Call) -> Answer:
    async with call.database.connection() as connection:
        return Answer(await service.read(connection, call.account_id, call.id()))


async def _update(call: Call) -> Answer:
    return Answer(await service.update(call.database, call.actor, call.id(), call.body))


async def _archive(call: Call) -> Answer:
    await service.archive(call.database, call.actor, call.id())
    return Answer()


SECTION = Section(
    "Traffic campaigns",
    "Newsletters, advertisements and other sources of visits, told by a link code or by `utm_campaign`. LeadDyno's "
    "API calls them campaigns.",
    (
        Operation(
            method="GET", path=_PATH, id="listTrafficCampaigns", summary="List traffic campaigns", handler=_list,
            description="In order of time; archived ones are included unless a status is asked for.",
            permission=_LOOK, answer=TrafficCampaign, is_list=True,
            parameters=(Parameter("status", CampaignStatus, "Only campaigns with this status."), *PAGING),
        ),
        Operation(
            method="POST", path=_PATH, id="createTrafficCampaign", summary="Create a traffic campaign",
            description="Visits with its link code, or with its `utm_campaign`, count for it from now on. Refused "
            "with 409 when the code is taken.",
            handler=_create, permission=_WRITE, status=201, body=TrafficCampaignInput, answer=TrafficCampaign,
            example={"code": "Spring newsletter"},
        ),
        Operation(
            method="GET", path=_ONE, id="readTrafficCampaign", summary="Read a traffic campaign", handler=_read,
            description="Its link code, its name and whether it is archived.",
            permission=_LOOK, answer=TrafficCampaign,
        ),
        Operation(
            method="PATCH", path=_ONE, id="updateTrafficCampaign", summary="Change a traffic campaign",
            handler=_update, permission=_WRITE, body=TrafficCampaignInput, is_patch=True, answer=TrafficCampaign,
            description="A merge patch (RFC 7396). The link code stays, for its links are out.",
        ),
        Operation(
            method="DELETE", path=_ONE, id="archiveTrafficCampaign", summary="Archive a traffic campaign",
            handler=_archive, permission=_WRITE, status=204,
            description="Its links count for nothing from then on; what they brought stays.",
        ),
    ),
)  # fmt: skip

"""GET /campaigns and what is below it: traffic campaigns (docs/leaddyno.md, "Calls")."""

from leadyard.affiliates.traffic_campaigns import service
from leadyard.affiliates.traffic_campaigns.model import TrafficCampaign
from leadyard.dialects.leaddyno.call import Answer, Call, answer, count
from leadyard.dialects.leaddyno.writing import Shown, utc


def campaign_shown(campaign: TrafficCampaign) -> Shown:
    """Show a campaign."""
    return {
        "id": campaign.id,
        "created_at": utc(campaign.created_at),
        "updated_at": utc(campaign.updated_at),
        "code": campaign.code,
        "link_code": campaign.link_code,
        "name": campaign.name,
        "archived": campaign.archived_at is not None,
    }


async def list_campaigns(call: Call) -> Answer:
    """GET /campaigns."""
    params = call.params
    created, page = params.created(), call.page(params)
    params.finish()
    async with call.database.connection() as connection:
        found = await service.page(connection, call.account_id, created, page)
    return answer([campaign_shown(campaign) for campaign in found])


async def count_campaigns(call: Call) -> Answer:
    """GET /campaigns/count."""
    params = call.params
    created = params.created()
    params.finish()
    async with call.database.connection() as connection:
        return count(await service.count(connection, call.account_id, created))


async def read(call: Call) -> Answer:
    """GET /campaigns/{id}."""
    async with call.database.connection() as connection:
        return answer(campaign_shown(await service.read(connection, call.account_id, call.id())))

"""The affiliate programme in the own API."""

from leadyard.affiliates.model import Program
from leadyard.affiliates.program import service
from leadyard.identity.model import Permission
from leadyard.own_api.operation import Answer, Call, Operation, Section

_PATH = "/affiliate-program"
_EXAMPLE = {
    "site_url": "https://shop.example.com/",
    "currency": "USD",
    "attribution": {"first_affiliate_wins": True, "first_source_wins": False, "coupon_override": True},
    "minimum_payout": "50",
}


async def _read(call: Call) -> Answer:
    async with call.database.connection() as connection:
        return Answer(await service.read(connection, call.account_id))


async def _replace(call: Call) -> Answer:
    return Answer(await service.replace(call.database, call.actor, call.body))


async def _update(call: Call) -> Answer:
    return Answer(await service.update(call.database, call.actor, call.body))


SECTION = Section(
    "Affiliate program",
    "The account's settings of tracking, credit, commissions and payouts, and those of LeadDyno's API.",
    (
        Operation(
            method="GET", path=_PATH, id="readAffiliateProgram", summary="Read the affiliate program",
            description="All settings with their defaults filled in: tracking, credit, approval, payouts, the "
            "dashboard's look.",
            handler=_read, permission=Permission.SETUP_READ, answer=Program,
        ),
        Operation(
            method="PUT", path=_PATH, id="replaceAffiliateProgram", summary="Replace the affiliate program",
            description="Members that are left out get their defaults.", handler=_replace,
            permission=Permission.SETUP_WRITE, body=Program, answer=Program, example=_EXAMPLE,
        ),
        Operation(
            method="PATCH", path=_PATH, id="updateAffiliateProgram", summary="Change the affiliate program",
            description="A merge patch (RFC 7396): members that are absent stay, null sets a member back to its "
            "default.", handler=_update, permission=Permission.SETUP_WRITE, body=Program, is_patch=True,
            answer=Program,
        ),
    ),
)  # fmt: skip

"""The suppliers of a campaign in the own API."""

from leadyard.campaigns import service
from leadyard.campaigns.inputs import TermsRecord
from leadyard.campaigns.model import SupplierTerms
from leadyard.identity.model import Permission
from leadyard.own_api.operation import PAGING, Answer, Call, Operation, Section, page_of

_PATH = "/campaigns/{campaign_id}/suppliers"
_ONE = f"{_PATH}/{{supplier_id}}"


async def _list(call: Call) -> Answer:
    found, total = await service.list_terms(
        call.database, call.account_id, call.id("campaign_id"), **call.paging
    )
    return page_of(call, found, total)


async def _read(call: Call) -> Answer:
    return Answer(
        await service.read_terms(
            call.database, call.account_id, call.id("campaign_id"), call.id("supplier_id")
        )
    )


async def _put(call: Call) -> Answer:
    campaign_id, supplier_id = call.id("campaign_id"), call.id("supplier_id")
    terms, is_new = await service.put_terms(call.database, call.actor, campaign_id, supplier_id, call.body)
    if is_new:
        return Answer(terms, status=201, location=f"/campaigns/{campaign_id}/suppliers/{supplier_id}")
    return Answer(terms)


async def _delete(call: Call) -> Answer:
    await service.delete_terms(call.database, call.actor, call.id("campaign_id"), call.id("supplier_id"))
    return Answer()


SECTION = Section(
    "Supplier terms",
    "Which suppliers may post to a campaign, what each is paid there and how many leads it may send.",
    (
        Operation(
            method="GET", path=_PATH, id="listTerms", summary="List a campaign's suppliers", handler=_list,
            description="In order of the supplier: what each is paid in this campaign, its caps, and whether it may "
            "post at all.",
            permission=Permission.SETUP_READ, parameters=PAGING, answer=TermsRecord, is_list=True,
        ),
        Operation(
            method="GET", path=_ONE, id="readTerms", summary="Read a supplier's terms", handler=_read,
            description="What one supplier is paid in this campaign and how much it may send. 404 for a supplier "
            "that has no terms there.",
            permission=Permission.SETUP_READ, answer=TermsRecord,
        ),
        Operation(
            method="PUT", path=_ONE, id="putTerms", summary="Set a supplier's terms", handler=_put,
            description="Lets the supplier post to the campaign, on these terms instead of any it had. Without a "
            "payout it is paid what the campaign says.", permission=Permission.SETUP_WRITE,
            other_status=201, body=SupplierTerms, answer=TermsRecord,
            example={"payout": {"kind": "fixed", "amount": "4.00"}, "caps": {"day": 100}},
        ),
        Operation(
            method="DELETE", path=_ONE, id="deleteTerms", summary="Take a supplier out of a campaign",
            description="Its posts to the campaign are refused from now on.", handler=_delete,
            permission=Permission.SETUP_WRITE, status=204,
        ),
    ),
)  # fmt: skip

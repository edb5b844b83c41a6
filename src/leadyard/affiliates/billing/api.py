"""Billing systems in the own API."""

from leadyard.affiliates.billing import service
from leadyard.affiliates.billing.model import NAMES, BillingProvider, BillingSystem, BillingSystems
from leadyard.identity.model import Permission
from leadyard.own_api.operation import Answer, Call, Operation, Parameter, Section

_PATH = "/billing-systems/{name}"
_PARTS = (Parameter("name", BillingSystem, "The billing system."),)


async def _read(call: Call) -> Answer:
    return Answer(await service.show(call.database, call.account_id, call.text("name")))


async def _put(call: Call) -> Answer:
    return Answer(await service.put(call.database, call.actor, call.text("name"), call.body))


async def _list(call: Call) -> Answer:
    return Answer(await service.show_all(call.database, call.account_id))


async def _delete(call: Call) -> Answer:
    await service.delete(call.database, call.actor, call.text("name"))
    return Answer()


SECTION = Section(
    "Billing systems",
    f"What a billing system must prove when it tells of payments: {', '.join(NAMES)}.",
    (
        Operation(
            method="GET", path="/billing-systems", id="listBillingSystems", summary="List billing systems",
            description="Those that sign or confirm their messages, set up or not.", handler=_list,
            permission=Permission.SETUP_READ, answer=BillingSystems,
        ),
        Operation(
            method="GET", path=_PATH, id="readBillingSystem", summary="Read what a billing system must prove",
            description="Whether a signing secret is set (shown as ********) and where notices are confirmed; empty "
            "where nothing is set up.",
            handler=_read, parts=_PARTS, permission=Permission.SETUP_READ, answer=BillingProvider,
        ),
        Operation(
            method="PUT", path=_PATH, id="putBillingSystem", summary="Set what a billing system must prove",
            description="Once `signing_secret` is set, messages without a right signature are refused. PayPal signs nothing "
            "and is asked instead: `receivers` are your own addresses or merchant ids there, and payments to anybody else "
            "are refused; until they are set, the public key is no use at `/paypal_ipn`. `allows_sandbox` takes payments "
            "of the test environment, which are not real.",
            handler=_put, parts=_PARTS, permission=Permission.SETUP_WRITE, body=BillingProvider, answer=BillingProvider,
            example={"signing_secret": "whsec_…"},
        ),
        Operation(
            method="DELETE", path=_PATH, id="deleteBillingSystem", summary="Forget what a billing system must prove",
            description="Its messages count by the key in the address alone again; PayPal's by the private key only.",
            handler=_delete, parts=_PARTS, permission=Permission.SETUP_WRITE, status=204,
        ),
    ),
)  # fmt: skip

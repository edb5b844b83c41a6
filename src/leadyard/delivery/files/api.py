"""Files of leads in the own API."""

from leadyard.campaigns.inputs import Id
from leadyard.delivery.files import service
from leadyard.delivery.files.model import DeliveryFile, FileFinding, StateName
from leadyard.identity.model import Permission
from leadyard.own_api.operation import PAGING, Answer, Call, Operation, Parameter, Section, page_of


async def _list(call: Call) -> Answer:
    found, total = await service.list_files(
        call.database,
        call.account_id,
        delivery_id=call.query["delivery_id"],
        state=call.query["state"],
        **call.paging,
    )
    return page_of(call, found, total)


async def _read(call: Call) -> Answer:
    return Answer(await service.read_file(call.database, call.account_id, call.id()))


async def _resend(call: Call) -> Answer:
    return Answer(await service.resend_file(call.database, call.actor, call.id()))


async def _settle(call: Call) -> Answer:
    return Answer(await service.settle_file(call.database, call.actor, call.id(), arrived=call.body.arrived))


SECTION = Section(
    "Delivery files",
    "The files that deliveries of kind File Export have built: each with its state, its rows, where it went and what "
    "went wrong.",
    (
        Operation(
            method="GET", path="/delivery-files", id="listDeliveryFiles", summary="List files",
            description="The newest first, whatever became of them, without their contents.",
            handler=_list, permission=Permission.SETUP_READ,
            parameters=(
                Parameter("delivery_id", Id, "Only files of this delivery."),
                Parameter("state", StateName, "Only files in this state."),
                *PAGING,
            ),
            answer=DeliveryFile, is_list=True,
        ),
        Operation(
            method="GET", path="/delivery-files/{id}", id="readDeliveryFile", summary="Read a file's record",
            description="Its state, rows, size and tries, where it went, and what went wrong. The contents are not shown.",
            handler=_read, permission=Permission.SETUP_READ, answer=DeliveryFile,
        ),
        Operation(
            method="POST", path="/delivery-files/{id}/resend", id="resendDeliveryFile",
            summary="Hand a file over again", handler=_resend, permission=Permission.SETUP_WRITE,
            description="The same bytes under the same name, to where the delivery sends its files now. A file that "
            "is on its way already is refused.", answer=DeliveryFile,
        ),
        Operation(
            method="POST", path="/delivery-files/{id}/settle", id="settleDeliveryFile",
            summary="Say what became of a file", handler=_settle, permission=Permission.SETUP_WRITE,
            description="For a file that is Unknown: its e-mail may have been taken. If it arrived it is Sent, else "
            "it is handed over again.", body=FileFinding, answer=DeliveryFile, example={"arrived": True},
        ),
    ),
)  # fmt: skip

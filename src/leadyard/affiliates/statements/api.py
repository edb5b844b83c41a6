"""Affiliates' statements over a period in the own API."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from leadyard.affiliates.statements import service
from leadyard.affiliates.statements.model import PeriodStatement
from leadyard.exports.model import Form, Format
from leadyard.exports.service import Exports
from leadyard.identity.model import Permission
from leadyard.own_api.operation import Answer, Call, Download, Operation, Parameter, Section

_PATH = "/affiliates/{id}/statement"
_Instant = Annotated[datetime, Meta(tz=True)]
_PERIOD = (
    Parameter("from", _Instant, "From this instant on, given with its zone; from the beginning when absent."),
    Parameter("to", _Instant, "Until before this instant; until now when absent."),
)
_FORMAT = Parameter("format", Literal["csv", "xlsx", "jsonl"], "How the file is written.", "csv")


def section(exports: Exports) -> Section:
    """Make the section; files are written as exports are."""

    async def read(call: Call) -> Answer:
        return Answer(await _statement(call))

    async def file(call: Call) -> Answer:
        found = await _statement(call)
        name = f"statement-{found.affiliate_id}"
        made = await exports.table(
            call.account_id,
            name,
            service.COLUMNS,
            service.rows_of(found),
            Form(Format(call.query["format"])),
        )
        return Answer(download=Download(made.file_name, made.media_type, made.chunks))

    return Section(
        "Statements",
        "What an affiliate was owed when a period began, what was earned, lost and paid in it, and what it is owed after "
        "it, by currency, as it is booked.",
        (
            Operation(
                method="GET", path=_PATH, id="readAffiliateStatement", summary="Read an affiliate's statement",
                description="Commissions count from the moment they are made, pending ones included; what one payout "
                "paid is one line.",
                handler=read, permission=Permission.SETUP_READ, parameters=_PERIOD, answer=PeriodStatement,
            ),
            Operation(
                method="GET", path=f"{_PATH}/file", id="exportAffiliateStatement",
                summary="Export an affiliate's statement", handler=file, permission=Permission.SETUP_READ,
                description="A row for each line, between rows of the kinds `opening` and `closing`.",
                parameters=(*_PERIOD, _FORMAT), media_types=tuple(one.media_type for one in Format),
            ),
        ),
    )  # fmt: skip


async def _statement(call: Call) -> PeriodStatement:
    async with call.database.connection() as connection:
        return await service.statement(
            connection, call.account_id, call.id(), call.query["from"], call.query["to"]
        )

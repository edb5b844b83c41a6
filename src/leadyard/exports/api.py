"""Exports in the own API."""

from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta

from leadyard.affiliates.exporting import COMMISSIONS, PAYOUTS, PEOPLE, PURCHASES, VISITORS
from leadyard.exports.model import Column, Form, Format, Kind, choose, plain
from leadyard.exports.service import Export, Exports, Moved
from leadyard.exports.sources import ATTEMPTS, FEEDBACK, LEDGER, RETURNS
from leadyard.exports.store import Wanted
from leadyard.identity.model import Permission
from leadyard.leads.after_sale.model import ReturnState
from leadyard.leads.api.inputs import FILTERS, filter_of
from leadyard.leads.model import AttemptState
from leadyard.ledger.model import Book, EntryKind
from leadyard.own_api.operation import LARGEST_ID, Answer, Call, Download, Operation, Parameter, Section
from leadyard.reports.api import SECTION as REPORTS

Id = Annotated[int, Meta(ge=1, le=LARGEST_ID)]
PartyId = Annotated[int, Meta(ge=0, le=LARGEST_ID)]
Names = Annotated[str, Meta(max_length=32_768)]
FormatWord = Literal["csv", "xlsx", "jsonl"]
AttemptWord = Literal[
    "sending",
    "sold",
    "rejected",
    "skipped",
    "waiting",
    "error",
    "unknown",
    "assigned",
    "returned",
    "reassigned",
]
ReturnWord = Literal["Pending", "Returned", "Refused"]
PurchaseWord = Literal["pending", "approved", "cancelled"]
CommissionWord = Literal["pending", "due", "paid", "cancelled"]
PayoutWord = Literal["open", "sent", "paid", "failed", "unknown"]

Start = Callable[[Exports, Call, Moved], Awaitable[Export]]

_LOOKS = (
    Parameter("format", FormatWord, "How the file is written.", "csv"),
    Parameter(
        "formulas",
        Literal["defused", "raw"],
        "In CSV, values that a spreadsheet would run get an apostrophe before them; raw leaves them to a program.",
        "defused",
    ),
    Parameter("columns", Names, "Which columns, in this order, with commas between them; all when absent."),
)
_TIMES = tuple(parameter for parameter in FILTERS if parameter.name in {"received_from", "received_to"})


def _times(what: str) -> tuple[Parameter, Parameter]:
    kind = _TIMES[0].type
    return (
        Parameter("from", kind, f"Only {what} at or after this instant, given with its zone."),
        Parameter("to", kind, f"Only {what} before this instant, given with its zone."),
    )


class ExportKind(msgspec.Struct, frozen=True, kw_only=True):
    """Something that can be exported, over HTTP and at the command line alike."""

    name: str
    path: str
    id: str
    summary: str
    description: str
    permission: Permission
    parameters: tuple[Parameter, ...]
    start: Start


def form_of(call: Call) -> Form:
    """Read how the file is to look."""
    return Form(Format(call.query["format"]), call.query["formulas"] == "raw")


async def _leads(exports: Exports, call: Call, moved: Moved) -> Export:
    return await exports.leads(call.principal, filter_of(call), call.query["columns"], form_of(call), moved)


async def _attempts(exports: Exports, call: Call, moved: Moved) -> Export:
    state = call.query["state"]
    wanted = Wanted(
        call.account_id,
        buyer_id=call.query["buyer_id"],
        delivery_ids=await _deliveries(call),
        state=None if state is None else AttemptState[state.upper()],
        **_window(call),
    )
    return await exports.others(call.principal, ATTEMPTS, wanted, call.query["columns"], form_of(call), moved)


async def _returns(exports: Exports, call: Call, moved: Moved) -> Export:
    state = call.query["state"]
    wanted = Wanted(
        call.account_id,
        buyer_id=call.query["buyer_id"],
        delivery_ids=await _deliveries(call),
        state=None if state is None else ReturnState[state.upper()],
        **_window(call),
    )
    return await exports.others(call.principal, RETURNS, wanted, call.query["columns"], form_of(call), moved)


async def _feedback(exports: Exports, call: Call, moved: Moved) -> Export:
    wanted = Wanted(call.account_id, buyer_id=call.query["buyer_id"], **_window(call))
    return await exports.others(call.principal, FEEDBACK, wanted, call.query["columns"], form_of(call), moved)


async def _ledger(exports: Exports, call: Call, moved: Moved) -> Export:
    asked = {name: call.query[name] for name in ("book", "party_id", "kind", "lead_id")}
    wanted = Wanted(call.account_id, **asked, **_window(call))
    return await exports.others(call.principal, LEDGER, wanted, call.query["columns"], form_of(call), moved)


def _of_programme(
    name: str, what: str, state: Parameter | None = None, *, description: str = ""
) -> ExportKind:
    """Make the export of a noun of the affiliate programme."""

    async def start(exports: Exports, call: Call, moved: Moved) -> Export:
        wanted = Wanted(
            call.account_id,
            affiliate_id=call.query["affiliate_id"],
            status=None if state is None else call.query[state.name],
            **_window(call),
        )
        return await exports.others(call.principal, name, wanted, call.query["columns"], form_of(call), moved)

    states = () if state is None else (state,)
    return ExportKind(
        name=name,
        path=f"/exports/{name}",
        id=f"export{name.title()}",
        summary=f"Export {name}",
        description=description or f"A row for each of the {what}, by rising id.",
        permission=Permission.SETUP_READ,
        parameters=(
            Parameter("affiliate_id", Id, f"Only {what} of this affiliate."),
            *states,
            *_times(f"{what} made"),
        ),
        start=start,
    )


def _window(call: Call) -> dict[str, Any]:
    return {"start": call.query["from"], "end": call.query["to"]}


async def _deliveries(call: Call) -> Sequence[int] | None:
    """Name the deliveries of the campaign that is asked for; None when none is."""
    only = call.query["campaign_id"]
    if only is None:
        return None
    setup = await call.configuration.setup(call.account_id)
    campaign = setup.campaigns.get(only)
    return [] if campaign is None else [delivery.id for delivery in campaign.deliveries]


def _report(operation: Operation) -> ExportKind:
    """Make the export of a report: its rows, with a column for each member."""
    row_type = get_args(next(f.type for f in msgspec.structs.fields(operation.answer) if f.name == "rows"))[0]
    columns = [plain(field.name, _kind_of(field.type)) for field in msgspec.structs.fields(row_type)]
    name = operation.path.rpartition("/")[2]

    async def start(exports: Exports, call: Call, moved: Moved) -> Export:
        chosen: list[Column] = choose(call.query["columns"], columns, {})
        answer = await operation.handler(call)
        rows = [msgspec.structs.asdict(row) for row in answer.body.rows]
        moved(len(rows), 1.0)
        return await exports.table(call.account_id, f"report-{name}", chosen, rows, form_of(call))

    return ExportKind(
        name=f"report-{name}",
        path=f"/exports/reports/{name}",
        id=f"exportReport{name.title()}",
        summary=f"Export the report on {name}",
        description=f"The rows of `GET {operation.path}` for the same parameters, a column for each member.",
        permission=operation.permission,
        parameters=operation.parameters,
        start=start,
    )


def _kind_of(hint: Any) -> Kind:
    kinds = {*get_args(hint), hint}
    if Decimal in kinds:
        return Kind.DECIMAL
    return Kind.NUMBER if int in kinds else Kind.TEXT


_CAMPAIGN = Parameter("campaign_id", Id, "Only those of this campaign's deliveries.")
_BUYER = Parameter("buyer_id", Id, "Only those of this buyer.")

KINDS: tuple[ExportKind, ...] = (
    ExportKind(
        name="leads", path="/exports/leads", id="exportLeads", summary="Export leads", start=_leads,
        description="By rising id, with the fields of their campaigns; `fields` in `columns` stands for all of these. "
        "The key of a supplier or a buyer gets its own leads. Masked fields are masked as everywhere. The audit log keeps "
        "who exported what.",
        permission=Permission.LEADS_EXPORT, parameters=FILTERS,
    ),
    ExportKind(
        name="ledger", path="/exports/ledger", id="exportLedger", summary="Export the ledger", start=_ledger,
        description="A row for each posting, by rising entry; a debit is positive, and each entry sums to zero.",
        permission=Permission.REPORTS,
        parameters=(
            Parameter("book", Book, "Only postings in this book."),
            Parameter("party_id", PartyId, "Only postings of this buyer, supplier or provider; 0 is nobody's."),
            Parameter("kind", EntryKind, "Only entries of this kind."),
            Parameter("lead_id", Id, "Only entries of this lead."),
            *_times("entries"),
        ),
    ),
    ExportKind(
        name="attempts", path="/exports/attempts", id="exportAttempts", summary="Export delivery attempts",
        description="Every delivery that a lead was tried at or passed over for, by rising lead.", start=_attempts,
        permission=Permission.LEADS_SEARCH,
        parameters=(
            _CAMPAIGN, _BUYER, Parameter("state", AttemptWord, "Only attempts that ended so."),
            *_times("attempts begun"),
        ),
    ),
    ExportKind(
        name="returns", path="/exports/returns", id="exportReturns", summary="Export returns", start=_returns,
        permission=Permission.LEADS_RETURN,
        description="By rising id, whatever became of them. The key of a buyer gets its own.",
        parameters=(
            _CAMPAIGN, _BUYER, Parameter("state", ReturnWord, "Only returns that stand so."),
            *_times("returns asked for"),
        ),
    ),
    ExportKind(
        name="feedback", path="/exports/feedback", id="exportFeedback", summary="Export feedback", start=_feedback,
        description="By rising lead; buyer 0 is our own people. The key of a buyer gets its own.",
        permission=Permission.LEADS_FEEDBACK, parameters=(_BUYER, *_times("feedback given")),
    ),
    _of_programme(VISITORS, "visitors", description="By rising id, bots left out, with who is credited."),
    _of_programme(
        PEOPLE, "people",
        description="By rising id, with who is credited. The audit log keeps who exported them.",
    ),
    _of_programme(
        PURCHASES, "purchases", Parameter("state", PurchaseWord, "Only purchases that stand so."),
    ),
    _of_programme(
        COMMISSIONS, "commissions", Parameter("status", CommissionWord, "Only commissions that stand so."),
        description="By rising id; how one stands is told as of the beginning of the export.",
    ),
    _of_programme(PAYOUTS, "payouts", Parameter("state", PayoutWord, "Only payouts that stand so.")),
    *map(_report, REPORTS.operations),
)  # fmt: skip


def section(exports: Exports) -> Section:
    """Make the section of exports."""
    return Section(
        "Exports",
        "Files of any size, sent as they are made: CSV, XLSX or lines of JSON.",
        [_operation(exports, kind) for kind in KINDS],
    )


def parameters_of(kind: ExportKind) -> tuple[Parameter, ...]:
    """Give everything that an export may be asked."""
    return (*kind.parameters, *_LOOKS)


def _operation(exports: Exports, kind: ExportKind) -> Operation:
    async def handle(call: Call) -> Answer:
        export = await kind.start(exports, call, lambda _, __: None)
        return Answer(download=Download(export.file_name, export.media_type, export.chunks))

    return Operation(
        method="GET",
        path=kind.path,
        id=kind.id,
        summary=kind.summary,
        description=kind.description,
        handler=handle,
        permission=kind.permission,
        parameters=parameters_of(kind),
        media_types=tuple(one.media_type for one in Format),
    )

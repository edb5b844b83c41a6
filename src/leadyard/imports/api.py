"""Imports in the own API: a file is handed in, a worker imports it, and what was refused comes back as a file."""

from collections.abc import AsyncGenerator, AsyncIterator
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from leadyard.identity.model import Permission
from leadyard.imports.jobs.model import KEPT, LARGEST_FILE, Import, ImportState
from leadyard.imports.jobs.service import Imports
from leadyard.imports.model import ImportKind, ImportOrder
from leadyard.kit.documents import text_problem
from leadyard.kit.errors import ConflictError, InvalidInputError
from leadyard.own_api.operation import (
    LARGEST_ID,
    Answer,
    Call,
    Download,
    Operation,
    PageSize,
    Parameter,
    Section,
)

KindWord = Literal["leads", "returns", "feedback"]
StateWord = Literal["arriving", "active", "done", "cancelled", "failed"]
Id = Annotated[int, Meta(ge=1, le=LARGEST_ID)]
Word = Annotated[str, Meta(max_length=255)]
Document = Annotated[str, Meta(max_length=65_536)]

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_CSV = "text/csv"
_TYPES = (_CSV, "text/plain", XLSX, "application/octet-stream")
_ANY = (Permission.LEADS_RETURN, Permission.LEADS_FEEDBACK)
_COLUMNS = msgspec.json.Decoder(dict[str, str])


class ImportRecord(msgspec.Struct, frozen=True, kw_only=True):
    """An import: `rows` so far of `total` at most, what became of them, and `problem` where it failed or waits.

    `refused` counts rows by code, or by the reason where there is no code; `skipped` rows had been taken before.
    """

    id: int
    kind: KindWord
    name: str
    state: StateWord
    dry_run: bool
    campaign: str
    sid: str
    buyer: str
    reason: str
    sheet: str
    columns: dict[str, str]
    size: int
    total: int | None
    rows: int
    accepted: int
    skipped: int
    unreadable: int
    refused: dict[str, int]
    problem: str | None
    made_by: str
    created_at: datetime
    started_at: datetime | None
    updated_at: datetime
    ended_at: datetime | None


class ImportPage(msgspec.Struct, frozen=True):
    """Imports by falling id; `next_before` is the `before` of the next page, null on the last one."""

    items: list[ImportRecord]
    next_before: int | None


class Handlers:
    """What the operations on imports do."""

    def __init__(self, imports: Imports) -> None:
        """Answer by this process's use cases."""
        self._imports = imports

    async def hand_in(self, call: Call) -> Answer:
        """Keep a file and let workers import it."""
        query = call.query
        order = ImportOrder(
            kind=ImportKind(query["kind"]),
            campaign=query["campaign"],
            sid=query["sid"],
            buyer=query["buyer"],
            reason=query["reason"],
            columns=_columns(query["columns"]),
            sheet=query["sheet"],
            is_trial=query["dry_run"],
        )
        made = await self._imports.hand_in(call.principal, query["name"], order, call.body)
        return Answer(_record(made), location=f"/imports/{made.id}")

    async def search(self, call: Call) -> Answer:
        """List imports."""
        state, kind, most = call.query["state"], call.query["kind"], call.query["per_page"]
        found = await self._imports.page(
            call.principal,
            state=None if state is None else ImportState[state.upper()],
            kind=None if kind is None else ImportKind(kind),
            before_id=call.query["before"],
            most=most,
        )
        return Answer(ImportPage(list(map(_record, found)), found[-1].id if len(found) == most else None))

    async def read(self, call: Call) -> Answer:
        """Show an import."""
        return Answer(_record(await self._imports.read(call.principal, call.id())))

    async def cancel(self, call: Call) -> Answer:
        """End an import."""
        if not await self._imports.cancel(call.principal, call.id()):
            raise ConflictError("state", "cannot be changed: the import is over")
        return await self.read(call)

    async def errors(self, call: Call) -> Answer:
        """Give the error file."""
        lines = await self._imports.error_file(call.principal, call.id())
        return Answer(download=Download(f"import-{call.id()}-errors.csv", _CSV, _encoded(lines)))


async def _encoded(lines: AsyncIterator[str]) -> AsyncGenerator[bytes, None]:
    async for text in lines:
        yield text.encode()


def _columns(text: str) -> dict[str, str]:
    if not text:
        return {}
    try:
        columns = _COLUMNS.decode(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInputError.of(
            "columns", 'must be a JSON object such as {"Their title": "email"}'
        ) from error
    for part in (*columns, *columns.values()):
        trouble = text_problem(part)
        if trouble is not None:
            raise InvalidInputError.of("columns", trouble)
    return {title.strip(): field.strip() for title, field in columns.items()}


def _record(one: Import) -> ImportRecord:
    order, summary = one.order, one.summary
    kind: Any = order.kind.value
    state: Any = one.state.name.lower()
    return ImportRecord(
        id=one.id, kind=kind, name=one.name, state=state, dry_run=order.is_trial, campaign=order.campaign,
        sid=order.sid, buyer=order.buyer, reason=order.reason, sheet=order.sheet, columns=dict(order.columns),
        size=one.size, total=one.total, rows=summary.rows, accepted=summary.accepted, skipped=summary.skipped,
        unreadable=summary.unreadable, refused=dict(summary.refused), problem=one.problem, made_by=one.made_by,
        created_at=one.created_at, started_at=one.started_at, updated_at=one.updated_at, ended_at=one.ended_at,
    )  # fmt: skip


def section(imports: Imports) -> Section:
    """Make the section of imports."""
    do = Handlers(imports)
    hand_in = Operation(
        method="POST", path="/imports", id="startImport", summary="Import a file", handler=do.hand_in, status=201,
        description=f"The body is a CSV file or an XLSX workbook of at most {LARGEST_FILE // 1024**2} MiB whose first row "
        "names the columns. A worker imports it in the background, each row with the checks of the same call for one "
        "lead, once, however often the file comes. The key needs Leads > Create for leads, Leads > Return for "
        "returns, Leads > Feedback for feedback.",
        permission=Permission.LEADS_CREATE, other_permissions=_ANY, is_text=True, body_types=_TYPES,
        largest_body=LARGEST_FILE, answer=ImportRecord, example="email,phone1\njo@example.com,07700900123\n",
        parameters=(
            Parameter("kind", KindWord, "What the rows are.", "leads"),
            Parameter("name", Word, "What the file is called.", ""),
            Parameter("campaign", Word, "Reference or id: of leads; of returns and feedback that name an address.", ""),
            Parameter("sid", Word, "The supplier of leads that name none.", ""),
            Parameter("buyer", Word, "The BID of the buyer of rows that name none.", ""),
            Parameter("reason", Word, "The reason of returns that give none.", ""),
            Parameter("columns", Document, 'Fields by column title, as JSON: {"Their title": "email"}.', ""),
            Parameter("sheet", Word, "The sheet of a workbook, else the first that is shown.", ""),
            Parameter("dry_run", bool, "Say what would become of each row and keep nothing.", default=False),
        ),
    )  # fmt: skip
    return Section(
        "Imports",
        "Leads, returns and feedback from CSV files and XLSX workbooks, imported in the background.",
        (hand_in, *_on_imports(do)),
    )


def _on_imports(do: Handlers) -> tuple[Operation, ...]:
    create = Permission.LEADS_CREATE
    return (
        Operation(
            method="GET", path="/imports", id="listImports", summary="List imports", handler=do.search,
            description="By falling id; a supplier's or buyer's key sees its own.", answer=ImportPage, permission=create, other_permissions=_ANY,
            parameters=(
                Parameter("kind", KindWord, "Only imports of this kind."),
                Parameter("state", StateWord, "Only imports that stand so."),
                Parameter("before", Id, "Only imports with a smaller id."),
                Parameter("per_page", PageSize, "How many imports on a page.", 50),
            ),
        ),
        Operation(
            method="GET", path="/imports/{id}", id="readImport", summary="Read an import", handler=do.read,
            answer=ImportRecord, permission=create, other_permissions=_ANY,
            description="How far it is, what became of its rows, and why it ended if it went wrong.",
        ),
        Operation(
            method="GET", path="/imports/{id}/errors", id="readImportErrors", summary="Read the error file",
            description="A line for each row that did not get in: its number in the file, the code, the reasons, and what "
            f"it held. Kept for {KEPT.days} days.",
            handler=do.errors, media_types=(_CSV,), permission=create, other_permissions=_ANY,
        ),
        Operation(
            method="POST", path="/imports/{id}/cancel", id="cancelImport", summary="Cancel an import",
            description="After the rows under way; what was done stays done.", handler=do.cancel,
            answer=ImportRecord, permission=create, other_permissions=_ANY,
        ),
    )  # fmt: skip

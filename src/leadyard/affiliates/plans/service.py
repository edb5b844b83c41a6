"""What operators do with plans, and which plan pays for an event."""

from collections.abc import Sequence
from typing import Any

import msgspec

from leadyard.affiliates.commissions.rules import Line
from leadyard.affiliates.plans import store
from leadyard.affiliates.plans.model import (
    PlanInput,
    PlanLineRecord,
    PlanRecord,
    plan_problems,
    plan_warnings,
)
from leadyard.campaigns.service.noun import Noun
from leadyard.identity.actor import Actor
from leadyard.identity.versions import bump_version
from leadyard.kit.clock import now
from leadyard.kit.errors import ConflictError, FieldProblem
from leadyard.storage.database import Connection, Database, Row
from leadyard.storage.tables import affiliates as tables

FIRST_PLAN = "default"


class ChosenPlan(msgspec.Struct, frozen=True):
    """A plan with its lines in use, as events are paid by it."""

    id: int
    code: str
    currency: str
    lines: tuple[Line, ...]


class PlanNoun(Noun[PlanInput, PlanRecord]):
    """Plans: one is the default, and lines are archived rather than changed."""

    entity = "plan"
    table = tables.plans
    input = PlanInput
    record = PlanRecord

    def completed(self, wanted: PlanInput, row_id: int) -> PlanInput:  # noqa: ARG002 - of every noun
        """Write the currency in capitals and leave the ids of lines to us."""
        lines = tuple(msgspec.structs.replace(line, id=None) for line in wanted.lines)
        code, currency = wanted.code.strip(), wanted.currency.strip().upper()
        return msgspec.structs.replace(wanted, code=code, currency=currency, lines=lines)

    def columns(self, wanted: PlanInput) -> dict[str, Any]:
        """Keep the code a second time as it is looked for; lines have a table of their own."""
        return {
            "code": wanted.code,
            "code_key": wanted.code.casefold(),
            "name": wanted.name,
            "currency": wanted.currency,
            "is_default": wanted.is_default,
        }

    def unique(self, wanted: PlanInput) -> dict[str, tuple[str, str]]:
        """Take a code once, in whatever case."""
        return {"code": ("code_key", wanted.code.casefold())}

    def problems(self, wanted: PlanInput) -> list[FieldProblem]:
        """Check the lines."""
        return plan_problems(wanted)

    async def missing(self, connection: Connection, account_id: int, wanted: PlanInput) -> list[FieldProblem]:
        """Check the groups that lines are for."""
        groups = {line.group.casefold() for line in wanted.lines if line.group is not None}
        known = await store.known_groups(connection, account_id, sorted(groups)) if groups else set()
        return [
            FieldProblem(f"lines[{place}].group", "is not the code of a group")
            for place, line in enumerate(wanted.lines)
            if line.group is not None and line.group.casefold() not in known
        ]

    async def save_parts(
        self, connection: Connection, account_id: int, row_id: int, wanted: PlanInput
    ) -> None:
        """Write the lines and leave one default; raises ConflictError when none would be left."""
        if wanted.is_default:
            await store.unset_other_defaults(connection, account_id, row_id)
        elif await store.default(connection, account_id) is None:
            raise ConflictError("is_default", "must be true of one plan: make another one the default")
        terms = [line.terms for line in wanted.lines]
        await store.write_lines(connection, account_id, row_id, terms, now())

    async def records(
        self, connection: Connection, account_id: int, found: Sequence[Row]
    ) -> list[PlanRecord]:
        """Add each plan's lines."""
        lines = await store.live_lines(connection, account_id, [row["id"] for row in found])
        return [_record(row, tuple(lines[row["id"]])) for row in found]

    async def create_in(
        self, connection: Connection, actor: Actor, document: object, *, chosen_id: int | None = None
    ) -> PlanRecord:
        """Make one as every noun is made; an account's first plan is its default."""
        if await store.default(connection, actor.account_id) is None:
            document = {**msgspec.to_builtins(document), "is_default": True}
        return await super().create_in(connection, actor, document, chosen_id=chosen_id)

    async def archive(self, database: Database, actor: Actor, row_id: int) -> None:
        """Put a plan out of use; raises NotFoundError, and ConflictError for the default."""
        async with database.unit_of_work() as connection:
            await bump_version(connection, actor.account_id)
            before = await self.find(connection, actor.account_id, row_id)
            if before.is_default:
                raise ConflictError("is_default", "is true: make another plan the default first")
            if before.archived_at is None:
                await store.put_out_of_use(connection, actor.account_id, row_id, now())
                after = await self.find(connection, actor.account_id, row_id)
                await self._record(connection, actor, "archive", row_id, before, after)

    def _input_form(self, record: PlanRecord) -> dict[str, Any]:
        known = super()._input_form(record)
        return {**known, "lines": type(known["lines"])({**line, "id": None} for line in known["lines"])}


plans = PlanNoun()


async def default_plan(connection: Connection, account_id: int, currency: str = "USD") -> ChosenPlan:
    """Give the default plan; an account without any gets an empty one, for a sale is never lost over it."""
    row = await store.default(connection, account_id)
    if row is None:
        await bump_version(connection, account_id)
        row = await store.default(connection, account_id)
    if row is None:
        actor = Actor(account_id, "affiliate programme")
        made = await plans.create_in(connection, actor, PlanInput(code=FIRST_PLAN, currency=currency))
        return ChosenPlan(made.id, made.code, made.currency, ())
    return await _chosen(connection, account_id, row)


async def known_default_plan(connection: Connection, account_id: int) -> ChosenPlan | None:
    """Give the default plan, if the account has any plan."""
    row = await store.default(connection, account_id)
    return None if row is None else await _chosen(connection, account_id, row)


async def plan_of_code(
    connection: Connection, account_id: int, code: str | None, currency: str = "USD"
) -> tuple[ChosenPlan, bool]:
    """Give the plan of a code in any case, the default one for None or an unknown code; tells if it was known."""
    row = None if code is None else await store.by_code(connection, account_id, code)
    if row is None:
        return await default_plan(connection, account_id, currency), code is None
    return await _chosen(connection, account_id, row), True


async def plan_with_lines(
    connection: Connection, account_id: int, plan_id: int, line_ids: Sequence[int]
) -> ChosenPlan | None:
    """Give a plan with certain lines, archived ones included: those by which something was paid before."""
    row = await store.by_id(connection, account_id, plan_id)
    if row is None:
        return None
    lines = await store.lines(connection, account_id, line_ids)
    return ChosenPlan(row["id"], row["code"], row["currency"], tuple(lines))


async def _chosen(connection: Connection, account_id: int, row: Row) -> ChosenPlan:
    stored = (await store.live_lines(connection, account_id, [row["id"]]))[row["id"]]
    lines = tuple(Line(line.id or 0, line.terms) for line in stored)
    return ChosenPlan(row["id"], row["code"], row["currency"], lines)


def _record(row: Row, lines: tuple[PlanLineRecord, ...]) -> PlanRecord:
    names = ("id", "code", "currency", "name", "is_default", "created_at", "updated_at", "archived_at")
    return PlanRecord(**{name: row[name] for name in names}, lines=lines, warnings=plan_warnings(lines))

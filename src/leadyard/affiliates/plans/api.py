"""Plans in the own API."""

from leadyard.affiliates.plans.model import PlanInput, PlanRecord
from leadyard.affiliates.plans.service import plans
from leadyard.identity.model import Permission
from leadyard.own_api.operation import PAGING, Answer, Call, Operation, Section, page_of

EXAMPLE = {
    "code": "basic",
    "currency": "USD",
    "is_default": True,
    "lines": [
        {"pays_for": "purchase", "percent": "10"},
        {"pays_for": "purchase", "percent": "2", "level": 1},
        {"pays_for": "new_customer", "fixed": "5", "delay": 30},
    ],
}
_PATH = "/plans"
_WRITE, _LOOK = Permission.SETUP_WRITE, Permission.SETUP_READ


async def _search(call: Call) -> Answer:
    found, total = await plans.search(call.database, call.account_id, None, **call.paging)
    return page_of(call, found, total)


async def _create(call: Call) -> Answer:
    record = await plans.create(call.database, call.actor, call.body)
    return Answer(record, location=f"{_PATH}/{record.id}")


async def _read(call: Call) -> Answer:
    return Answer(await plans.read(call.database, call.account_id, call.id()))


async def _update(call: Call) -> Answer:
    return Answer(await plans.update(call.database, call.actor, call.id(), call.body))


async def _archive(call: Call) -> Answer:
    await plans.archive(call.database, call.actor, call.id())
    return Answer()


SECTION = Section(
    "Plans",
    "A plan says what affiliates earn: every line that matches an event pays. One plan is the default, for events that "
    "name none. `warnings` in the answers say what a plan would pay twice.",
    (
        Operation(
            method="GET", path=_PATH, id="listPlans", summary="List plans", handler=_search,
            description="In order of id, archived ones included; each with its lines and with what it would pay "
            "twice.",
            permission=_LOOK, parameters=PAGING, answer=PlanRecord, is_list=True,
        ),
        Operation(
            method="POST", path=_PATH, id="createPlan", summary="Create a plan", handler=_create,
            description="An account's first plan is its default, whatever `is_default` says.",
            permission=_WRITE, status=201, body=PlanInput, answer=PlanRecord, example=EXAMPLE,
        ),
        Operation(
            method="GET", path=f"{_PATH}/{{id}}", id="readPlan", summary="Read a plan", handler=_read,
            description="Its lines, tiers and levels, whether it is the default, and what it would pay twice.",
            permission=_LOOK, answer=PlanRecord,
        ),
        Operation(
            method="PATCH", path=f"{_PATH}/{{id}}", id="updatePlan", summary="Change a plan", handler=_update,
            description="A merge patch. `lines` are replaced: equal ones keep their ids, others are archived and made "
            "anew, so that a commission's line always says what it said when it paid. Purchases that were recorded "
            "before are paid by the lines of their time.",
            permission=_WRITE, body=PlanInput, is_patch=True, answer=PlanRecord,
        ),
        Operation(
            method="DELETE", path=f"{_PATH}/{{id}}", id="archivePlan", summary="Archive a plan", handler=_archive,
            description="It goes out of use and stays readable; the default plan cannot be archived.",
            permission=_WRITE, status=204,
        ),
    ),
)  # fmt: skip

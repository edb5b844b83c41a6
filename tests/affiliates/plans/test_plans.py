"""Plans are made, changed and archived; lines are archived rather than changed, and one plan is the default."""

from collections.abc import Mapping
from typing import Any

import pytest

from leadyard.affiliates.plans.service import default_plan, plan_of_code, plan_with_lines, plans
from leadyard.identity import service as identity
from leadyard.identity.actor import Actor
from leadyard.kit.errors import ConflictError, InvalidInputError, NotFoundError
from leadyard.storage.database import Database


@pytest.fixture
async def actor(database: Database) -> Actor:
    account = await identity.create_account(database, name="Agency", slug="agency")
    return Actor(account.id, "tester")


def a_plan(code: str = "basic", *lines: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"code": code, "lines": list(lines) or [{"pays_for": "purchase", "percent": "10"}], **more}


async def test_the_first_plan_is_the_default_and_the_next_is_not(database: Database, actor: Actor) -> None:
    first = await plans.create(database, actor, a_plan())
    second = await plans.create(database, actor, a_plan("plus"))
    assert (first.is_default, second.is_default) == (True, False)


async def test_making_another_plan_the_default_takes_it_from_the_old_one(
    database: Database, actor: Actor
) -> None:
    first = await plans.create(database, actor, a_plan())
    second = await plans.create(database, actor, a_plan("plus", is_default=True))
    assert not (await plans.read(database, actor.account_id, first.id)).is_default
    assert second.is_default
    with pytest.raises(ConflictError, match="must be true of one plan"):
        await plans.update(database, actor, second.id, {"is_default": False})


async def test_the_default_plan_cannot_be_archived(database: Database, actor: Actor) -> None:
    first = await plans.create(database, actor, a_plan())
    second = await plans.create(database, actor, a_plan("plus"))
    with pytest.raises(ConflictError):
        await plans.archive(database, actor, first.id)
    await plans.archive(database, actor, second.id)
    archived_at = (await plans.read(database, actor.account_id, second.id)).archived_at
    await plans.archive(database, actor, second.id)
    assert archived_at is not None
    assert (await plans.read(database, actor.account_id, second.id)).archived_at == archived_at


async def test_a_changed_line_is_a_new_line_and_equal_ones_stay(database: Database, actor: Actor) -> None:
    kept, changed = {"pays_for": "purchase", "percent": "10"}, {"pays_for": "lead", "fixed": "1"}
    before = await plans.create(database, actor, a_plan("basic", changed, kept))
    after = await plans.update(
        database, actor, before.id, {"lines": [{**kept, "id": before.lines[1].id}, {**changed, "fixed": "2"}]}
    )
    assert after.lines[0].id == before.lines[1].id
    assert after.lines[1].id not in {line.id for line in before.lines}
    old = [line.id or 0 for line in before.lines]
    async with database.connection() as connection:
        remembered = await plan_with_lines(connection, actor.account_id, before.id, old)
    assert remembered is not None
    assert [str(line.terms.fixed) for line in remembered.lines if line.id == old[0]] == ["1"]


async def test_a_patch_that_changes_nothing_keeps_every_line(database: Database, actor: Actor) -> None:
    before = await plans.create(database, actor, a_plan())
    after = await plans.update(database, actor, before.id, {"code": "basic", "currency": "usd"})
    assert after == before


async def test_a_code_is_unique_in_whatever_case(database: Database, actor: Actor) -> None:
    await plans.create(database, actor, a_plan("Basic"))
    with pytest.raises(ConflictError):
        await plans.create(database, actor, a_plan("bASIC"))


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ({"pays_for": "purchase"}, "lines[0].fixed"),
        ({"pays_for": "purchase", "fixed": "1", "percent": "2"}, "lines[0].fixed"),
        ({"pays_for": "purchase", "percent": "100.5"}, "lines[0].percent"),
        ({"pays_for": "purchase", "fixed": "-1"}, "lines[0].fixed"),
        ({"pays_for": "purchase", "fixed": "NaN"}, "lines[0].fixed"),
        ({"pays_for": "purchase", "fixed": "1", "level": 11}, "lines[0].level"),
        ({"pays_for": "lead", "percent": "10"}, "lines[0].percent"),
        ({"pays_for": "sold_lead", "fixed": "10"}, "lines[0].fixed"),
        ({"pays_for": "lead", "fixed": "1", "repeats": "until_cancelled"}, "lines[0].repeats"),
        ({"pays_for": "lead", "fixed": "1", "codes": ["a"]}, "lines[0].codes"),
        ({"pays_for": "purchase", "fixed": "1", "repeats": "times"}, "lines[0].times"),
        ({"pays_for": "purchase", "fixed": "1", "times": 3}, "lines[0].times"),
        ({"pays_for": "purchase", "fixed": "1", "only_skus": ["a"]}, "lines[0].only_skus"),
        ({"pays_for": "line_item", "fixed": "1", "only_skus": ["a"], "except_skus": ["b"]}, "lines[0].except_skus"),
        ({"pays_for": "purchase", "fixed": "1", "tiers": [{"from_count": 5}]}, "lines[0].tiers[0].fixed"),
        ({"pays_for": "purchase", "fixed": "1", "tiers": [{"fixed": "2"}]}, "lines[0].tiers[0].from_count"),
        ({"pays_for": "purchase", "fixed": "1", "tiers": [{"from_count": 5, "from_revenue": "5", "fixed": "2"}]},
         "lines[0].tiers[0].from_count"),
        ({"pays_for": "purchase", "fixed": "1", "tiers": [{"from_revenue": "0", "fixed": "2"}]},
         "lines[0].tiers[0].from_revenue"),
        ({"pays_for": "purchase", "fixed": "1", "tiers": [{"from_revenue": "NaN", "fixed": "2"}]},
         "lines[0].tiers[0].from_revenue"),
        ({"pays_for": "purchase", "fixed": "1", "tiers": [{"from_count": 5, "fixed": "2"},
         {"from_revenue": "5", "fixed": "3"}]}, "lines[0].tiers"),
        ({"pays_for": "purchase", "fixed": "1", "tiers": [{"from_revenue": "5.0", "fixed": "2"},
         {"from_revenue": "5", "fixed": "3"}]}, "lines[0].tiers"),
        ({"pays_for": "lead", "fixed": "1", "tiers": [{"from_count": 5, "fixed": "2"}]}, "lines[0].tiers"),
        ({"pays_for": "sold_lead", "percent": "1", "tiers": [{"from_count": 5, "fixed": "2"}]},
         "lines[0].tiers[0].fixed"),
        ({"pays_for": "purchase", "fixed": "1", "group": "gold"}, "lines[0].group"),
        ({"pays_for": "moon", "fixed": "1"}, "lines[0].pays_for"),
    ],
)  # fmt: skip
async def test_a_bad_line_is_refused_by_name_and_nothing_is_made(
    database: Database, actor: Actor, line: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        await plans.create(database, actor, a_plan("basic", line))
    assert field in [problem.field for problem in refused.value.problems]
    assert (await plans.search(database, actor.account_id))[1] == 0


@pytest.mark.parametrize(
    ("lines", "count"),
    [
        ([{"percent": "10", "repeats": "until_cancelled"}, {"percent": "5"}], 1),
        ([{"percent": "10", "repeats": "times", "times": 3}, {"percent": "5"}, {"fixed": "5"}], 2),
        ([{"percent": "10", "repeats": "until_cancelled"}, {"percent": "5", "first_purchases": 1}], 0),
        ([{"percent": "10", "repeats": "until_cancelled"}, {"percent": "5", "level": 1}], 0),
        ([{"percent": "10", "repeats": "until_cancelled"}], 0),
        ([{"percent": "10"}, {"percent": "5"}], 0),
    ],
)  # fmt: skip
async def test_a_plan_that_would_pay_renewals_twice_warns(
    database: Database, actor: Actor, lines: list[dict[str, Any]], count: int
) -> None:
    made = await plans.create(
        database, actor, a_plan("x", *({"pays_for": "purchase", **one} for one in lines))
    )
    assert len(made.warnings) == count


async def test_an_unknown_code_falls_back_to_the_default_plan(database: Database, actor: Actor) -> None:
    basic = await plans.create(database, actor, a_plan())
    plus = await plans.create(database, actor, a_plan("Plus"))
    async with database.unit_of_work() as connection:
        assert (await plan_of_code(connection, actor.account_id, None))[0].id == basic.id
        found, is_known = await plan_of_code(connection, actor.account_id, "pLUS")
        assert (found.id, is_known) == (plus.id, True)
        found, is_known = await plan_of_code(connection, actor.account_id, "gold")
        assert (found.id, is_known) == (basic.id, False)


async def test_an_account_without_plans_gets_an_empty_default_when_it_is_needed(
    database: Database, actor: Actor
) -> None:
    async with database.unit_of_work() as connection:
        made = await default_plan(connection, actor.account_id, "EUR")
    assert (made.code, made.currency, made.lines) == ("default", "EUR", ())
    async with database.unit_of_work() as connection:
        assert (await default_plan(connection, actor.account_id)).id == made.id


async def test_another_accounts_plan_is_not_found(database: Database, actor: Actor) -> None:
    made = await plans.create(database, actor, a_plan())
    other = await identity.create_account(database, name="Other", slug="other")
    with pytest.raises(NotFoundError):
        await plans.read(database, other.id, made.id)

"""Accounts and users: what is refused, and how passwords are kept."""

from typing import Any

import pytest

from leadyard.identity import service
from leadyard.identity.accounts import password_matches
from leadyard.identity.actor import Actor
from leadyard.kit.errors import ConflictError, InvalidInputError
from leadyard.storage.database import Database


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "a\0"}, "name"),
        ({"slug": "Not a slug"}, "slug"),
        ({"currency": "pounds"}, "currency"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"time_zone": "../../etc/passwd"}, "time_zone"),
        ({"hosts": ("http://x",)}, "hosts[0]"),
    ],
)
async def test_an_account_that_cannot_be_is_refused(
    database: Database, change: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        await service.create_account(database, **{"name": "A", "slug": "a", **change})

    assert [problem.field for problem in refused.value.problems] == [field]


async def test_a_slug_is_taken_once(database: Database, actor: Actor) -> None:
    with pytest.raises(ConflictError):
        await service.create_account(database, name="Again", slug="agency")


async def test_a_host_is_one_accounts(database: Database) -> None:
    hosts = ("a.example.com", "b.example.com")
    await service.create_account(database, name="First", slug="first", hosts=hosts)

    with pytest.raises(ConflictError, match=r"hosts\[1\] is taken by the account first"):
        await service.create_account(
            database, name="Second", slug="second", hosts=("c.example.com", "b.example.com")
        )


async def test_a_password_is_kept_as_a_hash(database: Database, actor: Actor) -> None:
    password = "correct horse battery"
    user = await service.create_user(
        database, actor, email="Ann@Example.com", name="Ann", role="owner", password=password
    )

    async with database.connection() as connection:
        kept = await connection.fetchval(
            "SELECT password_hash FROM users WHERE account_id = $1 AND id = $2", actor.account_id, user.id
        )
    assert user.email == "ann@example.com"
    assert password not in kept
    assert password_matches(kept, password)
    assert not password_matches(kept, "wrong horse battery")


async def test_a_users_address_is_taken_once_in_any_case(database: Database, actor: Actor) -> None:
    ann = {"name": "Ann", "role": "owner", "password": "correct horse battery"}
    await service.create_user(database, actor, email="ann@example.com", **ann)

    with pytest.raises(ConflictError):
        await service.create_user(database, actor, email="ANN@example.com", **ann)


async def test_everything_wrong_with_a_user_is_named(database: Database, actor: Actor) -> None:
    with pytest.raises(InvalidInputError) as refused:
        await service.create_user(database, actor, email="nobody", name="", role="x", password="short")

    assert {problem.field for problem in refused.value.problems} == {"email", "name", "password"}


async def test_an_account_moves_to_another_time_zone(database: Database, actor: Actor) -> None:
    changed = await service.update_account(database, actor, {"time_zone": "Europe/Berlin"})

    assert (changed.name, changed.time_zone) == ("Agency", "Europe/Berlin")
    with pytest.raises(InvalidInputError):
        await service.update_account(database, actor, {"currency": "EUR"})

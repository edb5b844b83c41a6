"""`leadyard keys` against a real database."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from click.testing import CliRunner, Result

from leadyard.identity.actor import Actor
from leadyard.identity.commands import keys
from leadyard.kit.errors import InvalidInputError, LeadyardError, NotFoundError

Run = Callable[..., Result]


@pytest.fixture
def run(dsn: str, actor: Actor) -> Run:
    @contextmanager
    def lend_database() -> Iterator[str]:
        yield dsn

    lend: Callable[[], AbstractContextManager[str]] = lend_database

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(keys, list(arguments), obj=lend)

    return invoke


def test_a_key_is_created_listed_and_revoked(run: Run) -> None:
    made = run("create", "--account", "agency", "--reference", "First", "--permission", "all")
    key = made.output.strip()
    listed = run("list")
    revoked = run("revoke", "--account", "agency", "1")

    assert made.exit_code == 0, made.exception
    assert len(key) == 32
    assert key not in listed.output
    assert "First" in listed.output
    assert "Set-up > Write" in listed.output
    assert "never" in listed.output
    assert revoked.output == "Key 1 is revoked.\n"
    assert run("list").output.split("\t")[1] == "revoked"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("create", "--account", "nobody", "--reference", "x"), NotFoundError),
        (("create", "--reference", "x", "--permission", "Fly"), InvalidInputError),
        (("create", "--reference", "x", "--kind", "buyer"), InvalidInputError),
        (("revoke", "99"), NotFoundError),
    ],
)
def test_a_command_that_cannot_be_done_says_why(
    run: Run, arguments: tuple[str, ...], error: type[LeadyardError]
) -> None:
    refused = run(*arguments)

    assert isinstance(refused.exception, error)
    assert str(refused.exception)


def test_an_unknown_kind_is_refused(run: Run) -> None:
    assert run("create", "--reference", "x", "--kind", "owner").exit_code == 2

"""Installations in folders of their own, ended with the test."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.processes.installation import Installation

WEB_PROCESSES = 3


@contextmanager
def new_installation() -> Iterator[Installation]:
    # As root the database runs as another user, who could not reach pytest's own folder for temporary files.
    folder = Path(tempfile.mkdtemp(prefix="leadyard-processes-"))
    folder.chmod(0o711)
    installation = Installation(folder / "data", web_processes=WEB_PROCESSES)
    try:
        yield installation
    finally:
        installation.end()
        if installation.log.exists():
            print(excerpt(installation.said()))  # noqa: T201 - shown by pytest when the test failed
        shutil.rmtree(folder)


def excerpt(log: str) -> str:
    """The first errors that were logged, and the end."""
    errors = [line for line in log.splitlines() if "[error" in line]
    return "\n".join([*errors[:20], "…", log[-4000:]])


HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep whole installations to one test process: two at once would starve each other on two cores."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.xdist_group("processes"))


@pytest.fixture
def installation() -> Iterator[Installation]:
    """An installation that the test starts, stops and kills as it likes."""
    with new_installation() as made:
        yield made


@pytest.fixture(scope="module")
def running() -> Iterator[Installation]:
    """An installation with the demo, running for all tests of a file."""
    with new_installation() as made:
        made.start()
        yield made

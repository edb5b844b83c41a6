"""The supervisor keeps its children running, and lets them finish when it is told to stop."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from leadyard.storage.embedded import EmbeddedPostgresError
from leadyard.supervisor import ChildSpec, Supervisor

PATIENCE_SECONDS = 30

NOTE = """
import os, signal, sys, time
def note(word):
    with open(sys.argv[1], "a") as file:
        file.write(f"{word} {os.getpid()}\\n")
"""
STEADY = NOTE + "note('began')\ntime.sleep(600)"
SHORT = NOTE + "note('began')"
CAREFUL = NOTE + (
    "def finish(*_):\n    note('told')\n    time.sleep(0.2)\n    note('finished')\n    sys.exit(0)\n"
    "signal.signal(signal.SIGTERM, finish)\nnote('began')\nwhile True: time.sleep(1)"
)
STUBBORN = NOTE + "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nnote('began')\ntime.sleep(600)"
MISCONFIGURED = NOTE + "note('began')\nsys.exit(2)"


def child(code: str, diary: Path, name: str = "child") -> ChildSpec:
    return ChildSpec(name=name, command=(sys.executable, "-c", code, str(diary)))


def lines(diary: Path, word: str) -> list[int]:
    if not diary.exists():
        return []
    entries = (line.split() for line in diary.read_text().splitlines())
    return [int(process) for written, process in entries if written == word]


async def eventually(happened: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not happened():  # noqa: ASYNC110 - what is waited for happens in another process
            await asyncio.sleep(0.01)


@asynccontextmanager
async def running(supervisor: Supervisor, *children: ChildSpec) -> "AsyncIterator[asyncio.Task[int]]":
    task = asyncio.create_task(supervisor.run(children))
    try:
        yield task
    finally:
        supervisor.stop()
        await task


@pytest.fixture
def diary(tmp_path: Path) -> Path:
    return tmp_path / "diary"


async def test_a_child_that_is_killed_is_started_again(diary: Path) -> None:
    async with running(Supervisor(), child(STEADY, diary)):
        for count in (1, 2, 3):
            await eventually(lambda count=count: len(lines(diary, "began")) == count)  # type: ignore[misc]
            os.kill(lines(diary, "began")[-1], signal.SIGKILL)


async def test_a_child_that_ends_by_itself_is_started_again_with_growing_pauses(diary: Path) -> None:
    async with running(Supervisor(), child(SHORT, diary)):
        await eventually(lambda: len(lines(diary, "began")) == 3)
    assert len(set(lines(diary, "began"))) == 3


async def test_one_child_that_dies_leaves_the_others_alone(diary: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    async with running(Supervisor(), child(STEADY, diary, "a"), child(STEADY, other, "b")):
        await eventually(lambda: lines(diary, "began") and lines(other, "began"))
        os.kill(lines(diary, "began")[0], signal.SIGKILL)
        await eventually(lambda: len(lines(diary, "began")) == 2)
    assert len(lines(other, "began")) == 1


async def test_a_child_finishes_what_is_in_flight_before_the_supervisor_ends(diary: Path) -> None:
    supervisor = Supervisor()
    async with running(supervisor, child(CAREFUL, diary)) as task:
        await eventually(lambda: lines(diary, "began"))
        supervisor.stop()
        assert await task == 0
    assert lines(diary, "began") == lines(diary, "told") == lines(diary, "finished")


async def test_a_child_that_does_not_finish_is_killed_at_the_limit(diary: Path) -> None:
    supervisor = Supervisor(stop_seconds=0.2)
    async with running(supervisor, child(STUBBORN, diary)) as task:
        await eventually(lambda: lines(diary, "began"))
        supervisor.stop()
        assert await task == 0
    with pytest.raises(ProcessLookupError):
        os.kill(lines(diary, "began")[0], 0)


async def test_settings_that_no_child_can_use_end_the_supervisor_with_the_same_exit_code(diary: Path) -> None:
    async with running(Supervisor(), child(MISCONFIGURED, diary)) as task:
        assert await task == 2
    assert len(lines(diary, "began")) == 1


async def test_once_ready_even_exit_code_2_is_followed_by_a_restart(diary: Path) -> None:
    supervisor = Supervisor()
    supervisor.mark_ready()
    async with running(supervisor, child(MISCONFIGURED, diary)):
        await eventually(lambda: len(lines(diary, "began")) == 2)


async def test_a_child_inherits_the_descriptors_and_variables_it_is_given(tmp_path: Path) -> None:
    answer = tmp_path / "answer"
    read_end, write_end = os.pipe()
    os.write(write_end, b"through the pipe")
    code = "import os, pathlib, sys; pathlib.Path(sys.argv[2]).write_bytes(os.read(int(sys.argv[1]), 99) + "
    code += "os.environb[b'GIVEN']); os.kill(os.getppid(), 0); import time; time.sleep(600)"
    spec = ChildSpec(
        name="child",
        command=(sys.executable, "-c", code, str(read_end), str(answer)),
        environment={"GIVEN": " and the environment"},
        inherited_descriptors=(read_end,),
    )
    async with running(Supervisor(), spec):
        await eventually(lambda: answer.exists() and answer.read_bytes())
    assert answer.read_text() == "through the pipe and the environment"
    os.close(read_end)
    os.close(write_end)


async def test_the_database_is_looked_after_and_a_failed_restart_is_tried_again(diary: Path) -> None:
    calls: list[str] = []

    def keep() -> bool:
        calls.append("looked")
        if len(calls) == 1:
            raise EmbeddedPostgresError("not yet")
        return True

    async with running(Supervisor(keep_database=keep), child(STEADY, diary)):
        await eventually(lambda: len(calls) == 2)

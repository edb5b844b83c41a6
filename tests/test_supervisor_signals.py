"""What signals do to a supervisor and, when it is killed outright, to its children."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PATIENCE_SECONDS = 30

CHILD = """
import os, signal, sys, time
from leadyard import supervisor_lifeline
def note(word):
    with open(sys.argv[1], "a") as file:
        file.write(f"{word} {os.getpid()}\\n")
def finish(*_):
    note("told")
    time.sleep(0.2)
    note("finished")
    os._exit(0)
signal.signal(signal.SIGTERM, finish)
signal.signal(signal.SIGINT, lambda *_: note("interrupted"))
assert supervisor_lifeline.watch(lambda: os.kill(os.getpid(), signal.SIGTERM))
note("began")
while True: time.sleep(1)
"""
DEAF = """
import os, signal, sys, time
from leadyard import supervisor_lifeline
signal.signal(signal.SIGTERM, signal.SIG_IGN)
assert supervisor_lifeline.watch(lambda: None, grace_seconds=0.1)
with open(sys.argv[1], "a") as file:
    file.write(f"began {os.getpid()}\\n")
while True: time.sleep(1)
"""
SUPERVISOR = """
import asyncio, sys
from leadyard.supervisor import ChildSpec, Supervisor
async def main():
    supervisor = Supervisor(stop_seconds=600)
    supervisor.handle_signals()
    command = (sys.executable, "-c", *sys.argv[1:])
    return await supervisor.run([ChildSpec(name=f"child {n}", command=command) for n in (1, 2)])
sys.exit(asyncio.run(main()))
"""

Start = Callable[[str], "subprocess.Popen[bytes]"]


def lines(diary: Path, word: str) -> list[int]:
    if not diary.exists():
        return []
    entries = (line.split() for line in diary.read_text().splitlines())
    return sorted(int(process) for written, process in entries if written == word)


def eventually(happened: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_gone(process_id: int) -> bool:
    try:
        return "Z" in Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return True


@pytest.fixture
def diary(tmp_path: Path) -> Path:
    return tmp_path / "diary"


@pytest.fixture
def start(diary: Path) -> Iterator[Start]:
    started: list[subprocess.Popen[bytes]] = []

    def start(child: str) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-c", SUPERVISOR, child, str(diary)]
        started.append(
            subprocess.Popen(
                command, start_new_session=True, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
            )
        )
        eventually(lambda: len(lines(diary, "began")) == 2)
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_the_children_finish_first(start: Start, diary: Path, how: signal.Signals) -> None:
    supervisor = start(CHILD)
    supervisor.send_signal(how)
    assert supervisor.wait(PATIENCE_SECONDS) == 0
    assert lines(diary, "began") == lines(diary, "told") == lines(diary, "finished")


def test_ctrl_c_on_the_terminal_reaches_the_children_only_through_the_supervisor(
    start: Start, diary: Path
) -> None:
    supervisor = start(CHILD)
    os.killpg(supervisor.pid, signal.SIGINT)
    assert supervisor.wait(PATIENCE_SECONDS) == 0
    assert lines(diary, "interrupted") == []
    assert lines(diary, "began") == lines(diary, "finished")


def test_a_second_ctrl_c_does_not_wait_for_the_children(start: Start, diary: Path) -> None:
    supervisor = start(DEAF)

    def ends_at_another_ctrl_c() -> bool:
        supervisor.send_signal(signal.SIGINT)
        return supervisor.poll() is not None

    eventually(ends_at_another_ctrl_c)
    assert all(map(is_gone, lines(diary, "began")))


def test_the_children_of_a_killed_supervisor_finish_and_end(start: Start, diary: Path) -> None:
    supervisor = start(CHILD)
    supervisor.kill()
    eventually(lambda: lines(diary, "finished") == lines(diary, "began"))
    eventually(lambda: all(map(is_gone, lines(diary, "began"))))


def test_a_child_that_does_not_react_to_the_loss_of_its_supervisor_is_ended(
    start: Start, diary: Path
) -> None:
    supervisor = start(DEAF)
    supervisor.kill()
    eventually(lambda: all(map(is_gone, lines(diary, "began"))))


def test_a_process_without_a_supervisor_has_no_lifeline_to_watch() -> None:
    code = "from leadyard import supervisor_lifeline; import sys; sys.exit(supervisor_lifeline.watch(print))"
    environment = {name: text for name, text in os.environ.items() if name != "LEADYARD_LIFELINE_FD"}
    assert subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode == 0

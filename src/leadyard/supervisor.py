"""Keeps child processes running until it is told to stop, then lets them finish."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Mapping, Sequence

import msgspec
import structlog

from leadyard import supervisor_lifeline
from leadyard.storage.embedded import EmbeddedPostgresError

STOP_SECONDS = 30.0
SHORTEST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0
STEADY_SECONDS = 10.0
DATABASE_LOOK_SECONDS = 0.5

EXIT_OK = 0
EXIT_CONFIGURATION = 2

log = structlog.get_logger("leadyard.supervisor")


class ChildSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One process to keep running: its name for the log, its command line, what it inherits."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = {}
    inherited_descriptors: tuple[int, ...] = ()


class Supervisor:
    """Runs children side by side; restarts one that dies, after a pause that grows from 0.1 s to 5 s."""

    def __init__(
        self,
        *,
        keep_database: Callable[[], bool] | None = None,
        stop_seconds: float = STOP_SECONDS,
    ) -> None:
        """Start nothing yet; `keep_database` restarts the database if it died and tells whether it had to."""
        self._keep_database = keep_database
        self._stop_seconds = stop_seconds
        self._stopping = asyncio.Event()
        self._processes: dict[str, asyncio.subprocess.Process] = {}
        self._exit_code = EXIT_OK
        self._ready = False

    @property
    def stopping(self) -> asyncio.Event:
        """Return the event that is set once the supervisor is to end."""
        return self._stopping

    def stop(self, exit_code: int = EXIT_OK) -> None:
        """Begin to end: children get SIGTERM and `stop_seconds` to finish what is in flight."""
        self._exit_code = self._exit_code or exit_code
        self._stopping.set()

    def mark_ready(self) -> None:
        """Note that the children serve; from now on one that ends is restarted whatever its exit code."""
        self._ready = True

    def handle_signals(self) -> None:
        """Let SIGTERM and SIGINT stop the supervisor; a second Ctrl-C no longer waits for the children."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self.stop)
        loop.add_signal_handler(signal.SIGINT, self._interrupt)

    async def run(self, children: Sequence[ChildSpec]) -> int:
        """Run the children, whose names differ, until `stop`; returns the exit code given to it."""
        read_end, write_end = os.pipe()
        try:
            async with asyncio.TaskGroup() as tasks:
                for child in children:
                    tasks.create_task(self._keep_running(child, read_end))
                if self._keep_database is not None:
                    tasks.create_task(self._watch_database(self._keep_database))
        finally:
            os.close(read_end)
            os.close(write_end)
        return self._exit_code

    def _interrupt(self) -> None:
        if self._stopping.is_set():
            for process in self._processes.values():
                _signal(process, signal.SIGKILL)
        self.stop()

    async def _keep_running(self, child: ChildSpec, lifeline: int) -> None:
        pause_seconds = SHORTEST_PAUSE_SECONDS
        while not self._stopping.is_set():
            began = asyncio.get_running_loop().time()
            exit_code = await self._run_once(child, lifeline)
            if self._stopping.is_set():
                return
            if exit_code == EXIT_CONFIGURATION and not self._ready:
                log.error("child cannot run with these settings", child=child.name)
                self.stop(EXIT_CONFIGURATION)
                return
            if asyncio.get_running_loop().time() - began > STEADY_SECONDS:
                pause_seconds = SHORTEST_PAUSE_SECONDS
            log.warning("child died", child=child.name, exit_code=exit_code, restart_in_seconds=pause_seconds)
            await self._pause(pause_seconds)
            pause_seconds = min(pause_seconds * 2, LONGEST_PAUSE_SECONDS)

    async def _run_once(self, child: ChildSpec, lifeline: int) -> int:
        # A process group of its own: Ctrl-C reaches the supervisor alone, which then ends everything in order.
        process = await asyncio.create_subprocess_exec(
            *child.command,
            env={**os.environ, **child.environment, supervisor_lifeline.VARIABLE: str(lifeline)},
            pass_fds=(lifeline, *child.inherited_descriptors),
            stdin=asyncio.subprocess.DEVNULL,
            process_group=0,
        )
        self._processes[child.name] = process
        log.info("child started", child=child.name, process_id=process.pid)
        ended = asyncio.ensure_future(process.wait())
        told = asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait({ended, told}, return_when=asyncio.FIRST_COMPLETED)
        told.cancel()
        if not ended.done():
            await self._finish(child, process, ended)
        del self._processes[child.name]
        return await ended

    async def _finish(
        self, child: ChildSpec, process: asyncio.subprocess.Process, ended: "asyncio.Future[int]"
    ) -> None:
        _signal(process, signal.SIGTERM)
        await asyncio.wait({ended}, timeout=self._stop_seconds)
        if not ended.done():
            log.error("child did not finish in time", child=child.name, limit_seconds=self._stop_seconds)
            _signal(process, signal.SIGKILL)

    async def _watch_database(self, keep: Callable[[], bool]) -> None:
        pause_seconds = DATABASE_LOOK_SECONDS
        while not self._stopping.is_set():
            try:
                if await asyncio.to_thread(keep):
                    log.warning("database died and was restarted")
                pause_seconds = DATABASE_LOOK_SECONDS
            except EmbeddedPostgresError as error:
                log.error("database cannot be restarted", reason=str(error))  # noqa: TRY400 - the message says it all
                pause_seconds = min(pause_seconds * 2, LONGEST_PAUSE_SECONDS)
            await self._pause(pause_seconds)

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)


def _signal(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(number)

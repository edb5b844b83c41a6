"""Tells a child process that its supervisor is gone, however that ended."""

import os
import threading
import time
from collections.abc import Callable

VARIABLE = "LEADYARD_LIFELINE_FD"
GRACE_SECONDS = 30.0


def is_supervised() -> bool:
    """Tell whether a supervisor started this process."""
    return bool(os.environ.get(VARIABLE))


def watch(on_lost: Callable[[], None], *, grace_seconds: float = GRACE_SECONDS) -> bool:
    """Call `on_lost` from a thread once the supervisor is gone; False when no supervisor started this process.

    A process that still lives `grace_seconds` after that is ended with exit code 1. In an event loop let `on_lost`
    be `lambda: os.kill(os.getpid(), signal.SIGTERM)` or something that goes through `call_soon_threadsafe`.
    """
    number = os.environ.get(VARIABLE, "")
    if not number:
        return False
    threading.Thread(
        target=_wait, args=(int(number), on_lost, grace_seconds), name="lifeline", daemon=True
    ).start()
    return True


def _wait(descriptor: int, on_lost: Callable[[], None], grace_seconds: float) -> None:
    # Nobody ever writes into the pipe: reading ends when the last writer, the supervisor, is gone.
    os.read(descriptor, 1)
    try:
        on_lost()
    finally:
        time.sleep(grace_seconds)
        os._exit(1)

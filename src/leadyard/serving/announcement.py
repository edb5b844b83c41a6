"""What `leadyard serve` prints once it serves: where to look and, in the demo, which keys to use."""

import asyncio
import http.client
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import msgspec

from leadyard.settings import Settings, reachable_host

LOOK_SECONDS = 0.1
ANSWER_SECONDS = 5.0


async def wait_until_healthy(settings: Settings, timeout_seconds: float) -> bool:
    """Wait until `GET /healthz` answers 200; False when it doesn't in time."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + timeout_seconds
    while not await asyncio.to_thread(_is_healthy, reachable_host(settings.host), settings.port):
        if loop.time() > deadline:
            return False
        await asyncio.sleep(LOOK_SECONDS)
    return True


def announcement(base_url: str, demo_file: Path | None) -> str:
    """Return the text that says where to look, with the demo's keys when its file is given."""
    lines = [f"Leadyard is ready at {base_url}", f"  API documentation  {base_url}/api/docs"]
    if demo_file is not None:
        rows = list(_rows(msgspec.json.decode(demo_file.read_bytes())))
        width = max(len(name) for name, _ in rows)
        lines += [f"  Demo keys          {demo_file}"]
        lines += [f"    {name.ljust(width)}  {value}" for name, value in rows]
    return "\n".join([*lines, "Stop with Ctrl-C."])


def announce(settings: Settings, *, demo: bool) -> None:
    """Print the announcement to standard output."""
    base_url = settings.public_base_url or settings.local_base_url
    click.echo(announcement(base_url, settings.data_dir / "demo.json" if demo else None))


def _is_healthy(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _rows(members: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in members.items():
        if isinstance(value, dict):
            yield from _rows(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value

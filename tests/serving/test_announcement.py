"""Once it serves, the command says where to look and which demo keys to use."""

import socket
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from leadyard.serving.announcement import announcement, wait_until_healthy
from leadyard.settings import Settings, reachable_host


class Health(BaseHTTPRequestHandler):
    """Answers 503 to the first question and 200 to those that follow."""

    asked = 0

    def do_GET(self) -> None:
        Health.asked += 1
        self.send_response(200 if self.path == "/healthz" and Health.asked > 1 else 503)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Keep the test's output clean."""


@pytest.mark.parametrize(
    ("host", "reached_at"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("0.0.0.0", "127.0.0.1"),  # noqa: S104 - a value like any other here
        ("::", "[::1]"),
        ("::1", "[::1]"),
        ("leads.example.com", "leads.example.com"),
    ],
)
def test_every_host_to_listen_on_becomes_one_to_look_at(host: str, reached_at: str) -> None:
    assert reachable_host(host) == reached_at
    assert Settings(data_dir=Path("/d"), host=host, port=81).local_base_url == f"http://{reached_at}:81"


def test_the_text_names_the_address_and_the_documentation() -> None:
    text = announcement("http://127.0.0.1:8080", None)
    assert "http://127.0.0.1:8080\n" in text
    assert "http://127.0.0.1:8080/api/docs" in text
    assert "Demo" not in text


def test_the_text_of_the_demo_names_its_file_and_every_key(tmp_path: Path) -> None:
    demo = tmp_path / "demo.json"
    demo.write_text(
        '{"base_url": "http://127.0.0.1:1", "leadbyte": {"admin_key": "k1"}, "leaddyno": {"public_key": "k2"}}'
    )
    text = announcement("http://127.0.0.1:1", demo)
    assert str(demo) in text
    assert [line.split() for line in text.splitlines() if "_key" in line] == [
        ["leadbyte.admin_key", "k1"],
        ["leaddyno.public_key", "k2"],
    ]


async def test_a_server_is_healthy_once_it_answers_200() -> None:
    Health.asked = 0
    with HTTPServer(("127.0.0.1", 0), Health) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        settings = Settings(data_dir=Path("/d"), port=server.server_port)
        assert await wait_until_healthy(settings, 30)
        server.shutdown()
    assert Health.asked == 2


async def test_a_server_that_never_answers_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    assert not await wait_until_healthy(Settings(data_dir=Path("/d"), port=port), 0)

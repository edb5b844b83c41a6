"""Web processes and workers are told the same settings, and only web processes get sockets."""

import socket
import sys
from pathlib import Path

from leadyard.serving.composition import child_specs
from leadyard.settings import Settings


def test_the_children_are_as_many_as_the_settings_say_and_know_all_of_them() -> None:
    settings = Settings(data_dir=Path("/d"), web_processes=2, worker_processes=1, secret_key="s" * 32)
    with socket.create_server(("127.0.0.1", 0)) as first, socket.create_server(("127.0.0.1", 0)) as second:
        specs = child_specs(settings, "postgresql://leadyard@/leadyard?host=/s", [first, second])
        assert [spec.name for spec in specs] == ["web 1", "web 2", "worker 1"]
        assert specs[0].command == (sys.executable, "-m", "leadyard", "web", "--fd", str(first.fileno()))
        assert specs[2].command == (sys.executable, "-m", "leadyard", "worker")
        assert [spec.inherited_descriptors for spec in specs] == [
            (first.fileno(),),
            (second.fileno(),),
            (),
        ]
    for spec in specs:
        told = Settings.from_environment(spec.environment)
        assert told.database_url == "postgresql://leadyard@/leadyard?host=/s"
        assert told.secret_key == "s" * 32

"""Settings come from environment variables, survive the way to a child process, and refuse what can't be used."""

import os
import stat
from ipaddress import ip_network
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadyard.settings import Settings, SettingsError, load_or_create_secret_key
from leadyard.settings_values import Network


def test_an_empty_environment_gives_an_embedded_database_and_a_loopback_address() -> None:
    read = Settings.from_environment({})
    assert (read.database_url, read.host, read.port) == (None, "127.0.0.1", 8080)
    assert 1 <= read.web_processes <= 4
    assert read.worker_processes == 1
    assert read.allowed_networks == read.trusted_proxies == ()
    assert read.secret_key is None
    assert read.public_base_url is None


def test_the_default_data_folder_is_the_systems_for_root_and_the_users_otherwise() -> None:
    read = Settings.from_environment({"XDG_DATA_HOME": "/xdg"})
    assert read.data_dir == Path("/var/lib/leadyard" if os.geteuid() == 0 else "/xdg/leadyard")


def test_every_variable_is_read() -> None:
    read = Settings.from_environment(
        {
            "LEADYARD_DATABASE_URL": "postgresql://u:p@db/leadyard",
            "LEADYARD_DATA_DIR": "/srv/leadyard",
            "LEADYARD_HOST": "0.0.0.0",  # noqa: S104 - a value like any other here
            "LEADYARD_PORT": "0",
            "LEADYARD_WEB_PROCESSES": "3",
            "LEADYARD_WORKER_PROCESSES": "2",
            "LEADYARD_ALLOWED_NETWORKS": "10.0.0.0/8, fd00::/8,192.168.1.7",
            "LEADYARD_TRUSTED_PROXIES": "172.16.0.0/12",
            "LEADYARD_SECRET_KEY": "k" * 32,
            "LEADYARD_LOG_LEVEL": "WARNING",
            "LEADYARD_LOG_JSON": "yes",
            "LEADYARD_PUBLIC_BASE_URL": "https://leads.example.com/",
            "LEADYARD_KEEP_SENT_DAYS": "7",
            "LEADYARD_KEEP_TRACES_DAYS": "0",
        }
    )
    assert (read.keep_sent_days, read.keep_traces_days) == (7, 0)
    assert read.database_url == "postgresql://u:p@db/leadyard"
    assert read.data_dir == Path("/srv/leadyard")
    assert (read.port, read.web_processes, read.worker_processes) == (0, 3, 2)
    assert read.allowed_networks == tuple(map(ip_network, ("10.0.0.0/8", "fd00::/8", "192.168.1.7/32")))
    assert read.trusted_proxies == (ip_network("172.16.0.0/12"),)
    assert (read.log_level, read.log_json) == ("warning", True)
    assert read.public_base_url == "https://leads.example.com"


@pytest.mark.parametrize(
    ("text", "limit"),
    [("0", 0), ("200", 200), ("10000", 10_000), ("10001", 0), ("9" * 5000, 0), ("00200", 200)],
)
def test_any_number_of_requests_is_a_limit_and_a_huge_one_is_none(text: str, limit: int) -> None:
    read = Settings.from_environment({"LEADYARD_LEADDYNO_REQUESTS_PER_MINUTE": text})
    assert read.leaddyno_requests_per_minute == limit


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("LEADYARD_LEADDYNO_REQUESTS_PER_MINUTE", "-1"),
        ("LEADYARD_LEADDYNO_REQUESTS_PER_MINUTE", "many"),
        ("LEADYARD_DATABASE_URL", "mysql://db/leadyard"),
        ("LEADYARD_DATA_DIR", "a\0b"),
        ("LEADYARD_HOST", "[::1]:80"),
        ("LEADYARD_HOST", "two words"),
        ("LEADYARD_PORT", "65536"),
        ("LEADYARD_PORT", "-1"),
        ("LEADYARD_PORT", "٨٠"),
        ("LEADYARD_PORT", "9" * 5000),
        ("LEADYARD_WEB_PROCESSES", "0"),
        ("LEADYARD_WORKER_PROCESSES", "many"),
        ("LEADYARD_ALLOWED_NETWORKS", "10.0.0.0/8,example.com"),
        ("LEADYARD_ALLOWED_NETWORKS", "10.0.0.1/8"),
        ("LEADYARD_TRUSTED_PROXIES", "::/129"),
        ("LEADYARD_SECRET_KEY", "short"),
        ("LEADYARD_LOG_LEVEL", "loud"),
        ("LEADYARD_LOG_JSON", "perhaps"),
        ("LEADYARD_KEEP_SENT_DAYS", "-1"),
        ("LEADYARD_KEEP_TRACES_DAYS", "36501"),
        ("LEADYARD_PUBLIC_BASE_URL", "leads.example.com"),
        ("LEADYARD_PUBLIC_BASE_URL", "https://leads.example.com/?a=1"),
    ],
)
def test_a_bad_value_is_refused_with_a_sentence_that_names_its_variable(variable: str, text: str) -> None:
    with pytest.raises(SettingsError, match=rf"^{variable} must .+\.$"):
        Settings.from_environment({variable: text})


@pytest.mark.parametrize("variable", ["LEADYARD_SECRET_KEY", "LEADYARD_DATABASE_URL"])
def test_a_refusal_never_repeats_a_secret(variable: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        Settings.from_environment({variable: "hush-hush"})
    assert "hush-hush" not in str(refusal.value)


NETWORKS = st.lists(st.ip_addresses().map(ip_network), max_size=3).map(tuple)


@settings(max_examples=100, deadline=None)
@given(
    port=st.integers(0, 65535),
    processes=st.integers(1, 256),
    allowed=NETWORKS,
    trusted=NETWORKS,
    log_json=st.booleans(),
    secret_key=st.none() | st.text("abc123-_", min_size=32, max_size=64),
)
def test_settings_come_back_the_same_from_the_environment_of_a_child(
    port: int,
    processes: int,
    allowed: tuple[Network, ...],
    trusted: tuple[Network, ...],
    log_json: bool,
    secret_key: str | None,
) -> None:
    made = Settings(
        data_dir=Path("/srv/leadyard"),
        port=port,
        web_processes=processes,
        allowed_networks=allowed,
        trusted_proxies=trusted,
        log_json=log_json,
        secret_key=secret_key,
    )
    assert Settings.from_environment(made.to_environment()) == made


def test_a_secret_key_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    data_dir = tmp_path / "new" / "data"
    key = load_or_create_secret_key(data_dir)
    assert len(key) >= 32
    assert load_or_create_secret_key(data_dir) == key
    assert stat.S_IMODE((data_dir / "secret.key").stat().st_mode) == 0o600
    assert [path.name for path in data_dir.iterdir()] == ["secret.key"]


def test_several_secret_keys_stand_with_commas_the_newest_first() -> None:
    read = Settings.from_environment({"LEADYARD_SECRET_KEY": f"{'n' * 32} , {'o' * 32}"})
    assert read.secret_key == f"{'n' * 32},{'o' * 32}"
    with pytest.raises(SettingsError, match="LEADYARD_SECRET_KEY must have at least 32 characters in each"):
        Settings.from_environment({"LEADYARD_SECRET_KEY": f"{'n' * 32},short"})


def test_a_kept_key_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret.key").write_text("short\n")
    with pytest.raises(SettingsError, match=r"secret\.key must have at least 32 characters"):
        load_or_create_secret_key(tmp_path)


def test_a_secret_key_that_is_set_is_not_replaced(tmp_path: Path) -> None:
    given_key = Settings(data_dir=tmp_path, secret_key="s" * 32)
    assert given_key.with_secret_key() == given_key
    assert list(tmp_path.iterdir()) == []
    assert Settings(data_dir=tmp_path).with_secret_key().secret_key == load_or_create_secret_key(tmp_path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10.0.0.2", (("10.0.0.2", 53),)),
        ("10.0.0.2:5353, fd00::2", (("10.0.0.2", 5353), ("fd00::2", 53))),
        ("[fd00::2]:53,[fd00::3]", (("fd00::2", 53), ("fd00::3", 53))),
    ],
)
def test_name_servers_are_read_and_written_back(text: str, expected: tuple[tuple[str, int], ...]) -> None:
    settings = Settings.from_environment({"LEADYARD_DNS_RESOLVERS": text})
    assert settings.dns_resolvers == expected
    assert Settings.from_environment(settings.to_environment()).dns_resolvers == expected


@pytest.mark.parametrize("text", ["dns.example.com", "10.0.0.2:x", "10.0.0.2:99999", ":53"])
def test_name_servers_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="LEADYARD_DNS_RESOLVERS must list addresses"):
        Settings.from_environment({"LEADYARD_DNS_RESOLVERS": text})


@pytest.mark.parametrize("variable", ["LEADYARD_DISPOSABLE_DOMAINS", "LEADYARD_DATA_CENTRE_NETWORKS"])
def test_a_list_that_is_not_there_is_refused_by_its_variable(tmp_path: Path, variable: str) -> None:
    with pytest.raises(SettingsError, match=f"^{variable} must name a file that can be read"):
        Settings.from_environment({variable: str(tmp_path / "none")})
    (tmp_path / "list").write_text("")
    read = Settings.from_environment({variable: str(tmp_path / "list")})
    assert Settings.from_environment(read.to_environment()) == read

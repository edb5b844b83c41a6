"""What an operator can set, read from environment variables."""

import os
import secrets
import tempfile
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Self, TypeVar

import msgspec

from leadyard import settings_values as values
from leadyard.settings_values import Network
from leadyard.storage.embedded.folders import create_folder
from leadyard.storage.vault import Vault

Value = TypeVar("Value")
Default = TypeVar("Default")


class SettingsError(ValueError):
    """A setting has a value that Leadyard cannot use; the message names the variable."""


def reachable_host(host: str) -> str:
    """Return the host at which this machine reaches a server that listens on `host`, for use in a URL."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if address.is_unspecified:
        return "127.0.0.1" if address.version == 4 else "[::1]"  # noqa: PLR2004 - the protocol's own number
    return str(address) if address.version == 4 else f"[{address}]"  # noqa: PLR2004 - the protocol's own number


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the processes of one installation are told from outside.

    `database_url` None means the embedded server under `data_dir`; `secret_key` None means that
    nobody has called `with_secret_key` yet.
    """

    data_dir: Path
    database_url: str | None = None
    host: str = "127.0.0.1"
    port: int = 8080
    web_processes: int = 1
    worker_processes: int = 1
    allowed_networks: tuple[Network, ...] = ()
    trusted_proxies: tuple[Network, ...] = ()
    secret_key: str | None = None
    log_level: str = "info"
    log_json: bool = False
    public_base_url: str | None = None
    dns_resolvers: tuple[tuple[str, int], ...] = ()
    country_database: Path | None = None
    disposable_domains: Path | None = None
    data_centre_networks: Path | None = None
    keep_sent_days: int = 30
    keep_traces_days: int = 400
    leaddyno_requests_per_minute: int = 200

    @property
    def local_base_url(self) -> str:
        """The URL at which this machine reaches the web processes."""
        return f"http://{reachable_host(self.host)}:{self.port}"

    @property
    def base_url(self) -> str:
        """The URL at which everybody reaches this installation, without a slash at its end."""
        return (self.public_base_url or self.local_base_url).rstrip("/")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read every `LEADYARD_…` variable; an empty one counts as absent.

        Raises SettingsError for the first value that cannot be used.
        """
        reader = _Reader(environment)
        return cls(
            database_url=reader.get("DATABASE_URL", values.database_url, None),
            data_dir=reader.get("DATA_DIR", values.data_dir, None) or default_data_dir(environment),
            host=reader.get("HOST", values.host, "127.0.0.1"),
            port=reader.get("PORT", values.port, 8080),
            web_processes=reader.get("WEB_PROCESSES", values.process_count, values.default_web_processes()),
            worker_processes=reader.get("WORKER_PROCESSES", values.process_count, 1),
            allowed_networks=reader.get("ALLOWED_NETWORKS", values.networks, ()),
            trusted_proxies=reader.get("TRUSTED_PROXIES", values.networks, ()),
            secret_key=reader.get("SECRET_KEY", values.secret_key, None),
            log_level=reader.get("LOG_LEVEL", values.log_level, "info"),
            log_json=reader.get("LOG_JSON", values.yes_or_no, False),
            public_base_url=reader.get("PUBLIC_BASE_URL", values.base_url, None),
            dns_resolvers=reader.get("DNS_RESOLVERS", values.name_servers, ()),
            country_database=reader.get("COUNTRY_DATABASE", values.data_dir, None),
            disposable_domains=reader.get("DISPOSABLE_DOMAINS", values.list_file, None),
            data_centre_networks=reader.get("DATA_CENTRE_NETWORKS", values.list_file, None),
            keep_sent_days=reader.get("KEEP_SENT_DAYS", values.days, 30),
            keep_traces_days=reader.get("KEEP_TRACES_DAYS", values.days, 400),
            leaddyno_requests_per_minute=reader.get(
                "LEADDYNO_REQUESTS_PER_MINUTE", values.requests_per_minute, 200
            ),
        )

    def to_environment(self) -> dict[str, str]:
        """Return variables from which `from_environment` builds these settings again."""
        texts = {
            "DATABASE_URL": self.database_url,
            "DATA_DIR": str(self.data_dir),
            "HOST": self.host,
            "PORT": str(self.port),
            "WEB_PROCESSES": str(self.web_processes),
            "WORKER_PROCESSES": str(self.worker_processes),
            "ALLOWED_NETWORKS": ",".join(map(str, self.allowed_networks)),
            "TRUSTED_PROXIES": ",".join(map(str, self.trusted_proxies)),
            "SECRET_KEY": self.secret_key,
            "LOG_LEVEL": self.log_level,
            "LOG_JSON": "true" if self.log_json else "false",
            "PUBLIC_BASE_URL": self.public_base_url,
            "DNS_RESOLVERS": ",".join(values.socket_name(*each) for each in self.dns_resolvers),
            "COUNTRY_DATABASE": None if self.country_database is None else str(self.country_database),
            "DISPOSABLE_DOMAINS": str(self.disposable_domains or ""),
            "DATA_CENTRE_NETWORKS": str(self.data_centre_networks or ""),
            "KEEP_SENT_DAYS": str(self.keep_sent_days),
            "KEEP_TRACES_DAYS": str(self.keep_traces_days),
            "LEADDYNO_REQUESTS_PER_MINUTE": str(self.leaddyno_requests_per_minute),
        }
        return {f"LEADYARD_{name}": text or "" for name, text in texts.items()}

    @property
    def vault(self) -> Vault:
        """The keys that protect secrets in the database; none before `with_secret_key` when none was set."""
        return Vault.of(self.secret_key)

    def with_secret_key(self) -> Self:
        """Return these settings with a secret key, made and kept in `data_dir` when none was set."""
        if self.secret_key is not None:
            return self
        return msgspec.structs.replace(self, secret_key=load_or_create_secret_key(self.data_dir))


def default_data_dir(environment: Mapping[str, str]) -> Path:
    """Return where data goes unless the operator says otherwise: the system's place for root, else the user's."""
    if os.geteuid() == 0:
        return Path("/var/lib/leadyard")
    data_home = environment.get("XDG_DATA_HOME", "")
    if Path(data_home).is_absolute():
        return Path(data_home) / "leadyard"
    return Path.home() / ".local" / "share" / "leadyard"


def load_or_create_secret_key(data_dir: Path) -> str:
    """Return the key kept in `data_dir/secret.key`, making a random one (mode 600) at the first call.

    Safe for several processes at once: all of them get the same key. The file may hold several keys, as the setting
    may. Raises SettingsError for a file whose content is no key.
    """
    path = data_dir / "secret.key"
    if not path.exists():
        create_folder(data_dir)
        descriptor, draft = tempfile.mkstemp(prefix=".secret.key.", dir=data_dir)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            os.fsync(file.fileno())
        _publish_once(Path(draft), path)
    try:
        return values.secret_key(path.read_text().strip())
    except ValueError as error:
        raise SettingsError(f"{path} {error}.") from error


def _publish_once(draft: Path, path: Path) -> None:
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        return
    finally:
        draft.unlink()


class _Reader:
    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def get(self, name: str, parse: Callable[[str], Value], default: Default) -> Value | Default:
        variable = f"LEADYARD_{name}"
        text = self._environment.get(variable, "").strip()
        if not text:
            return default
        try:
            return parse(text)
        except ValueError as error:
            raise SettingsError(f"{variable} {error}.") from error

"""PostgreSQL from a Python package, started under a data directory when no server of the operator's is named."""

from leadyard.storage.embedded.errors import EmbeddedPostgresError
from leadyard.storage.embedded.server import EmbeddedPostgres
from leadyard.storage.embedded.session import open_database

__all__ = ["EmbeddedPostgres", "EmbeddedPostgresError", "open_database"]

"""What all table definitions share."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

REFERENCE_TABLES = frozenset({"accounts", "workers", "secret_keys", "alembic_version"})
"""Tables without a tenant: small, and the same on every node of a distributed database."""


def moment(name: str, *, nullable: bool = False, now: bool = False) -> sa.Column[Any]:
    """Define a column that holds an instant."""
    default = sa.text("now()") if now else None
    return sa.Column(name, TIMESTAMP(timezone=True), nullable=nullable, server_default=default)


def number(name: str, *, nullable: bool = False, default: int | None = None) -> sa.Column[Any]:
    """Define a whole-number column: an id, a count, or micro-units of money."""
    server_default = None if default is None else sa.text(str(default))
    return sa.Column(
        name, sa.BigInteger, nullable=nullable, server_default=server_default, autoincrement=False
    )


def small(name: str, *, nullable: bool = False, default: int | None = None) -> sa.Column[Any]:
    """Define a column for a small enumeration, whose values stand in the model that uses it."""
    server_default = None if default is None else sa.text(str(default))
    return sa.Column(
        name, sa.SmallInteger, nullable=nullable, server_default=server_default, autoincrement=False
    )


def text(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    """Define a text column."""
    return sa.Column(name, sa.Text, nullable=nullable)


def document(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    """Define a JSON document whose shape is a Struct of the room that owns the table."""
    return sa.Column(name, JSONB, nullable=nullable)


def tenant(name: str, *parts: Any, key: tuple[str, ...] = ("id",), **options: Any) -> sa.Table:
    """Define a table of tenant rows, keyed by account first."""
    return sa.Table(
        name,
        metadata,
        sa.Column("account_id", sa.BigInteger, nullable=False, autoincrement=False),
        *parts,
        sa.PrimaryKeyConstraint("account_id", *key),
        **options,
    )


def belongs_to(table: str, column: str, *, target: str = "id") -> sa.ForeignKeyConstraint:
    """Define a foreign key inside the tenant."""
    return sa.ForeignKeyConstraint(["account_id", column], [f"{table}.account_id", f"{table}.{target}"])

"""Rows of the account's own fields of affiliates."""

import msgspec

from leadyard.affiliates.affiliates.inputs import FieldRecord, FieldSettings
from leadyard.storage.database import Connection, Row

_COLUMNS = "id, name, settings, created_at"
_FIND = f"SELECT {_COLUMNS} FROM affiliate_fields WHERE account_id = $1 AND id = $2"
_BY_NAME = f"SELECT {_COLUMNS} FROM affiliate_fields WHERE account_id = $1 AND name = $2"
_ALL = f"SELECT {_COLUMNS} FROM affiliate_fields WHERE account_id = $1 ORDER BY id"
_INSERT = """
INSERT INTO affiliate_fields (account_id, id, name, settings, created_at) VALUES ($1, $2, $3, $4, $5)
"""
_UPDATE = "UPDATE affiliate_fields SET name = $3, settings = $4 WHERE account_id = $1 AND id = $2"
_DELETE = "DELETE FROM affiliate_fields WHERE account_id = $1 AND id = $2"


async def fields_of(connection: Connection, account_id: int) -> list[FieldRecord]:
    """Give all fields in order of id."""
    return [_field_of(row) for row in await connection.fetch(_ALL, account_id)]


async def find(connection: Connection, account_id: int, field_id: int) -> FieldRecord | None:
    """Find a field by its id."""
    return _one(await connection.fetchrow(_FIND, account_id, field_id))


async def by_name(connection: Connection, account_id: int, name: str) -> FieldRecord | None:
    """Find a field by its name."""
    return _one(await connection.fetchrow(_BY_NAME, account_id, name))


async def insert(connection: Connection, account_id: int, field: FieldRecord) -> None:
    """Write a new field."""
    settings = _settings_of(field)
    await connection.execute(_INSERT, account_id, field.id, field.name, settings, field.created_at)


async def update(connection: Connection, account_id: int, field: FieldRecord) -> None:
    """Overwrite a field."""
    await connection.execute(_UPDATE, account_id, field.id, field.name, _settings_of(field))


async def delete(connection: Connection, account_id: int, field_id: int) -> None:
    """Take a field away."""
    await connection.execute(_DELETE, account_id, field_id)


def _settings_of(field: FieldRecord) -> FieldSettings:
    return FieldSettings(**{name: getattr(field, name) for name in FieldSettings.__struct_fields__})


def _one(row: Row | None) -> FieldRecord | None:
    return None if row is None else _field_of(row)


def _field_of(row: Row) -> FieldRecord:
    settings = msgspec.convert(row["settings"], FieldSettings)
    return FieldRecord(
        id=row["id"], name=row["name"], created_at=row["created_at"], **msgspec.structs.asdict(settings)
    )

"""The rows of an import (docs/leaddyno.md, "Calls")."""

from collections.abc import Mapping
from typing import Any

from leadyard.dialects.leaddyno.call import Call
from leadyard.dialects.leaddyno.params import BLANK, INVALID, Params
from leadyard.dialects.leaddyno.refusals import TooManyRowsError
from leadyard.kit.errors import InvalidInputError

MOST_ROWS = 1000


def imported_rows(call: Call, name: str) -> list[Any]:
    """Give the array of an import, in the body's place or under its name; raises InvalidInputError, TooManyRowsError."""
    rows = call.rows if call.rows is not None else call.members.get(name)
    if rows is None or (isinstance(rows, str) and not rows.strip()):
        raise InvalidInputError.of(name, BLANK)
    if not isinstance(rows, list):
        raise InvalidInputError.of(name, INVALID)
    if len(rows) > MOST_ROWS:
        raise TooManyRowsError(f"{name} has more than {MOST_ROWS} rows")
    return rows


def row_params(row: Any, name: str) -> Params:
    """Read one row; raises InvalidInputError for what is no object."""
    if not isinstance(row, Mapping):
        raise InvalidInputError.of(name, INVALID)
    return Params(row)

"""Names of files: filled from the delivery's template, safe on every server, with the ending of their format."""

import re
from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from leadyard.delivery.filling import fill_line
from leadyard.delivery.kinds import FileSettings

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST = 120

MEDIA_TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}


def file_values(slot: datetime, zone: ZoneInfo, number: int, rows: int) -> dict[str, str]:
    """Give what a name may say of a file: date and time of its schedule in the account's zone, number, rows."""
    local = slot.astimezone(zone)
    return {
        "file.date": local.strftime("%Y-%m-%d"),
        "file.time": local.strftime("%H%M"),
        "file.number": str(number),
        "file.rows": str(rows),
    }


def file_name(settings: FileSettings, values: Mapping[str, str], copy: int) -> str:
    """Name a file; `copy` counts from 1 and tells files apart whose template gives the same name."""
    ending = f".{settings.format}"
    stem = _UNSAFE.sub("_", fill_line(settings.name, values)).removesuffix(ending).strip("._-")
    stem = stem[:_LONGEST] or "leads"
    return f"{stem}{ending}" if copy == 1 else f"{stem}-{copy}{ending}"

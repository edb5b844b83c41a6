"""Rules of the tests, read from their JSON form."""

from typing import Any

from leadyard.kit.documents import read
from leadyard.routing.rules import Rule


def when(operand: str, operator: str, value: object = None, **more: Any) -> Rule:
    """A rule of one condition."""
    document = {"operand": operand, "operator": operator, **more}
    if value is not None:
        document["value"] = value
    return read(document, Rule)

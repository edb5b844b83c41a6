"""Value lists as documents: what operators send and see, and what one must satisfy."""

from datetime import datetime
from hashlib import blake2b
from typing import Annotated

import msgspec
from msgspec import Meta

from leadyard.campaigns.model import Status
from leadyard.kit.documents import text_problem
from leadyard.kit.errors import FieldProblem
from leadyard.routing.rules.lists import LONGEST_ENTRY, LONGEST_LIST, normal_entries
from leadyard.routing.rules.model import Scalar


class ValueListInput(msgspec.Struct, frozen=True, kw_only=True):
    """A list of values that rules name by its reference, unique in any case.

    The values come as a JSON array or as lines of text. They replace those that the list had; without either it keeps
    them.
    """

    reference: Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
    name: Annotated[str, Meta(max_length=255)] = ""
    status: Status = Status.ACTIVE
    values: Annotated[
        list[Scalar] | None, Meta(description="At most 100,000 values; never shown with the list.")
    ] = None
    lines: Annotated[str | None, Meta(description="The values as text, one on a line.")] = None

    @property
    def entries(self) -> list[str] | None:
        """Give the values in normal form, each once; None when the list is to keep its own."""
        if self.values is not None:
            return normal_entries(self.values)
        return None if self.lines is None else normal_entries(self.lines.splitlines())


class ValueListRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A value list as it stands; its digest changes with its values."""

    id: int
    reference: str
    name: str
    status: Status
    size: Annotated[int, Meta(description="How many values it has.")]
    digest: str
    created_at: datetime
    updated_at: datetime


class ValueListValues(msgspec.Struct, frozen=True):
    """The values of a list in the form in which they are compared: lower case, each once, in order."""

    values: tuple[str, ...]


def value_list_problems(wanted: ValueListInput) -> list[FieldProblem]:
    """Name what is wrong with the values of a list."""
    if wanted.values is not None and wanted.lines is not None:
        return [FieldProblem("lines", "cannot stand beside values")]
    member = "lines" if wanted.lines is not None else "values"
    trouble = text_problem(wanted.lines or "\n".join(str(value) for value in wanted.values or ()))
    if trouble is not None:
        return [FieldProblem(member, trouble)]
    entries = wanted.entries or []
    if len(entries) > LONGEST_LIST:
        return [FieldProblem(member, f"must have at most {LONGEST_LIST} values")]
    if any(len(entry) > LONGEST_ENTRY for entry in entries):
        return [FieldProblem(member, f"must have at most {LONGEST_ENTRY} characters each")]
    return []


def digest_of(text: str) -> str:
    """Give the digest by which processes tell whether they hold the values of a list."""
    return blake2b(text.encode(), digest_size=16).hexdigest()

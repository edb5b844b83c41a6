"""Errors that every room may raise; each dialect maps them to its own words and codes."""

from collections.abc import Sequence

import msgspec


class FieldProblem(msgspec.Struct, frozen=True):
    """What is wrong with one member of a request: its dotted path and a sentence."""

    field: str
    detail: str


class LeadyardError(Exception):
    """A refusal with a message for the person who reads it."""


class NotFoundError(LeadyardError):
    """The thing does not exist in this account."""


class InvalidInputError(LeadyardError):
    """A request whose members are wrong; carries every problem found."""

    def __init__(self, problems: list[FieldProblem]) -> None:
        """Keep the problems, worded for the caller."""
        super().__init__("; ".join(f"{p.field}: {p.detail}" for p in problems))
        self.problems = problems

    @classmethod
    def of(cls, field: str, detail: str) -> "InvalidInputError":
        """Make the error for a single member."""
        return cls([FieldProblem(field, detail)])


class ConflictError(LeadyardError):
    """Unique values that are taken, or a change that its state forbids; `field` and `detail` are the first's."""

    def __init__(self, field: str, detail: str, more: Sequence[FieldProblem] = ()) -> None:
        """Name the member that clashes, and those that clash as well."""
        self.problems = [FieldProblem(field, detail), *more]
        super().__init__("; ".join(f"{problem.field} {problem.detail}" for problem in self.problems))
        self.field = field
        self.detail = detail


class DeniedError(LeadyardError):
    """The caller is known but lacks the permission it names."""

    def __init__(self, permission: str) -> None:
        """Name the permission that is missing."""
        super().__init__(f"Permission denied: {permission}")
        self.permission = permission


class UnavailableError(LeadyardError):
    """The database cannot be reached just now; nothing was accepted."""

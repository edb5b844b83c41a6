"""Bounds and errors of the template language."""

TEMPLATE_LIMIT = 65_536
VALUE_LIMIT = 65_536
OUTPUT_LIMIT = 1_048_576
FILTERS_LIMIT = 16
PLACEHOLDERS_LIMIT = 2000


class TemplateError(ValueError):
    """A template that cannot be used; `position` counts characters from 0, None when no single place is wrong."""

    def __init__(self, detail: str, position: int | None = None) -> None:
        """Say what is wrong and where."""
        super().__init__(detail if position is None else f"{detail} (at character {position + 1})")
        self.detail = detail
        self.position = position


class UnfitValueError(TemplateError):
    """A lead's value that cannot stand where the template puts it: too long, or breaking out of its place."""

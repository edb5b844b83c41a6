"""Templates whose every placeholder knows the place it stands in, and so the escape that keeps it there."""

from collections.abc import Callable, Iterable, Mapping

from leadyard.delivery.templates import Template
from leadyard.delivery.templates.language import Escape, Expression, join_parts

Part = str | tuple[Expression, Escape]


class Placed:
    """Literal texts and escaped expressions in turn, ready to be filled in."""

    __slots__ = ("names", "parts", "static")

    def __init__(self, parts: Iterable[Part], names: frozenset[str]) -> None:
        """Merge neighbouring literals; `names` are all the names that are read."""
        merged: list[Part] = []
        for part in parts:
            if isinstance(part, str) and merged and isinstance(merged[-1], str):
                merged[-1] += part
            else:
                merged.append(part)
        self.parts = tuple(merged)
        self.names = names
        self.static = all(isinstance(part, str) for part in merged)

    def render(self, values: Mapping[str, str]) -> str:
        """Fill in the values; UnfitValueError when one does not fit its place."""
        return join_parts(
            [part if isinstance(part, str) else part[1](part[0](values)) for part in self.parts]
        )

    def sample(self, text: str) -> str:
        """Fill every placeholder with one text, as if each filter had given it: shows whether the structure holds."""
        return "".join(part if isinstance(part, str) else part[1](text) for part in self.parts)


def placed(template: Template, escape: Escape, literal: Callable[[str], str] | None = None) -> Placed:
    """Put a whole template into one kind of place; `literal` treats the operator's own text, by default alike."""
    write = literal or escape
    parts: list[Part] = [write(part) if isinstance(part, str) else (part, escape) for part in template.parts]
    return Placed(parts, template.names)


def concatenated(pieces: Iterable[str | Placed]) -> Placed:
    """Join literals and placed templates into one."""
    parts: list[Part] = []
    names: set[str] = set()
    for piece in pieces:
        if isinstance(piece, str):
            parts.append(piece)
        else:
            parts.extend(piece.parts)
            names |= piece.names
    return Placed(parts, frozenset(names))

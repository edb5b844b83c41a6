"""Compiles `{{ firstname | upper ~ " " ~ lastname }}` into plain functions from values to text.

A placeholder joins terms with `~`; a term is a name or a quoted literal followed by filters, which bind tighter
than `~`. Compiling and rendering take time linear in the text; a template can only read the values it is given.
"""

import re
from collections.abc import Callable, Mapping

from leadyard.delivery.templates.filters import Filter, build_filter
from leadyard.delivery.templates.limits import (
    FILTERS_LIMIT,
    OUTPUT_LIMIT,
    PLACEHOLDERS_LIMIT,
    TEMPLATE_LIMIT,
    VALUE_LIMIT,
    TemplateError,
    UnfitValueError,
)

Escape = Callable[[str], str]
Expression = Callable[[Mapping[str, str]], str]

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<end>\}\})
    | (?P<word>[A-Za-z0-9_][A-Za-z0-9_.-]*)
    | (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<mark>[|~:,])
    )""",
    re.VERBOSE | re.DOTALL,
)
_BACKSLASH = re.compile(r"\\(.)", re.DOTALL)
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t"}


class Template:
    """A compiled template: literal texts and expressions in turn."""

    __slots__ = ("names", "parts")

    def __init__(self, parts: tuple[str | Expression, ...], names: frozenset[str]) -> None:
        """Keep what the compiler found; `names` are all the names that it reads."""
        self.parts = parts
        self.names = names

    @property
    def static(self) -> bool:
        """Tell whether the template is the same text for every lead."""
        return all(isinstance(part, str) for part in self.parts)

    def render(self, values: Mapping[str, str], escape: Escape) -> str:
        """Fill in the values, each escaped; a name without a value is empty.

        Raises UnfitValueError when a value or the whole grows past its limit.
        """
        return join_parts([part if isinstance(part, str) else escape(part(values)) for part in self.parts])


def join_parts(parts: list[str]) -> str:
    """Join rendered parts, refusing a result beyond the limit before it is built."""
    if sum(map(len, parts)) > OUTPUT_LIMIT:
        raise UnfitValueError(f"The filled template is longer than {OUTPUT_LIMIT} characters")
    return "".join(parts)


def compile_template(text: str) -> Template:
    """Compile a template; TemplateError names what is wrong and the character where it stands."""
    if len(text) > TEMPLATE_LIMIT:
        raise TemplateError(f"The template is longer than {TEMPLATE_LIMIT} characters", TEMPLATE_LIMIT)
    parts: list[str | Expression] = []
    names: set[str] = set()
    position = 0
    while (start := text.find("{{", position)) >= 0:
        if start > position:
            parts.append(text[position:start])
        reader = _Reader(text, start + 2, start, names)
        parts.append(reader.expression())
        position = reader.position
        if len(parts) > PLACEHOLDERS_LIMIT:
            raise TemplateError("The template has too many placeholders", start)
    if position < len(text):
        parts.append(text[position:])
    return Template(tuple(parts), frozenset(names))


class _Reader:
    """Reads one placeholder from after its opening braces to after its closing ones."""

    def __init__(self, text: str, position: int, opened: int, names: set[str]) -> None:
        self.text = text
        self.position = position
        self._opened = opened
        self._names = names
        self._start = position
        self._kind = ""
        self._token = ""
        self._advance()

    def _advance(self) -> None:
        match = _TOKEN.match(self.text, self.position)
        if match is None:
            rest = self.text[self.position :].lstrip()
            if not rest:
                raise TemplateError("The placeholder is not closed with }}", self._opened)
            if rest[0] in "\"'":
                raise TemplateError("The quoted text is not closed", len(self.text) - len(rest))
            raise TemplateError(f"Unexpected character {rest[0]!r}", len(self.text) - len(rest))
        self._kind = match.lastgroup or ""
        self._token = match.group(self._kind)
        self._start = match.start(self._kind)
        self.position = match.end()

    def _at(self, mark: str) -> bool:
        return self._kind == "mark" and self._token == mark

    def expression(self) -> Expression:
        terms = [self._term()]
        while self._at("~"):
            self._advance()
            terms.append(self._term())
        if self._kind != "end":
            raise TemplateError(f"Unexpected {self._token!r}", self._start)
        return terms[0] if len(terms) == 1 else _joined(tuple(terms))

    def _term(self) -> Expression:
        source = self._atom()
        filters: list[Filter] = []
        while self._at("|"):
            self._advance()
            filters.append(self._filter())
        if len(filters) > FILTERS_LIMIT:
            raise TemplateError(f"More than {FILTERS_LIMIT} filters in a row", self._start)
        return _piped(source, tuple(filters)) if filters else source

    def _atom(self) -> Expression:
        kind, token, start = self._kind, self._token, self._start
        if kind == "word":
            self._names.add(token)
            self._advance()
            return _named(token)
        if kind == "text":
            self._advance()
            return _literal(_unquoted(token))
        raise TemplateError("Expected a name or a quoted text", start)

    def _filter(self) -> Filter:
        name, start = self._token, self._start
        if self._kind != "word":
            raise TemplateError("Expected the name of a filter", start)
        self._advance()
        arguments: list[str] = []
        if self._at(":"):
            self._advance()
            arguments.append(self._argument())
            while self._at(","):
                self._advance()
                arguments.append(self._argument())
        return build_filter(name, arguments, start)

    def _argument(self) -> str:
        kind, token, start = self._kind, self._token, self._start
        if kind not in {"word", "text"}:
            raise TemplateError("Expected a value for the filter", start)
        self._advance()
        return _unquoted(token) if kind == "text" else token


def _unquoted(token: str) -> str:
    return _BACKSLASH.sub(lambda match: _CONTROLS.get(match[1], match[1]), token[1:-1])


def _named(name: str) -> Expression:
    def read(values: Mapping[str, str]) -> str:
        text = values.get(name, "")
        if len(text) > VALUE_LIMIT:
            raise UnfitValueError(f"The value of {name} is longer than {VALUE_LIMIT} characters")
        return text

    return read


def _literal(text: str) -> Expression:
    return lambda _values: text


def _piped(source: Expression, filters: tuple[Filter, ...]) -> Expression:
    def run(values: Mapping[str, str]) -> str:
        text = source(values)
        for apply in filters:
            text = apply(text)
            if len(text) > VALUE_LIMIT:
                raise UnfitValueError(f"A filtered value is longer than {VALUE_LIMIT} characters")
        return text

    return run


def _joined(terms: tuple[Expression, ...]) -> Expression:
    return lambda values: join_parts([term(values) for term in terms])

"""Reads one value out of XML by a path such as `//Result/Code` or `/Envelope/Body/Item[2]/@id`; a subset of XPath.

Prefixes of namespaces are ignored on both sides. Document types are refused, and with them all entities; a tree that
is deeper than 100 elements counts as unreadable. Finding takes time linear in the tree for each step of the path.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from xml.parsers import expat

_DEEPEST = 100
_MOST_STEPS = 20
_STEP = re.compile(
    r"""(?P<slashes>//|/)
        (?:@(?P<attribute>[\w.:-]+) | (?P<text>text\(\)) | (?P<name>\*|[\w.:-]+))
        (?P<filters>(?:\[[^\[\]]*\])*)""",
    re.VERBOSE,
)
_FILTER = re.compile(
    r"""\[\s*(?:(?P<place>[1-9][0-9]{0,5})|(?P<name>@?[\w.:-]+)\s*=\s*(?:"(?P<one>[^"]*)"|'(?P<other>[^']*)'))\s*\]""",
    re.VERBOSE,
)


class XmlPathError(ValueError):
    """A path that is not of the supported form."""


class Element:
    """One element: its name without prefix, its attributes, and what stands in it."""

    __slots__ = ("attributes", "children", "name", "parts")

    def __init__(self, name: str, attributes: dict[str, str]) -> None:
        """Begin an element that holds nothing yet."""
        self.name = name
        self.attributes = attributes
        self.children: list[Element] = []
        self.parts: list[str | Element] = []

    def text(self) -> str:
        """Give all text inside, without the blanks around it."""
        found: list[str] = []
        waiting: list[str | Element] = [self]
        while waiting:
            part = waiting.pop()
            if isinstance(part, str):
                found.append(part)
            else:
                waiting.extend(reversed(part.parts))
        return "".join(found).strip()


class _Filter(NamedTuple):
    place: int
    name: str
    value: str


class _Step(NamedTuple):
    anywhere: bool
    name: str
    attribute: str
    filters: tuple[_Filter, ...]


XmlPath = tuple[_Step, ...]


def compile_path(path: str) -> XmlPath:
    """Read a path; one that does not begin with a slash is looked for anywhere, as if it began with `//`."""
    text = path.strip()
    text = text if text.startswith("/") else f"//{text}"
    steps: list[_Step] = []
    position = 0
    while position < len(text):
        match = _STEP.match(text, position)
        if match is None or (steps and not steps[-1].name):
            raise XmlPathError(f"is not an XML path: unexpected {text[position : position + 10]!r}")
        if not match["text"]:
            steps.append(
                _Step(
                    match["slashes"] == "//",
                    _local(match["name"] or ""),
                    _local(match["attribute"] or ""),
                    _filters(match["filters"]),
                )
            )
        elif match.end() < len(text):
            raise XmlPathError("is not an XML path: text() may only stand at its end")
        position = match.end()
    if not 1 <= len(steps) <= _MOST_STEPS:
        raise XmlPathError(f"is not an XML path of 1 to {_MOST_STEPS} steps")
    return tuple(steps)


def parse(body: str) -> Element | None:
    """Read a document; None when it is not XML, has a document type, or is too deep."""
    start = body.lstrip("\ufeff \t\r\n")
    return _Builder().built(start) if start.startswith("<") else None


def find(document: Element | None, path: XmlPath) -> str | None:
    """Give the text of the first element, or the attribute, that the path leads to; None when there is none."""
    if document is None:
        return None
    root = Element("", {})
    root.children = [document]
    nodes = [root]
    for step in path:
        if step.attribute:
            inside = _below(nodes) if step.anywhere else nodes
            return next(
                (n.attributes[step.attribute] for n in inside if step.attribute in n.attributes), None
            )
        nodes = _next(nodes, step)
    return nodes[0].text() if nodes else None


def fault(document: Element | None) -> str | None:
    """Put the fault of a SOAP 1.1 or 1.2 answer into words; None when the answer is none."""
    if document is None or find(document, _FAULT) is None:
        return None
    code = find(document, _CODE_1) or find(document, _CODE_2) or "without a code"
    words = find(document, _WORDS_1) or find(document, _WORDS_2) or ""
    return f"SOAP fault {code}: {words}" if words else f"SOAP fault {code}"


def _next(nodes: Iterable[Element], step: _Step) -> list[Element]:
    found: dict[int, Element] = {}
    parents = _with_below(nodes) if step.anywhere else nodes
    for parent in parents:
        named = [child for child in parent.children if step.name in ("*", child.name)]
        for each in step.filters:
            named = [child for place, child in enumerate(named, 1) if _passes(child, place, each)]
        for child in named:
            found.setdefault(id(child), child)
    return list(found.values())


def _passes(element: Element, place: int, wanted: _Filter) -> bool:
    if wanted.place:
        return place == wanted.place
    if wanted.name.startswith("@"):
        return element.attributes.get(wanted.name[1:]) == wanted.value
    return any(child.name == wanted.name and child.text() == wanted.value for child in element.children)


def _with_below(nodes: Iterable[Element]) -> Iterator[Element]:
    """Give elements and all that stands below them, in order and each once."""
    seen: set[int] = set()
    for node in nodes:
        waiting = [node]
        while waiting:
            element = waiting.pop()
            if id(element) not in seen:
                seen.add(id(element))
                yield element
                waiting.extend(reversed(element.children))


def _below(nodes: Iterable[Element]) -> Iterator[Element]:
    return _with_below(child for node in nodes for child in node.children)


def _filters(text: str) -> tuple[_Filter, ...]:
    filters: list[_Filter] = []
    position = 0
    while position < len(text):
        match = _FILTER.match(text, position)
        if match is None:
            raise XmlPathError(f"is not an XML path: unexpected {text[position : position + 10]!r}")
        name = match["name"] or ""
        name = f"@{_local(name[1:])}" if name.startswith("@") else _local(name)
        filters.append(_Filter(int(match["place"] or 0), name, match["one"] or match["other"] or ""))
        position = match.end()
    return tuple(filters)


def _local(name: str) -> str:
    return name.rpartition(":")[2]


class _UnreadableError(Exception):
    pass


class _Builder:
    """Builds the tree of one document."""

    def __init__(self) -> None:
        self._root: Element | None = None
        self._open: list[Element] = []

    def built(self, text: str) -> Element | None:
        parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._refuse
        parser.EntityDeclHandler = self._refuse
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        try:
            parser.Parse(text.encode(errors="replace"), True)
        except (expat.ExpatError, _UnreadableError):
            return None
        return self._root

    def _refuse(self, *_arguments: object) -> None:
        raise _UnreadableError

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._open) >= _DEEPEST:
            raise _UnreadableError
        element = Element(_local(name), {_local(key): value for key, value in attributes.items()})
        if self._open:
            self._open[-1].children.append(element)
            self._open[-1].parts.append(element)
        else:
            self._root = element
        self._open.append(element)

    def _end(self, _name: str) -> None:
        self._open.pop()

    def _text(self, text: str) -> None:
        self._open[-1].parts.append(text)


_FAULT = compile_path("/Envelope/Body/Fault")
_CODE_1, _WORDS_1 = compile_path("//Fault/faultcode"), compile_path("//Fault/faultstring")
_CODE_2, _WORDS_2 = compile_path("//Fault/Code/Value"), compile_path("//Fault/Reason/Text")

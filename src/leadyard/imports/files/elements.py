"""Elements of a large XML part one by one; what is behind is forgotten."""

from collections.abc import Iterator
from typing import cast
from xml.etree.ElementTree import Element, iterparse

from leadyard.imports.files.archives import GuardedXml
from leadyard.imports.files.model import MOST_COLUMNS, ImportFileError

_MOST_INSIDE = 16 * MOST_COLUMNS
"""A cell is an element with a few inside."""
_DEEPEST = 64


def finished(source: GuardedXml, *tags: str) -> Iterator[Element]:
    """Give each element of these tags when it is complete; raises ImportFileError for one of too many parts."""
    path: list[Element] = []
    wanted: Element | None = None
    inside = 0
    events = iterparse(source, ("start", "end"))  # noqa: S314 - the source refuses what expands
    for event, element in cast("Iterator[tuple[str, Element]]", events):
        if event == "start":
            path.append(element)
            if len(path) > _DEEPEST:
                raise ImportFileError("The workbook is nested too deeply")
            if wanted is None and element.tag in tags:
                wanted, inside = element, 0
            continue
        path.pop()
        inside += 1
        if inside > _MOST_INSIDE and wanted is not None:
            raise ImportFileError(f"The workbook has a row of more than {MOST_COLUMNS} cells")
        if wanted is element:
            wanted = None
            yield element
        if wanted is None and path:
            del path[-1][:]

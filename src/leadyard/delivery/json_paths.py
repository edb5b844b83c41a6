"""Reads one value out of JSON by a path such as `$.result.items[0].code`; a small, linear subset of JSONPath."""

import json
import re

_STEP = re.compile(r"""\.?(?:([^.\[\]"'$\s][^.\[\]"'\s]*)|\[(\d{1,6})\]|\['([^']*)'\]|\["([^"]*)"\])""")
_DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)


class JsonPathError(ValueError):
    """A path that is not of the supported form."""


class MissingType:
    """Stands for a value that the path does not lead to, as opposed to null."""


MISSING = MissingType()
Steps = tuple[str | int, ...]


def compile_path(path: str) -> Steps:
    """Read a path: names after dots, [n] for places in lists, ['a name'] for names with dots in them."""
    text = path.strip()
    position = 1 if text.startswith("$") else 0
    steps: list[str | int] = []
    while position < len(text):
        match = _STEP.match(text, position)
        if match is None or (match[1] is not None and steps and text[position] != "."):
            raise JsonPathError(f"is not a JSON path: unexpected {text[position : position + 10]!r}")
        name = next((group for group in (match[1], match[3], match[4]) if group is not None), None)
        steps.append(int(match[2]) if name is None else name)
        position = match.end()
    return tuple(steps)


def parse(body: str) -> object:
    """Read a JSON document, numbers as they are written; MISSING when it is none."""
    try:
        return _DECODER.decode(body)
    except (ValueError, RecursionError):
        return MISSING


def find(document: object, steps: Steps) -> object:
    """Follow the steps; MISSING when they lead nowhere."""
    for step in steps:
        if isinstance(step, str) and isinstance(document, dict):
            document = document.get(step, MISSING)
        elif isinstance(step, int) and isinstance(document, list) and step < len(document):
            document = document[step]
        else:
            return MISSING
    return document


def as_text(value: object) -> str | None:
    """Write a found value as text; None for what is missing or null."""
    if value is None or value is MISSING:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value)

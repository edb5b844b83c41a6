"""Bodies of requests: form, JSON, XML and text, built so that no value can change their structure."""

import json
from collections.abc import Sequence
from typing import Literal
from xml.parsers import expat

from leadyard.delivery.templates import Template, TemplateError
from leadyard.delivery.templates.escapes import (
    as_json_value,
    in_form,
    in_json_string,
    in_xml_attribute,
    in_xml_cdata,
    in_xml_text,
    verbatim,
)
from leadyard.delivery.templates.language import Escape
from leadyard.delivery.transports.http.placing import Part, Placed, concatenated, placed

_SAMPLES = ("x", "1", "")
_Tree = dict[str, "Placed | _Tree"]

_XmlMode = Literal["text", "tag", '"', "'", "cdata", "other"]
_OPENINGS: tuple[tuple[str, _XmlMode], ...] = (
    ("<![CDATA[", "cdata"),
    ("<!--", "other"),
    ("<?", "other"),
    ("<", "tag"),
)
_XML_ESCAPES: dict[str, Escape] = {
    "text": in_xml_text,
    '"': in_xml_attribute,
    "'": in_xml_attribute,
    "cdata": in_xml_cdata,
}


def form_body(fields: Sequence[tuple[str, Template]], escape: Escape = in_form) -> Placed:
    """Build `name=value&…` for a form body, or for a query with the escape of URLs."""
    pieces: list[str | Placed] = []
    for name, template in fields:
        pieces += [f"{'&' if pieces else ''}{escape(name)}=", placed(template, escape)]
    return concatenated(pieces)


def json_body(fields: Sequence[tuple[str, Template]]) -> Placed:
    """Build a JSON object of strings, nested where a name has dots.

    Raises TemplateError when a name is used twice, or is a value here and an object there.
    """
    tree: _Tree = {}
    for name, template in fields:
        *objects, last = name.split(".")
        node = tree
        for key in objects:
            below = node.setdefault(key, {})
            if isinstance(below, Placed):
                raise TemplateError(f"{key} is a value in one field and an object in another")
            node = below
        if last in node or not all((*objects, last)):
            raise TemplateError(f"{name} is used twice or has an empty part")
        node[last] = placed(template, in_json_string)
    return concatenated(_object(tree))


def _object(tree: _Tree) -> list[str | Placed]:
    pieces: list[str | Placed] = ["{"]
    for index, (key, value) in enumerate(tree.items()):
        pieces.append(f"{',' if index else ''}{json.dumps(key)}:")
        pieces += ['"', value, '"'] if isinstance(value, Placed) else _object(value)
    return [*pieces, "}"]


def json_template(template: Template) -> Placed:
    """Place a free JSON body: inside quotes a value is escaped, outside it is written as a whole JSON value."""
    parts: list[Part] = []
    quoted = False
    for part in template.parts:
        if isinstance(part, str):
            quoted = _quoted_after(part, quoted)
            parts.append(part)
        else:
            parts.append((part, in_json_string if quoted else as_json_value))
    body = Placed(parts, template.names)
    for sample in _SAMPLES:
        try:
            json.loads(body.sample(sample))
        except (ValueError, RecursionError) as error:
            detail = error.msg if isinstance(error, json.JSONDecodeError) else "it is nested too deeply"
            raise TemplateError(f"The filled template would not be JSON: {detail}") from None
    return body


def _quoted_after(text: str, quoted: bool) -> bool:
    position = 0
    while position < len(text):
        if text[position] == "\\" and quoted:
            position += 1
        elif text[position] == '"':
            quoted = not quoted
        position += 1
    return quoted


def text_template(template: Template) -> Placed:
    """Place a plain text body, which has no structure to protect."""
    return placed(template, verbatim)


def xml_template(template: Template) -> Placed:
    """Place an XML body: values may stand in text, in quoted attributes and in CDATA sections."""
    parts: list[Part] = []
    mode: _XmlMode = "text"
    for part in template.parts:
        if isinstance(part, str):
            mode = _mode_after(part, mode)
            parts.append(part)
        elif mode in _XML_ESCAPES:
            parts.append((part, _XML_ESCAPES[mode]))
        else:
            raise TemplateError("A placeholder may stand in text, a quoted attribute or CDATA, not in a tag")
    body = Placed(parts, template.names)
    for sample in _SAMPLES:
        _parse_xml(body.sample(sample))
    return body


def _mode_after(text: str, mode: _XmlMode) -> _XmlMode:
    """Follow the operator's XML through one literal and tell what the end of it is inside of."""
    position = 0
    while position < len(text):
        if mode == "text":
            start = text.find("<", position)
            if start < 0:
                return mode
            opening, mode = next(pair for pair in _OPENINGS if text.startswith(pair[0], start))
            position = start + len(opening)
        elif mode == "tag":
            character = text[position]
            mode = "text" if character == ">" else character if character in "\"'" else mode  # type: ignore[assignment]
            position += 1
        elif mode in {'"', "'"}:
            end = text.find(mode, position)
            mode, position = ("tag", end + 1) if end >= 0 else (mode, len(text))
        else:
            mode, position = _closed(text, position, mode)
    return mode


def _closed(text: str, position: int, mode: _XmlMode) -> tuple[_XmlMode, int]:
    closings = ("]]>",) if mode == "cdata" else ("-->", "?>")
    ends = [(text.find(closing, position), len(closing)) for closing in closings]
    found = [(end, length) for end, length in ends if end >= 0]
    if not found:
        return mode, len(text)
    end, length = min(found)
    return "text", end + length


def _parse_xml(text: str) -> None:
    parser = expat.ParserCreate("utf-8")
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.XmlDeclHandler = _refuse_other_encoding
    try:
        parser.Parse(text.encode(errors="replace"), True)
    except expat.ExpatError as error:
        raise TemplateError(
            f"The filled template would not be XML: {expat.ErrorString(error.code)}"
        ) from None


def _refuse_doctype(*_arguments: object) -> None:
    raise TemplateError("A document type is not allowed in the template")


def _refuse_other_encoding(_version: str, encoding: str | None, _standalone: int) -> None:
    if encoding is not None and encoding.lower() != "utf-8":
        raise TemplateError("The body is sent as UTF-8; the XML declaration names another encoding")

"""Escapes that keep a lead's value inside its place, one per place where a value can stand."""

import re
from json.encoder import encode_basestring_ascii
from urllib.parse import quote, quote_plus

from leadyard.delivery.templates.limits import UnfitValueError

_JSON_BARE = re.compile(r"-?(?:0|[1-9][0-9]{0,30})(?:\.[0-9]{1,30})?|true|false|null")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_XML_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}
_XML_TEXT = str.maketrans({**_XML_ENTITIES, "\r": "&#13;"})
_XML_ATTRIBUTE = str.maketrans({**_XML_ENTITIES, "\r": "&#13;", "\n": "&#10;", "\t": "&#9;"})
_XML_CDATA = str.maketrans({"]": "]]]><![CDATA[", ">": "]]><![CDATA[>", "\r": "\n"})
_NOT_HEADER = re.compile("[\x00-\x08\x0a-\x1f\x7f]")


def verbatim(text: str) -> str:
    """Leave a value as it is, for plain text bodies."""
    return text


def in_url(text: str) -> str:
    """Percent-encode a value for a path segment or a query value."""
    return quote(text, safe="", errors="replace")


def in_form(text: str) -> str:
    """Encode a value for application/x-www-form-urlencoded."""
    return quote_plus(text, errors="replace")


def in_json_string(text: str) -> str:
    """Escape a value for the inside of a quoted JSON string."""
    return encode_basestring_ascii(text)[1:-1]


def as_json_value(text: str) -> str:
    """Write a value that stands unquoted in JSON: a number, true, false or null as such, nothing as null, else a string."""
    if not text:
        return "null"
    return text if _JSON_BARE.fullmatch(text) else encode_basestring_ascii(text)


def in_xml_text(text: str) -> str:
    """Escape a value for XML character data; what XML 1.0 cannot hold becomes U+FFFD."""
    return _NOT_XML.sub("\ufffd", text).translate(_XML_TEXT)


def in_xml_attribute(text: str) -> str:
    """Escape a value for a quoted XML attribute."""
    return _NOT_XML.sub("\ufffd", text).translate(_XML_ATTRIBUTE)


def in_xml_cdata(text: str) -> str:
    """Escape a value for a CDATA section by closing and reopening it around what could end it.

    CDATA cannot hold a carriage return, so it becomes a line feed, as an XML reader would make of it anyway.
    """
    return _NOT_XML.sub("\ufffd", text).replace("\r\n", "\n").translate(_XML_CDATA)


def in_header(text: str) -> str:
    """Pass a header value; UnfitValueError for one with a line break or another control character."""
    if _NOT_HEADER.search(text):
        raise UnfitValueError("A header value would contain a line break or another control character")
    return text

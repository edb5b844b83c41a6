"""Fills the templates of deliveries that are not HTTP requests, and keeps values inside one line where they must."""

import re
from collections.abc import Mapping
from functools import lru_cache

from leadyard.delivery.templates import Template, compile_template
from leadyard.delivery.templates.escapes import in_xml_attribute, verbatim
from leadyard.delivery.templates.language import Escape

_BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


@lru_cache(maxsize=4096)
def compiled(text: str) -> Template:
    """Compile a template once; raises TemplateError."""
    return compile_template(text)


def fill(text: str, values: Mapping[str, str], escape: Escape = verbatim) -> str:
    """Fill a template, by default as plain text; raises TemplateError, UnfitValueError."""
    return storable(compiled(text).render(values, escape))


def fill_line(text: str, values: Mapping[str, str]) -> str:
    """Fill a template that must stay one line: line breaks and control characters become a blank."""
    return one_line(fill(text, values))


def fill_html(text: str, values: Mapping[str, str]) -> str:
    """Fill an HTML template; each value is escaped so that it stays text, also inside a quoted attribute."""
    return fill(text, values, _in_html)


def one_line(text: str) -> str:
    """Put a text on one line."""
    return _BREAKS.sub(" ", text).strip()


def storable(text: str) -> str:
    """Replace what no database text and no UTF-8 can hold."""
    return text.replace("\x00", "\ufffd").encode(errors="replace").decode()


def _in_html(text: str) -> str:
    # The XML escape also writes line breaks as character references, which HTML reads as the same breaks.
    return in_xml_attribute(text)

"""URLs of requests: the host is fixed by the operator, values may fill the path and the query."""

import re
from collections.abc import Mapping
from urllib.parse import quote

from yarl import URL

from leadyard.delivery.templates import Template, TemplateError, UnfitValueError, compile_template
from leadyard.delivery.templates.escapes import in_url
from leadyard.delivery.transports.http.bodies import form_body
from leadyard.delivery.transports.http.placing import Placed, concatenated, placed

_ORIGIN = re.compile(r"(https?)://([^/?#\s\\{}@]+)(?=[/?#]|$)", re.IGNORECASE)
_LITERALS = "/?&=:@!$'()*+,;~-._%"
_LONGEST = 16_384


class Address:
    """A compiled URL; one without placeholders is parsed once."""

    __slots__ = ("_dots_matter", "_fixed", "text")

    def __init__(self, text: Placed) -> None:
        """Take the whole URL as a placed template."""
        self.text = text
        self._fixed = URL(text.render({}), encoded=True) if text.static else None
        first = text.parts[0]
        self._dots_matter = isinstance(first, str) and "?" not in first

    def render(self, values: Mapping[str, str]) -> URL:
        """Fill in the values; UnfitValueError when they would climb out of their path segment."""
        if self._fixed is not None:
            return self._fixed
        text = self.text.render(values)
        if len(text) > _LONGEST:
            raise UnfitValueError(f"The filled URL is longer than {_LONGEST} characters")
        if self._dots_matter and {".", ".."} & set(text.partition("?")[0].split("/")):
            raise UnfitValueError("A value would turn a part of the URL's path into . or ..")
        return URL(text, encoded=True)


def compile_address(url: str, query: list[tuple[str, Template]]) -> Address:
    """Compile a URL and the fields that are added to its query; TemplateError tells what is wrong with it."""
    match = _ORIGIN.match(url)
    if match is None:
        raise TemplateError(
            "Must start with http:// or https:// and a host without placeholders, user or password"
        )
    if "#" in url.partition("{{")[0]:
        raise TemplateError("A fragment (#) is never sent; leave it out", url.index("#"))
    try:
        origin = URL(match[0].lower())
    except ValueError as error:
        raise TemplateError(f"The host is not usable: {error}") from None
    if not origin.host or (origin.port or 0) == 0:
        raise TemplateError("The host or the port is not usable")
    rest = _rest(url, match.end())
    pieces: list[str | Placed] = [str(origin).rstrip("/")]
    pieces += [rest] if url[match.end() : match.end() + 1] == "/" else ["/", rest]
    if query:
        asked = any(isinstance(part, str) and "?" in part for part in rest.parts)
        pieces += ["&" if asked else "?", form_body(query, in_url)]
    return Address(concatenated(pieces))


def _rest(url: str, start: int) -> Placed:
    """Compile path and query; errors point into the whole URL."""
    try:
        template = compile_template(url[start:])
    except TemplateError as error:
        raise TemplateError(error.detail, start + (error.position or 0)) from None
    return placed(template, in_url, lambda text: quote(text, safe=_LITERALS))

"""multipart/form-data bodies (RFC 7578), parted by a boundary that is drawn for each request and none can guess."""

from collections.abc import Mapping, Sequence

from leadyard.delivery.templates import Template
from leadyard.delivery.templates.escapes import verbatim
from leadyard.delivery.transports.http.placing import Part, Placed, concatenated, placed

BOUNDARY = "request:boundary"
"""The name of the boundary among the values; no template can write a colon in a name."""

_NAME_ESCAPES = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})


def multipart_body(fields: Sequence[tuple[str, Template]]) -> Placed:
    """Build one part for each field."""
    pieces: list[str | Placed] = []
    for name, template in fields:
        shown = name.translate(_NAME_ESCAPES)
        pieces += ["--", _boundary(), f'\r\nContent-Disposition: form-data; name="{shown}"\r\n\r\n']
        pieces += [placed(template, verbatim), "\r\n"]
    return concatenated([*pieces, "--", _boundary(), "--\r\n"])


def multipart_type() -> Placed:
    """Build the content type, which names the boundary."""
    return concatenated(["multipart/form-data; boundary=", _boundary()])


def _boundary() -> Placed:
    def read(values: Mapping[str, str]) -> str:
        return values[BOUNDARY]

    part: Part = (read, verbatim)
    return Placed([part], frozenset({BOUNDARY}))

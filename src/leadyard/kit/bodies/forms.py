"""Forms as browsers and scripts send them: urlencoded and multipart."""

from collections.abc import Callable
from urllib.parse import unquote_to_bytes

from multipart import (  # type: ignore[import-untyped]  # the library ships no types
    MultipartError,
    MultipartSegment,
    PushMultipartParser,
    parse_options_header,
)

from leadyard.kit.bodies.text import BodyError, clean_text, decode_text

MAX_PAIRS = 50_000
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

Pairs = list[tuple[str, str]]
Decode = Callable[[bytes], str]


def storable_text(raw: bytes) -> str:
    """Read UTF-8, or else Windows-1252, without what the database cannot hold."""
    return clean_text(decode_text(raw))


def parse_urlencoded(raw: bytes, decode: Decode = storable_text) -> Pairs:
    """Read `name=value&…` in order of appearance; a name without `=` has an empty value.

    Broken percent signs stay as they are. `decode` reads each name and value, by default UTF-8 or else Windows-1252.
    Raises BodyError beyond 50,000 pairs.
    """
    if raw.count(b"&") >= MAX_PAIRS:
        raise BodyError(f"Form has more than {MAX_PAIRS} members")
    pairs: Pairs = []
    for piece in raw.removeprefix(_BYTE_ORDER_MARK).split(b"&"):
        name, _, value = piece.partition(b"=")
        if name:
            pairs.append((_form_text(name, decode), _form_text(value, decode)))
    return pairs


def _form_text(raw: bytes, decode: Decode) -> str:
    if b"+" in raw:
        raw = raw.replace(b"+", b" ")
    if b"%" in raw:
        raw = unquote_to_bytes(raw)
    return decode(raw)


def multipart_boundary(content_type: str | None) -> bytes | None:
    """Give the boundary of a multipart Content-Type, None when it is another type or names none."""
    if not content_type or content_type.lstrip()[:10].lower() != "multipart/":
        return None
    _, options = parse_options_header(content_type)
    boundary = options.get("boundary", "").strip()
    return boundary.encode("utf-8", "replace") or None


def parse_multipart(raw: bytes, boundary: bytes, decode: Decode = storable_text) -> Pairs:
    """Read the plain fields of a multipart form in order of appearance; uploaded files are ignored.

    `decode` reads each name and value, by default UTF-8 or else Windows-1252.

    Raises BodyError when the form is malformed, cut short or has more than 50,000 parts.
    """
    pairs: Pairs = []
    try:
        # Header names and values are decoded again below: a broken byte in one must not lose the form.
        parser = PushMultipartParser(boundary, max_segment_count=MAX_PAIRS, header_charset="latin-1")
        with parser:
            _collect(parser, raw, pairs, decode)
    except MultipartError as error:
        raise BodyError(f"Multipart form is malformed: {error}") from None
    return pairs


def _collect(parser: PushMultipartParser, raw: bytes, pairs: Pairs, decode: Decode) -> None:
    segment: MultipartSegment | None = None
    chunks: list[bytes] = []
    for event in parser.parse(raw) if raw else ():
        if isinstance(event, MultipartSegment):
            segment, chunks = event, []
        elif event is not None:
            chunks.append(bytes(event))
        elif segment is not None and segment.name and segment.filename is None:
            name = decode(segment.name.encode("latin-1", "replace"))
            pairs.append((name, decode(b"".join(chunks))))

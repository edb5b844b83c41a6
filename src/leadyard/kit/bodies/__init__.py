"""Request bodies from strangers: JSON, urlencoded and multipart, read without ever crashing."""

from leadyard.kit.bodies.forms import multipart_boundary, parse_multipart, parse_urlencoded
from leadyard.kit.bodies.json_text import parse_json
from leadyard.kit.bodies.nesting import nest
from leadyard.kit.bodies.text import BodyError, clean_text, decode_text

__all__ = [
    "BodyError",
    "clean_text",
    "decode_text",
    "multipart_boundary",
    "nest",
    "parse_json",
    "parse_multipart",
    "parse_urlencoded",
]

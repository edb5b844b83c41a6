"""What kind of image some bytes are, by their beginning (pure)."""

import struct

import msgspec

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_BARE = frozenset({0x01, *range(0xD0, 0xD9)})
_VP8X_END = 30


class Image(msgspec.Struct, frozen=True):
    """An image's type and its size in pixels."""

    content_type: str
    width: int
    height: int


def read_image(content: bytes) -> Image | None:
    """Tell type and size of a PNG, GIF, JPEG or WebP image; None for all else, whatever it is said to be."""
    for looks, size_of, content_type in (
        (content.startswith(_PNG) and content[12:16] == b"IHDR", _png_size, "image/png"),
        (content.startswith((b"GIF87a", b"GIF89a")), _gif_size, "image/gif"),
        (content.startswith(b"\xff\xd8\xff"), _jpeg_size, "image/jpeg"),
        (content[:4] == b"RIFF" and content[8:12] == b"WEBP", _webp_size, "image/webp"),
    ):
        if looks:
            try:
                size = size_of(content)
            except (struct.error, IndexError):
                return None
            return Image(content_type, *size) if size is not None and min(size) > 0 else None
    return None


def _png_size(content: bytes) -> tuple[int, int]:
    width, height = struct.unpack(">II", content[16:24])
    return width, height


def _gif_size(content: bytes) -> tuple[int, int]:
    width, height = struct.unpack("<HH", content[6:10])
    return width, height


def _jpeg_size(content: bytes) -> tuple[int, int] | None:
    place = 2
    while content[place] == 0xFF:  # noqa: PLR2004 - the byte with which every marker begins
        marker = content[place + 1]
        if marker in _JPEG_SIZES:
            height, width = struct.unpack(">HH", content[place + 5 : place + 9])
            return width, height
        if marker == 0xFF:  # noqa: PLR2004 - fill bytes
            place += 1
        elif marker in _JPEG_BARE:
            place += 2
        else:
            place += 2 + int.from_bytes(content[place + 2 : place + 4])
            if place >= len(content):
                return None
    return None


def _webp_size(content: bytes) -> tuple[int, int] | None:
    form = content[12:16]
    if len(content) < _VP8X_END:
        return None
    if form == b"VP8X":
        return 1 + int.from_bytes(content[24:27], "little"), 1 + int.from_bytes(content[27:30], "little")
    if form == b"VP8L":
        bits = int.from_bytes(content[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if form == b"VP8 ":
        width, height = struct.unpack("<HH", content[26:30])
        return width & 0x3FFF, height & 0x3FFF
    return None

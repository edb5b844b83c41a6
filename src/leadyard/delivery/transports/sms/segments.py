"""How many segments a text message takes (3GPP TS 23.038 and 23.040)."""

from collections.abc import Iterable
from typing import Literal

import msgspec

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")
_LARGEST_UNIT = 0xFFFF


class Segments(msgspec.Struct, frozen=True):
    """What a text comes to: `units` are septets in GSM-7 and 16-bit units in UCS-2."""

    encoding: Literal["GSM-7", "UCS-2"]
    units: int
    count: int


def count_segments(text: str) -> Segments:
    """Count the segments of a text; a character that takes two units is never parted. An empty text takes one."""
    if all(character in _BASIC or character in _EXTENDED for character in text):
        sizes = [2 if character in _EXTENDED else 1 for character in text]
        return Segments("GSM-7", sum(sizes), _filled(sizes, single=160, part=153))
    sizes = [2 if ord(character) > _LARGEST_UNIT else 1 for character in text]
    return Segments("UCS-2", sum(sizes), _filled(sizes, single=70, part=67))


def _filled(sizes: Iterable[int], *, single: int, part: int) -> int:
    listed = list(sizes)
    if sum(listed) <= single:
        return 1
    count, used = 1, 0
    for size in listed:
        if used + size > part:
            count, used = count + 1, 0
        used += size
    return count

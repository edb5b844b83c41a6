"""Guards around a workbook's archive: what it may unpack to, and what its XML may hold.

Small parts are read whole and bounded. Sheets and texts are streamed; nothing in them may make a parser collect
without end, or expand what it has read.
"""

import re
import zipfile
from pathlib import Path
from typing import IO

from leadyard.imports.files.model import ImportFileError

MOST_UNPACKED = 2 * 1024**3
MOST_RATIO = 200
_RATIO_FROM = 64 * 1024**2
"""Below this no ratio is too much: it is read in a moment."""
_LARGEST_SMALL_PART = 16 * 1024**2
_LARGEST_DIRECTORY = 4 * 1024**2
_LONGEST_TOKEN = 1024**2
_END_RECORD = b"PK\x05\x06"
_END_RECORD_TAIL = 66_000
_XML = (".xml", ".rels")
_declaration = re.compile(
    rb"""(?:\xef\xbb\xbf)?<\?xml(?:\s+version=["'][^"'<>]*["'])?"""
    rb"""(?:\s+encoding=["']([^"'<>]*)["'])?[^<>]*\?>"""
).match
_ENCODINGS = frozenset({b"utf-8", b"utf8", b"us-ascii", b"ascii", b"iso-8859-1"})
_STRANGE = "The workbook holds what no spreadsheet program writes"


class GuardedArchive(zipfile.ZipFile):
    """A workbook's archive; raises ImportFileError for what no spreadsheet program writes."""

    def __init__(self, path: Path) -> None:
        """Open the archive and look at what it says of itself: entries never unpack to more than they say."""
        _refuse_directory(path)
        super().__init__(path)
        try:
            self._refuse_size(path.stat().st_size)
        except BaseException:
            self.close()
            raise

    def read(self, name: str | zipfile.ZipInfo, pwd: bytes | None = None) -> bytes:
        """Read a small part whole."""
        size = (name if isinstance(name, zipfile.ZipInfo) else self.getinfo(name)).file_size
        if size > _LARGEST_SMALL_PART:
            raise ImportFileError("The workbook describes itself at such length that it cannot be a real one")
        with self.open(name, pwd=pwd) as part:
            return GuardedXml(part).read(size + 1)

    def stream(self, name: str) -> "GuardedXml":
        """Open a large part, to be read piece by piece."""
        return GuardedXml(self.open(name))

    def _refuse_size(self, packed: int) -> None:
        infos = [info for info in self.infolist() if info.filename.endswith(_XML)]
        unpacked = sum(info.file_size for info in infos)
        if unpacked > MOST_UNPACKED:
            raise ImportFileError(f"The workbook unpacks to more than {MOST_UNPACKED // 1024**2} MiB")
        if unpacked > _RATIO_FROM and unpacked > MOST_RATIO * packed:
            raise ImportFileError(f"The workbook unpacks to more than {MOST_RATIO} times its size")
        if any(info.flag_bits & 1 for info in infos):
            raise ImportFileError("The workbook is encrypted: save it without a password first")


class GuardedXml:
    """A part's bytes as an XML parser takes them, refused where they could make it grow."""

    def __init__(self, source: IO[bytes]) -> None:
        """Read from an open part."""
        self._source = source
        self._tail = b""
        self._since_tag = 0
        self._is_begun = False

    def read(self, size: int = -1) -> bytes:
        """Read up to so many bytes; raises ImportFileError."""
        block = self._source.read(size)
        joined = self._tail + block
        if not self._is_begun:
            self._is_begun = True
            joined = _without_declaration(joined)
        if b"\x00" in block or b"<!" in joined or b"<?" in joined:
            raise ImportFileError(_STRANGE)
        last = block.rfind(b"<")
        self._since_tag = self._since_tag + len(block) if last < 0 else len(block) - last
        if self._since_tag > _LONGEST_TOKEN:
            raise ImportFileError("The workbook has a cell of more than 1 MiB")
        self._tail = block[-1:]
        return block

    def close(self) -> None:
        """Close the part."""
        self._source.close()


def _without_declaration(block: bytes) -> bytes:
    """Leave out an XML declaration; one that names an encoding in which tags look different is refused."""
    declaration = _declaration(block)
    if declaration is None:
        return block
    if (declaration[1] or b"utf-8").lower() not in _ENCODINGS:
        raise ImportFileError(_STRANGE)
    return block[declaration.end() :]


def _refuse_directory(path: Path) -> None:
    """Refuse a directory of entries so large that listing it would fill the memory."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - _END_RECORD_TAIL))
        tail = file.read()
    place = tail.rfind(_END_RECORD)
    length = int.from_bytes(tail[place + 12 : place + 16], "little") if place >= 0 else 0
    if length > _LARGEST_DIRECTORY:
        raise ImportFileError(_STRANGE)

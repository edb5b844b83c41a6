"""Tells what kind of file it is by its first bytes, and opens it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from leadyard.imports.files.model import ImportFileError, Table
from leadyard.imports.files.texts import open_text
from leadyard.imports.files.workbooks import open_workbook

_ZIP = b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_OLE_HEAD = 64 * 1024
_FOREIGN = {
    b"%PDF": "a PDF document",
    b"\x1f\x8b": "compressed; unpack it first",
    b"{\\rt": "a text document",
}


@contextmanager
def open_table(path: Path, sheet: str = "") -> Iterator[Table]:
    """Open a CSV file or a sheet of an XLSX workbook ("": the first one); raises ImportFileError.

    Reading the rows raises ImportFileError too, where a workbook turns out to be damaged.
    """
    with path.open("rb") as file:
        head = file.read(_OLE_HEAD)
    if head.startswith(_OLE):
        if _ENCRYPTED in head or _has(path, _ENCRYPTED):
            raise ImportFileError("The workbook is encrypted: save it without a password first")
        raise ImportFileError("This is a workbook of the old form (.xls): save it as .xlsx or CSV first")
    for magic, what in _FOREIGN.items():
        if head.startswith(magic):
            raise ImportFileError(f"The file is {what}; CSV and XLSX files can be imported")
    if head.startswith((_ZIP, _EMPTY_ZIP)):
        with open_workbook(path, sheet) as table:
            yield table
        return
    if sheet:
        raise ImportFileError("A CSV file has no sheets")
    with open_text(path) as table:
        yield table


def _has(path: Path, wanted: bytes) -> bool:
    """Look for bytes anywhere in a file, block by block."""
    tail = b""
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            if wanted in tail + block:
                return True
            tail = block[-len(wanted) :]
    return False

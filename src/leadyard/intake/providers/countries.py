"""In which country an address is, by the MaxMind-format file that the operator brings."""

from ipaddress import ip_address
from pathlib import Path
from typing import Any

import maxminddb

from leadyard.intake.providers.model import Answer, CountryDatabase, Outcome

_NOT_SET = Answer(Outcome.UNAVAILABLE, "LEADYARD_COUNTRY_DATABASE names no file")


class Countries:
    """The file of one process, opened when it is first asked and again when it was replaced."""

    def __init__(self, path: Path | None = None) -> None:
        """Take where the file is, None for nowhere."""
        self._path = path
        self._reader: maxminddb.Reader | None = None
        self._stamp: tuple[int, int] = (0, 0)

    def ask(self, address: str, source: CountryDatabase) -> Answer:
        """Tell whether an address is in a country that is wanted; one in no country that is known has no answer."""
        if self._path is None:
            return _NOT_SET
        try:
            country = _country(self._opened(self._path).get(ip_address(address)))
        except (OSError, ValueError, maxminddb.InvalidDatabaseError) as error:
            return Answer(Outcome.UNAVAILABLE, f"no country could be read: {type(error).__name__}")
        if not country:
            return Answer(Outcome.UNAVAILABLE, "the address is in no country that is known")
        is_named = country in source.countries
        good = is_named if source.match == "accept" else not is_named
        return Answer(Outcome.VALID if good else Outcome.INVALID, f"is in {country}", {"country": country})

    def _opened(self, path: Path) -> maxminddb.Reader:
        found = path.stat()
        stamp = (found.st_mtime_ns, found.st_size)
        if self._reader is None or stamp != self._stamp:
            fresh = maxminddb.open_database(path, maxminddb.MODE_AUTO)
            if self._reader is not None:
                self._reader.close()
            self._reader, self._stamp = fresh, stamp
        return self._reader


def _country(record: Any) -> str:
    """Read the ISO code from a record of GeoLite2, GeoIP2, DB-IP or IPinfo."""
    if not isinstance(record, dict):
        return ""
    for member in ("country", "registered_country"):
        found = record.get(member)
        if isinstance(found, dict) and found.get("iso_code"):
            return str(found["iso_code"]).upper()
        if isinstance(found, str) and len(found) == 2:  # noqa: PLR2004 - an ISO 3166 code
            return found.upper()
    return str(record.get("country_code", "")).upper()

"""A LeadDyno account as its API shows it: pages and counts, with patience for its rate limit and for the network.

The key goes into a header and nowhere else: no address, error or log has it.
"""

import asyncio
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import msgspec

from leadyard.affiliates.moving.wire import (
    KINDS,
    LISTS,
    CommissionPage,
    Count,
    Resource,
    Row,
    TheirAffiliate,
    Totals,
)
from leadyard.kit.errors import LeadyardError

PER_PAGE = 200
_TRIES = 7
_FIRST_TRIES = 2
_LONGEST_PAUSE_SECONDS = 60.0
_LONGEST_WAIT_SECONDS = 300.0
_MOST_WAITS = 60
_KEY = re.compile(r"[!-~]{1,200}")
_TIMEOUT = aiohttp.ClientTimeout(total=120, connect=20)


class SourceError(LeadyardError):
    """The account cannot be read: its address, its key or an answer is not what it must be."""


class WrongKeyError(SourceError):
    """LeadDyno does not know the key."""


class Source:
    """Reads one account; `pause_seconds` is the first of the pauses after trouble, which double."""

    def __init__(
        self, session: aiohttp.ClientSession, url: str, key: str, *, pause_seconds: float = 1.0
    ) -> None:
        """Take the address without `/v1` or with it, and the private key; raises SourceError for what is neither."""
        self._session = session
        self._base = _base_of(url)
        self.host = urlsplit(self._base).netloc.rpartition("@")[2]
        if not _KEY.fullmatch(key):
            raise SourceError(
                "The key must be the private key of the LeadDyno account: 40 letters and digits."
            )
        self._headers = {"key": key, "accept": "application/json"}
        self._pause_seconds = pause_seconds

    async def check(self) -> None:
        """Make sure that this is LeadDyno's API and that it knows the key; raises SourceError."""
        await self._get("affiliates/count", {}, Count, tries=_FIRST_TRIES)

    async def page(self, resource: Resource, number: int) -> list[Row]:
        """Give one page of rows, newest first or oldest first as the account has it; none behind the last."""
        params = {"page": str(number), "per_page": str(PER_PAGE)}
        if resource is Resource.COMMISSIONS:
            found = await self._get("commissions", params, CommissionPage)
            return list(found.commissions)
        if resource is Resource.PURCHASES:
            params["include_line_items"] = "true"
        rows: list[Row] = await self._get(resource.value, params, LISTS[resource])
        return rows

    async def one(self, resource: Resource, their_id: int) -> Row | None:
        """Give one row; None when there is none."""
        params = {"include_line_items": "true"} if resource is Resource.PURCHASES else {}
        row: Row | None = await self._get(f"{resource}/{their_id}", params, KINDS[resource], may_miss=True)
        return row

    async def count(self, resource: Resource) -> int:
        """Tell how many rows there are."""
        if resource is Resource.COMMISSIONS:
            params = {"page": "1", "per_page": "1"}
            page: CommissionPage = await self._get("commissions", params, CommissionPage)
            return page.total_entries
        found: Count = await self._get(f"{resource}/count", {}, Count)
        return found.count

    async def totals(self, currency: str) -> Totals:
        """Give the sums of commissions in a currency."""
        found: Totals = await self._get("commissions/totals", {"currency": currency}, Totals)
        return found

    async def holder_of(self, code: str) -> TheirAffiliate | None:
        """Give the affiliate who has or had a code, if any."""
        path, params = "affiliates/by_affiliate_code", {"affiliate_code": code}
        found: TheirAffiliate | None = await self._get(path, params, TheirAffiliate, may_miss=True)
        return found

    async def _get(
        self,
        path: str,
        params: Mapping[str, str],
        kind: Any,
        *,
        tries: int = _TRIES,
        may_miss: bool = False,
    ) -> Any:
        status, body = await self._answer(path, params, tries)
        if status == HTTPStatus.NOT_FOUND and may_miss:
            return None
        self._refuse(path, status)
        try:
            return msgspec.json.decode(body, type=kind, strict=False)
        except msgspec.ValidationError as error:
            raise SourceError(
                f"{self.host} answers /v1/{path} in another form than LeadDyno's: {error}"
            ) from None
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise SourceError(f"{self.host} answers /v1/{path} with something that is not JSON.") from None

    async def _answer(self, path: str, params: Mapping[str, str], tries: int) -> tuple[int, bytes]:
        """Ask until there is an answer that means something; raises SourceError after too many tries."""
        failures = waits = 0
        while True:
            try:
                status, body, retry_after = await self._ask(path, params)
            except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError):
                raise SourceError(f"{self.host} is not an address that can be called.") from None
            except (aiohttp.ClientError, OSError, TimeoutError) as error:
                trouble = str(error) or type(error).__name__
            else:
                if status == HTTPStatus.TOO_MANY_REQUESTS and waits < _MOST_WAITS:
                    waits += 1
                    await asyncio.sleep(min(retry_after, _LONGEST_WAIT_SECONDS))
                    continue
                if status < HTTPStatus.INTERNAL_SERVER_ERROR:
                    return status, body
                trouble = f"HTTP status {status}"
            failures += 1
            if failures >= tries:
                raise SourceError(f"{self.host} does not answer /v1/{path}: {trouble}")
            await asyncio.sleep(min(self._pause_seconds * 2 ** (failures - 1), _LONGEST_PAUSE_SECONDS))

    async def _ask(self, path: str, params: Mapping[str, str]) -> tuple[int, bytes, float]:
        url = f"{self._base}/v1/{path}"
        async with self._session.get(
            url, params=params, headers=self._headers, allow_redirects=False, timeout=_TIMEOUT
        ) as answer:
            return answer.status, await answer.read(), self._retry_after(answer.headers.get("retry-after"))

    def _retry_after(self, header: str | None) -> float:
        text = (header or "").strip()
        return float(text) if text.isdigit() else _LONGEST_PAUSE_SECONDS

    def _refuse(self, path: str, status: int) -> None:
        if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            raise WrongKeyError(f"{self.host} does not know this key; give the account's private key.")
        if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
            raise SourceError(f"{self.host} sends the call to another address; give that one as --url.")
        if status == HTTPStatus.NOT_FOUND:
            raise SourceError(f"{self.host} is no LeadDyno API: it has no /v1/{path}.")
        if status != HTTPStatus.OK:
            raise SourceError(f"{self.host} answers /v1/{path} with HTTP status {status}.")


def _base_of(url: str) -> str:
    try:
        parts = urlsplit(url.strip())
        is_usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_usable = False
    if not is_usable:
        raise SourceError("The address must begin with https:// or http:// and name a host.")
    path = parts.path.rstrip("/").removesuffix("/v1")
    return f"{parts.scheme}://{parts.netloc}{path}"

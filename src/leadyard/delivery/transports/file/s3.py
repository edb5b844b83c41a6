"""Puts a file into an S3-compatible storage: one signed request, addressed by path."""

from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import quote

import aiohttp
from aiohttp import ClientResponse, ClientSession, ClientTimeout, TCPConnector
from yarl import URL

from leadyard.delivery.answers import retry_after_seconds
from leadyard.delivery.connecting import in_words
from leadyard.delivery.guard import AddressGuard, AddressRefusedError, GuardedResolver
from leadyard.delivery.kinds import S3Destination
from leadyard.delivery.model import RESPONSE_TEXT_LIMIT, Outcome, Verdict
from leadyard.kit import clock

_SURELY_NOT_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
_PASSING = frozenset({408, 409, 429})
_CONNECT_SHARE = 0.8
"""Connecting must end before the whole time does: what ends then was surely not sent."""


async def put_by_s3(
    guard: AddressGuard, where: S3Destination, name: str, content: bytes, media_type: str
) -> Verdict:
    """Put an object; putting the same object again replaces it, so doubt is settled by doing so."""
    url = _url(where, name)
    headers = _signed(where, url, content, media_type)
    connector = TCPConnector(
        resolver=GuardedResolver(guard), socket_factory=guard.open_socket, force_close=True
    )
    seconds = where.timeout_seconds
    timeout = ClientTimeout(total=seconds, connect=seconds * _CONNECT_SHARE)
    try:
        async with (
            ClientSession(
                connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False, timeout=timeout
            ) as session,
            session.put(
                URL(url, encoded=True), data=content, headers=headers, allow_redirects=False
            ) as response,
        ):
            return _judged(response, await _beginning(response))
    except _SURELY_NOT_SENT as error:
        cause = getattr(error, "os_error", None)
        if isinstance(cause, AddressRefusedError):
            return Verdict(Outcome.ERROR, f"The call is not allowed: {cause}")
        return Verdict(Outcome.RETRY, f"The file is not there: {in_words(error)}")
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
        return Verdict(Outcome.UNKNOWN, f"The file may be there: {in_words(error)}")


def _url(where: S3Destination, name: str) -> str:
    folder = where.folder.strip("/")
    key = f"{folder}/{name}" if folder else name
    return f"{where.endpoint.rstrip('/')}/{where.bucket}/{quote(key, safe='/-_.~')}"


def _signed(where: S3Destination, url: str, content: bytes, media_type: str) -> Mapping[str, str]:
    """Sign the request (AWS signature version 4)."""
    # Imported when first needed: the library is large, and only S3 destinations need it.
    from botocore.auth import S3SigV4Auth  # type: ignore[import-untyped]  # noqa: PLC0415
    from botocore.awsrequest import AWSRequest  # type: ignore[import-untyped]  # noqa: PLC0415
    from botocore.credentials import Credentials  # type: ignore[import-untyped]  # noqa: PLC0415

    request = AWSRequest("PUT", url, {"Content-Type": media_type}, content)
    S3SigV4Auth(Credentials(where.access_key, where.secret), "s3", where.region).add_auth(request)
    return dict(request.headers.items())


async def _beginning(response: ClientResponse) -> str:
    """Read an answer to its end or to the limit."""
    read = bytearray()
    while len(read) < RESPONSE_TEXT_LIMIT and (more := await response.content.read(RESPONSE_TEXT_LIMIT)):
        read += more
    return read[:RESPONSE_TEXT_LIMIT].decode(errors="replace").replace("\x00", "\ufffd")


def _judged(response: ClientResponse, shown: str) -> Verdict:
    status = response.status
    if status < HTTPStatus.MULTIPLE_CHOICES:
        return Verdict(Outcome.ACCEPT, "Put", status, response_text=shown)
    passing = status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _PASSING
    return Verdict(
        Outcome.RETRY if passing else Outcome.ERROR,
        f"The storage answered with status {status}: {shown[:300]}",
        status,
        response_text=shown,
        retry_after_seconds=retry_after_seconds(response.headers.get("Retry-After"), clock.now()),
    )

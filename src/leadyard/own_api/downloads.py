"""Files that are sent while they are made, of any size."""

from collections.abc import Mapping
from contextlib import aclosing
from typing import Any

from litestar import Request
from litestar.response import Stream
from litestar.response.base import ASGIResponse
from litestar.types import ASGIApp, Receive, Scope, Send

from leadyard.own_api.operation import Download


class Streamed(Stream):
    """Sends chunks as fast as the caller takes them, and stops making them as soon as the caller hangs up.

    An error leaves the answer without its end, which every HTTP client tells from a whole one.
    """

    def __init__(self, download: Download, headers: Mapping[str, str]) -> None:
        """Offer the file under its name."""
        super().__init__(
            download.chunks,
            media_type=download.media_type,
            headers={
                **headers,
                "content-disposition": f'attachment; filename="{download.file_name}"',
                "x-content-type-options": "nosniff",
            },
        )
        self._chunks = download.chunks

    def to_asgi_response(  # type: ignore[override]
        self, app: None, request: Request[Any, Any, Any], **options: Any
    ) -> ASGIApp:
        """Close what makes the chunks with the answer, however that ends."""
        answer: ASGIResponse = super().to_asgi_response(app, request, **options)

        async def send_all(scope: Scope, receive: Receive, send: Send) -> None:
            async with aclosing(self._chunks):
                await answer(scope, receive, send)

        return send_all

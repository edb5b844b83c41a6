"""The Email kind: one lead, one e-mail."""

import time
from collections.abc import Mapping

from msgspec import structs

from leadyard.campaigns.model import MailServer, Status
from leadyard.delivery.guard import AddressGuard
from leadyard.delivery.kinds import EmailSettings
from leadyard.delivery.model import Outcome, Verdict
from leadyard.delivery.templates import TemplateError
from leadyard.delivery.transports.email.message import compose
from leadyard.delivery.transports.email.smtp import send_mail
from leadyard.kit import clock


class EmailTransport:
    """Sends leads by e-mail, each over a connection of its own."""

    def __init__(self, guard: AddressGuard) -> None:
        """Take the guard of outbound calls."""
        self._guard = guard

    async def deliver(
        self,
        server: MailServer | None,
        settings: EmailSettings,
        values: Mapping[str, str],
        *,
        idempotency_key: str,
    ) -> Verdict:
        """Send one lead; never raises for trouble on the way."""
        if server is None or server.status is not Status.ACTIVE:
            return Verdict(Outcome.ERROR, "The mail server is not active")
        started = time.perf_counter()
        try:
            mail = compose(settings, server.settings, values, key=idempotency_key, now=clock.now())
        except TemplateError as error:
            return Verdict(Outcome.ERROR, str(error))
        verdict = await send_mail(self._guard, server.settings, mail)
        elapsed = round((time.perf_counter() - started) * 1000)
        return structs.replace(verdict, request_text=mail.shown, elapsed_ms=elapsed)

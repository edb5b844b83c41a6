"""The SMS kind: one lead, one text message by the account's gateway."""

from collections.abc import Mapping

from msgspec import structs

from leadyard.campaigns.model import SmsGateway, Status
from leadyard.delivery.filling import fill, fill_line
from leadyard.delivery.kinds import SmsSettings
from leadyard.delivery.model import Outcome, Verdict
from leadyard.delivery.templates import TemplateError
from leadyard.delivery.transports.http import HttpTransport
from leadyard.delivery.transports.sms.segments import count_segments
from leadyard.kit.money import to_micros


class SmsTransport:
    """Sends leads by text message."""

    def __init__(self, http: HttpTransport) -> None:
        """Send through the process's HTTP client."""
        self._http = http

    async def deliver(
        self,
        gateway: SmsGateway | None,
        settings: SmsSettings,
        values: Mapping[str, str],
        *,
        idempotency_key: str,
    ) -> Verdict:
        """Send one lead and judge the gateway's answer; segments and their cost go into the trace."""
        if gateway is None or gateway.status is not Status.ACTIVE:
            return Verdict(Outcome.ERROR, "The SMS gateway is not active")
        try:
            to, text = fill_line(settings.to, values), fill(settings.text, values)
            sender = fill_line(settings.sender, values) or gateway.settings.sender
        except TemplateError as error:
            return Verdict(Outcome.ERROR, str(error))
        segments = count_segments(text)
        wrong = _wrong(to, text, segments.count, settings.most_segments)
        if wrong is not None:
            return Verdict(Outcome.ERROR, wrong)
        known = {**values, "sms.to": to, "sms.text": text, "sms.from": sender}
        verdict = await self._http.deliver(
            gateway.settings.http, gateway.settings.answers, known, idempotency_key=idempotency_key
        )
        cost = to_micros(gateway.settings.segment_cost) * segments.count
        told = {
            "encoding": segments.encoding,
            "units": segments.units,
            "segments": segments.count,
            "cost_micros": cost,
        }
        return structs.replace(verdict, details={"sms": told})


def _wrong(to: str, text: str, segments: int, most: int) -> str | None:
    if not to:
        return "The text message has no recipient"
    if not text.strip():
        return "The text message is empty"
    if segments > most:
        return f"The text message takes {segments} segments; at most {most} are allowed"
    return None

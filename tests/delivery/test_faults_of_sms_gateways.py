"""SMS gateways that misbehave: each ends in the state that says what may have become of the message."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.delivery.buyers import ACCEPTING, buyer, transport
from tests.delivery.misbehaving import PATIENCE, faulty, resolving, takes

from leadyard.campaigns.model import SmsGateway, Status
from leadyard.delivery.kinds import SmsGatewaySettings, SmsSettings
from leadyard.delivery.model import FieldMapping, HttpTarget, Outcome, Verdict
from leadyard.delivery.transports.http import HttpTransport
from leadyard.delivery.transports.sms.transport import SmsTransport

FIELDS = tuple(FieldMapping(name, f"{{{{ sms.{name} }}}}") for name in ("to", "text"))
ENDS: Mapping[str, Outcome] = {
    "refused connection": Outcome.RETRY,
    "a certificate of no one": Outcome.RETRY,
    "no TLS": Outcome.RETRY,
    "a handshake without end": Outcome.RETRY,
    "silence": Outcome.UNKNOWN,
    "slow headers": Outcome.UNKNOWN,
    "endless headers": Outcome.UNKNOWN,
    "slow body": Outcome.UNKNOWN,
    "endless body": Outcome.ACCEPT,
    "shorter than announced": Outcome.UNKNOWN,
    "longer than announced": Outcome.UNKNOWN,
    "hangs up": Outcome.UNKNOWN,
    "a redirect into the network": Outcome.REJECT,
    "429 with Retry-After": Outcome.RETRY,
    "500 after having taken it": Outcome.REJECT,
}


async def send(http: HttpTransport, url: str) -> Verdict:
    target: dict[str, Any] = {"url": url, "fields": FIELDS, "timeout_seconds": PATIENCE}
    settings = SmsGatewaySettings(http=HttpTarget(**target), answers=ACCEPTING)
    gateway = SmsGateway(1, "Gateway", Status.ACTIVE, settings)
    message = SmsSettings(to="+447700900123", text="Hello")
    return await SmsTransport(http).deliver(gateway, message, {}, idempotency_key="k")


@pytest.mark.parametrize(("fault", "outcome"), ENDS.items())
async def test_a_gateway_with_a_fault(fault: str, outcome: Outcome, tmp_path: Path) -> None:
    async with faulty(fault, tmp_path) as gateway, transport() as http:
        verdict = await send(http, gateway.url)
    assert verdict.outcome is outcome, verdict.reason
    assert len(gateway.calls) <= 1
    assert gateway.pointed_at == []
    assert verdict.retry_after_seconds == (7 if fault == "429 with Retry-After" else None)


async def test_a_name_is_called_where_it_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = resolving(monkeypatch, {"sms.example": ["127.0.0.1", "10.0.0.1"]})
    async with buyer(takes) as gateway:
        url = gateway.url.replace("127.0.0.1", "sms.example")
        async with transport() as http:
            assert (await send(http, url)).outcome is Outcome.ACCEPT
        async with transport() as http:
            refused = await send(http, url)
    assert refused.outcome is Outcome.ERROR
    assert "not allowed" in refused.reason
    assert (len(asked), len(gateway.calls)) == (2, 1)

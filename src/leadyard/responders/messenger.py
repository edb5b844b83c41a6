"""What carries messages: one messenger per account, over whatever the account has set up."""

from collections.abc import Mapping
from typing import Protocol

from leadyard.delivery.model import Verdict


class Messenger(Protocol):
    """Hands messages over and tells what became of them; never raises for trouble on the way.

    Outcomes: `accept` taken over, `reject` refused for good by the other side, `retry` surely not taken over and
    worth another try, `unknown` possibly taken over, `error` surely not taken over and no use trying again.
    """

    async def send_email(
        self, to: str, subject: str, text: str, html: str, headers: Mapping[str, str]
    ) -> Verdict:
        """Send an e-mail; an empty text or html is left out."""
        ...

    async def send_sms(self, to: str, text: str) -> Verdict:
        """Send a text message to a number with `+` and country code."""
        ...


class MessengerOf(Protocol):
    """Finds the messenger of an account, over the mail server and the gateway that are named; None: it has none."""

    async def __call__(
        self, account_id: int, mail_server_id: int | None = None, sms_gateway_id: int | None = None, /
    ) -> Messenger | None:
        """Find it; without names, over what the account has first."""
        ...

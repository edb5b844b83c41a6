"""The own API of deliveries: decision traces, pings, and the messages of webhooks."""

from leadyard.delivery.api.messages import SECTION as MESSAGES
from leadyard.delivery.api.pings import SECTION as PINGS
from leadyard.delivery.api.trace import SECTION as TRACE

__all__ = ("MESSAGES", "PINGS", "TRACE")

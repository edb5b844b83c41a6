"""Delivery by text message through an HTTP gateway of the operator's."""

from leadyard.delivery.transports.sms.segments import Segments, count_segments
from leadyard.delivery.transports.sms.transport import SmsTransport

__all__ = ["Segments", "SmsTransport", "count_segments"]

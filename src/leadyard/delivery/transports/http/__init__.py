"""Delivery by HTTP request: GET, form, JSON, XML or text, with headers and authentication."""

from leadyard.delivery.transports.http.request import check_target, names_in, preview
from leadyard.delivery.transports.http.transport import HttpTransport

__all__ = ["HttpTransport", "check_target", "names_in", "preview"]

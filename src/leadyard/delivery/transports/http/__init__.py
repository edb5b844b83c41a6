"""Delivery by HTTP request in every form buyers ask for, with what has to happen before it."""

from leadyard.delivery.transports.http.request import check_target, names_in, preview
from leadyard.delivery.transports.http.transport import HttpTransport

__all__ = ["HttpTransport", "check_target", "names_in", "preview"]

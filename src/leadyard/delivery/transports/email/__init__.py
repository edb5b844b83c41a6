"""Delivery by e-mail over SMTP."""

from leadyard.delivery.transports.email.message import Mail, compose, is_address
from leadyard.delivery.transports.email.smtp import send_mail
from leadyard.delivery.transports.email.transport import EmailTransport

__all__ = ["EmailTransport", "Mail", "compose", "is_address", "send_mail"]

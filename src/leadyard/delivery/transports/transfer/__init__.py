"""The Campaign Transfer kind: a lead goes into another campaign of the same account."""

from leadyard.delivery.transports.transfer.transport import TransferTransport

__all__ = ["TransferTransport"]

"""Payouts as files for PayPal and for banks: pure."""

import csv
import io
from collections.abc import Iterable

from leadyard.affiliates.model import PayoutMethod
from leadyard.affiliates.payouts.model import Payee, Payout
from leadyard.kit.currencies import DECIMALS, to_smallest_unit
from leadyard.kit.money import from_micros
from leadyard.kit.spreadsheets import defused

PAYPAL_COLUMNS = ("recipient_email", "amount", "currency", "reference", "note")
BANK_FIELDS = ("account_holder", "iban", "bic", "account_number", "sort_code", "routing_number")
"""Custom fields of affiliates that say where a bank sends the money."""

BANK_COLUMNS = ("name", *BANK_FIELDS, "amount", "currency", "reference", "note")


def amount_text(micros: int, currency: str) -> str:
    """Write an amount with the decimals of its currency, as payment files and PayPal want it: `12.50`."""
    return f"{to_smallest_unit(from_micros(micros), currency):.{DECIMALS.get(currency, 2)}f}"


def payment_file(method: PayoutMethod, payouts: Iterable[tuple[Payout, Payee]], note: str) -> bytes:
    """Write payouts as CSV with a header; texts that a spreadsheet would run as a formula are defused."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    is_paypal = method is PayoutMethod.PAYPAL_CSV
    writer.writerow(PAYPAL_COLUMNS if is_paypal else BANK_COLUMNS)
    for payout, payee in payouts:
        money = (amount_text(payout.amount, payout.currency), payout.currency, str(payout.reference), note)
        whom = (
            (payee.paypal_email,)
            if is_paypal
            else (payee.name, *(payee.bank.get(f, "") for f in BANK_FIELDS))
        )
        writer.writerow([*map(defused, whom), *map(defused, money)])
    return stream.getvalue().encode()

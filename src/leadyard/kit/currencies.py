"""Currencies of ISO 4217 and how many decimals each has."""

from decimal import ROUND_HALF_EVEN, Context, Decimal

_WIDE = Context(prec=60, rounding=ROUND_HALF_EVEN)

_TWO_DECIMALS = """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW
CNY COP COU CRC CUC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HRK HTG HUF
IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV
MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD
SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG ZWL
"""
_OTHERS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}

DECIMALS = dict.fromkeys(_TWO_DECIMALS.split(), 2) | {
    code: decimals for decimals, codes in _OTHERS.items() for code in codes.split()
}
"""How many decimals the smallest unit of each currency has (ISO 4217)."""


def read_currency(text: str) -> str | None:
    """Read a currency's code in any case; None for what is none."""
    code = text.strip().upper()
    return code if code in DECIMALS else None


def to_smallest_unit(amount: Decimal, currency: str) -> Decimal:
    """Round half-even to the currency's smallest unit, two decimals where the currency is not known."""
    return amount.quantize(Decimal(1).scaleb(-DECIMALS.get(currency, 2)), context=_WIDE)

"""Domain names in the two forms that they are written in: with their own letters, and in punycode."""

PUNYCODE_PREFIX = "xn--"
_LONGEST_LABEL = 63


def spelled_out(domain: str) -> str:
    """Return a domain, in lower case, with its punycode labels in their own letters."""
    if PUNYCODE_PREFIX not in domain:
        return domain
    return ".".join(map(label_spelled_out, domain.split(".")))


def label_spelled_out(label: str) -> str:
    """Return the letters that a punycode label stands for; any other label as it is."""
    if not label.startswith(PUNYCODE_PREFIX) or len(label) > _LONGEST_LABEL:
        return label
    coded = label.removeprefix(PUNYCODE_PREFIX)
    try:
        letters = coded.encode("ascii").decode("punycode")
    except (UnicodeError, OverflowError):
        return label
    # What stands for plain letters, or for nothing that prints, was made up by somebody.
    return label if letters.isascii() or not letters.isprintable() else letters.lower()

"""Domains that hand out e-mail addresses for a few minutes; operators add to them by a file and by lists of their own."""

import re

from leadyard.kit.list_files import ListFile

_DOMAINS = """
0-mail.com 10minutemail.com 10minutemail.net 20minutemail.com 33mail.com anonbox.net anonymbox.com
burnermail.io byom.de cock.li crazymailing.com deadaddress.com discard.email discardmail.com
disposableaddress.com dispostable.com dropmail.me e4ward.com emailfake.com emailondeck.com emailsensei.com
emailtemporanea.com emailtemporario.com.br fakeinbox.com fakemail.net fakemailgenerator.com getairmail.com
getnada.com grr.la guerrillamail.biz guerrillamail.com guerrillamail.de guerrillamail.info guerrillamail.net
guerrillamail.org guerrillamailblock.com harakirimail.com inboxalias.com inboxbear.com incognitomail.com
incognitomail.org jetable.org kasmail.com mail-temporaire.fr mailcatch.com maildrop.cc maileater.com
mailexpire.com mailforspam.com mailinator.com mailinator.net mailinator2.com mailmoat.com mailnesia.com
mailnull.com mailpoof.com mailsac.com mailtemp.info mailtothis.com mintemail.com moakt.com mohmal.com
mytemp.email mytrashmail.com nada.email nospam.ze.tc notmailinator.com one-time.email pokemail.net
proxymail.eu rcpt.at safetymail.info selfdestructingmail.com sharklasers.com sneakemail.com sofimail.com
spam4.me spambog.com spambog.de spambox.us spamdecoy.net spamex.com spamfree24.org spamgourmet.com spamhole.com
spaml.com spamspot.com tempail.com tempinbox.com tempmail.net tempmailo.com tempr.email temp-mail.io
temp-mail.org throwawaymail.com tmail.com tmailinator.com trash-mail.com trash-mail.de trashmail.at trashmail.com
trashmail.de trashmail.me trashmail.net trashmail.ws wegwerfmail.de wegwerfmail.net wegwerfmail.org
yopmail.com yopmail.fr yopmail.net zoemail.org
"""
DISPOSABLE_DOMAINS = frozenset(_DOMAINS.split())

_DOMAIN = re.compile(r"(?:[^\s@./]+\.)+[^\s@./]+")


def read_domain(text: str) -> str | None:
    """Read a domain as lists of throw-away ones write it, with or without an @ before it; None for anything else."""
    domain = text.removeprefix("@").rstrip(".")
    return domain if _DOMAIN.fullmatch(domain) else None


OPERATORS: ListFile[str, frozenset[str]] = ListFile("throw-away domains", read_domain, frozenset)
"""The operator's file, `LEADYARD_DISPOSABLE_DOMAINS`."""


def is_disposable(domain: str) -> bool:
    """Tell whether a domain in lower case, or one above it, is built in or in the operator's file as a throw-away one."""
    labels = domain.split(".")
    above = {".".join(labels[at:]) for at in range(len(labels) - 1)}
    return not (above.isdisjoint(DISPOSABLE_DOMAINS) and above.isdisjoint(OPERATORS.now()))

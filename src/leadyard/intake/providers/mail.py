"""Whether a domain takes mail: its MX records, or its address where it has none (RFC 5321, section 5.1; RFC 7505)."""

import time
from collections.abc import Sequence

import dns.asyncresolver
import dns.exception
import dns.name
import dns.nameserver
import dns.resolver

from leadyard.intake.providers.model import Answer, MailExchange, Outcome

_MOST_REMEMBERED = 50_000
_LEAST_SECONDS = 1.0

NO_SUCH_DOMAIN = Answer(
    Outcome.INVALID, "the domain does not exist", {"status": "INVALID", "code": "NO_DOMAIN"}
)
NO_MAIL = Answer(Outcome.INVALID, "the domain takes no mail", {"status": "INVALID", "code": "NO_MAIL_SERVER"})
TAKES_MAIL = Answer(Outcome.VALID, "the domain takes mail")
_SILENT = Answer(Outcome.UNAVAILABLE, "the name servers did not answer")


class MailDomains:
    """Look-ups of domains of one process, remembered as long as the name servers and the set-up allow."""

    def __init__(self, resolvers: Sequence[tuple[str, int]] = ()) -> None:
        """Ask these name servers, as (address, port), or those of the machine."""
        self._resolvers = tuple(resolvers)
        self._resolver: dns.asyncresolver.Resolver | None = None
        self._known: dict[str, tuple[float, Answer]] = {}

    async def ask(self, domain: str, source: MailExchange) -> Answer:
        """Tell whether a domain in lower case takes mail."""
        now = time.monotonic()
        known = self._known.get(domain)
        if known is not None and now < known[0]:
            return known[1]
        try:
            name = dns.name.from_text(domain)
        except (dns.exception.DNSException, UnicodeError):
            return NO_SUCH_DOMAIN
        answer, seconds = await self._looked_up(name, source)
        if answer.outcome is not Outcome.UNAVAILABLE:
            most = source.found_seconds if answer.outcome is Outcome.VALID else source.missing_seconds
            self._remember(domain, answer, now + min(max(seconds, _LEAST_SECONDS), most))
        return answer

    async def _looked_up(self, name: dns.name.Name, source: MailExchange) -> tuple[Answer, float]:
        lifetime = float(source.timeout_seconds)
        try:
            resolver = self._opened()
            found = await resolver.resolve(name, "MX", lifetime=lifetime, raise_on_no_answer=False)
            if found.rrset is not None:
                takes = any(record.exchange != dns.name.root for record in found.rrset)
                return (TAKES_MAIL if takes else NO_MAIL), float(found.rrset.ttl)
            return await self._by_address(resolver, name, lifetime)
        except dns.resolver.NXDOMAIN:
            return NO_SUCH_DOMAIN, float(source.missing_seconds)
        except (dns.exception.DNSException, OSError):
            return _SILENT, 0.0

    async def _by_address(
        self, resolver: dns.asyncresolver.Resolver, name: dns.name.Name, lifetime: float
    ) -> tuple[Answer, float]:
        """Look for an address: a domain without MX records takes its mail itself."""
        for kind in ("A", "AAAA"):
            found = await resolver.resolve(name, kind, lifetime=lifetime, raise_on_no_answer=False)
            if found.rrset is not None:
                return TAKES_MAIL, float(found.rrset.ttl)
        return NO_MAIL, float("inf")

    def _opened(self) -> dns.asyncresolver.Resolver:
        if self._resolver is None:
            self._resolver = dns.asyncresolver.Resolver(configure=not self._resolvers)
            if self._resolvers:
                self._resolver.nameservers = [
                    dns.nameserver.Do53Nameserver(address, port) for address, port in self._resolvers
                ]
        return self._resolver

    def _remember(self, domain: str, answer: Answer, until: float) -> None:
        if len(self._known) >= _MOST_REMEMBERED:
            self._known.clear()
        self._known[domain] = (until, answer)

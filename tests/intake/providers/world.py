"""Real services on loopback for checks: an HTTP service, a name server, a MaxMind-format file."""

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from decimal import Decimal
from ipaddress import ip_network
from pathlib import Path
from typing import Any, cast

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import msgspec
from tests.delivery.buyers import Call
from tests.desk import Desk, new_desk

from leadyard.campaigns import service as setup
from leadyard.campaigns.inputs import CampaignRecord, ProviderInput
from leadyard.delivery.model import AnswerRule, AnswerRules, BreakerPolicy, FieldMapping, HttpTarget
from leadyard.delivery.transports.http import HttpTransport
from leadyard.intake.providers.countries import Countries
from leadyard.intake.providers.mail import MailDomains
from leadyard.intake.providers.model import (
    CampaignCheck,
    CheckKind,
    HttpSource,
    ProviderSettings,
    Source,
    WhenUnavailable,
)
from leadyard.intake.providers.service import Inquiries
from leadyard.intake.providers.sources import Sources
from leadyard.intake.quarantine import Quarantine
from leadyard.intake.service import Intake
from leadyard.storage.database import Database

ANSWERS = AnswerRules(
    rules=(
        AnswerRule(kind="json_path", path="status", pattern="DELIVRD", outcome="accept"),
        AnswerRule(kind="json_path", path="status", pattern="UNDELIV", outcome="reject"),
        AnswerRule(kind="regex", pattern="(?s).*", outcome="unknown"),
    )
)
BAD_SUBSCRIBER = '{"status":"UNDELIV","code":"EC_UNKNOWN_SUBSCRIBER"}'
Zone = Mapping[tuple[str, str], Sequence[str] | None]


class Checks(Desk):
    """A desk whose intake and quarantine can ask services on loopback."""

    inquiries: Inquiries
    transport: HttpTransport

    @property
    def quarantine(self) -> Quarantine:
        return Quarantine(self.database, self.configuration, self.plans, self.ledger, self.inquiries)

    def equip(self, *, resolvers: Sequence[tuple[str, int]] = (), countries: Path | None = None) -> None:
        """Build the intake anew over these name servers and this file."""
        sources = Sources(self.database, self.transport, MailDomains(resolvers), Countries(countries))
        self.inquiries = Inquiries(self.database, sources)
        self.intake = Intake(
            self.database, self.configuration, self.plans, self.ledger, inquiries=self.inquiries
        )

    async def provider(
        self, kind: CheckKind, source: Source, *, cost: str = "0", cache_seconds: int = 0, **more: Any
    ) -> int:
        settings = ProviderSettings(
            source=source,
            cost=Decimal(cost),
            cache_seconds=cache_seconds,
            breaker=BreakerPolicy(failures=1000),
        )
        document = ProviderInput(
            name=f"{kind} service", kind=kind, settings=msgspec.structs.replace(settings, **more)
        )
        return (await setup.providers.create(self.database, self.actor, document)).id

    async def service(self, kind: CheckKind, url: str, *, cost: str = "0.01", **more: Any) -> int:
        """A provider over HTTP that is asked about a value."""
        target = HttpTarget(
            url=url, body="json", fields=(FieldMapping("value", "{{ value }}"),), timeout_seconds=1
        )
        return await self.provider(kind, HttpSource(target, ANSWERS), cost=cost, **more)

    async def checked(
        self,
        *checks: tuple[CheckKind, int] | CampaignCheck,
        policy: WhenUnavailable = WhenUnavailable.ACCEPT,
        **more: Any,
    ) -> CampaignRecord:
        """A campaign with these checks."""
        made = tuple(
            check if isinstance(check, CampaignCheck) else CampaignCheck(*check, when_unavailable=policy)
            for check in checks
        )
        return await self.campaign(checks=made, **more)

    async def in_order(self) -> bool:
        return await self.differences() == []


@contextlib.asynccontextmanager
async def checks_desk(database: Database, dsn: str, folder: Path) -> AsyncIterator[Checks]:
    plain = await new_desk(database, dsn, folder)
    desk = Checks(plain.database, plain.actor, plain.principal, plain.key)
    desk.dsn, desk.settings = plain.dsn, plain.settings
    desk.transport = HttpTransport((ip_network("127.0.0.0/8"),))
    await desk.transport.open()
    desk.equip()
    try:
        yield desk
    finally:
        await desk.intake.close()
        await desk.transport.close()


def answering(*bodies: str) -> Callable[[Call], Any]:
    """A script that gives these bodies one after the other, the last one for ever."""
    left = list(bodies)

    async def script(call: Call) -> None:
        await call.answer(left.pop(0) if len(left) > 1 else left[0])

    return script


class _NameServer(asyncio.DatagramProtocol):
    def __init__(self, zone: Zone) -> None:
        self.zone = zone
        self.asked: list[tuple[str, str]] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        query = dns.message.from_wire(data)
        question = query.question[0]
        name, kind = question.name.to_text().rstrip("."), dns.rdatatype.to_text(question.rdtype)
        self.asked.append((name, kind))
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        if not any(known == name for known, _ in self.zone):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        else:
            records = self.zone.get((name, kind), ())
            if records is None:
                return
            if records and records[0] == "SERVFAIL":
                reply.set_rcode(dns.rcode.SERVFAIL)
            elif records:
                reply.answer.append(dns.rrset.from_text(question.name, 300, "IN", kind, *records))
        cast("asyncio.DatagramTransport", self.transport).sendto(reply.to_wire(), addr)


@contextlib.asynccontextmanager
async def name_server(zone: Zone) -> AsyncIterator[tuple[tuple[str, int], list[tuple[str, str]]]]:
    """A name server on loopback: its address and what it was asked; a record list of None gets no reply."""
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_datagram_endpoint(
        lambda: _NameServer(zone), local_addr=("127.0.0.1", 0)
    )
    try:
        yield transport.get_extra_info("sockname"), protocol.asked
    finally:
        transport.close()


def write_country_file(path: Path, countries: Mapping[str, str]) -> None:
    """Write a small MaxMind-format file: IPv4 networks and their countries (MaxMind DB format, version 2.0)."""
    tree: list[list[Any]] = [[None, None]]
    for network_text, country in countries.items():
        network = ip_network(network_text)
        bits = format(int(network.network_address), "032b")[: network.prefixlen]
        at = 0
        for bit in bits[:-1]:
            if not isinstance(tree[at][int(bit)], int):
                tree[at][int(bit)] = len(tree)
                tree.append([None, None])
            at = tree[at][int(bit)]
        tree[at][int(bits[-1])] = country
    data, places = b"", dict[str, int]()
    for country in countries.values():
        if country not in places:
            places[country] = len(data)
            data += _encoded({"country": {"iso_code": country}})
    count = len(tree)
    nodes = b""
    for node in tree:
        for record in node:
            value = (
                count
                if record is None
                else record
                if isinstance(record, int)
                else count + 16 + places[record]
            )
            nodes += struct.pack(">I", value)[1:]
    metadata = _encoded(
        {
            "binary_format_major_version": 2, "binary_format_minor_version": 0, "build_epoch": 1,
            "database_type": "Test-Country", "description": {"en": "test"}, "ip_version": 4, "languages": ["en"],
            "node_count": count, "record_size": 24,
        }
    )  # fmt: skip
    path.write_bytes(nodes + b"\x00" * 16 + data + b"\xab\xcd\xefMaxMind.com" + metadata)


_KINDS = {"node_count": 6, "build_epoch": 9}
_UINT16 = 5


def _encoded(value: Any, name: str = "") -> bytes:
    if isinstance(value, dict):
        return bytes([7 << 5 | len(value)]) + b"".join(_encoded(k) + _encoded(v, k) for k, v in value.items())
    if isinstance(value, list):
        return bytes([len(value), 11 - 7]) + b"".join(_encoded(entry) for entry in value)
    if isinstance(value, int):
        raw = value.to_bytes(4, "big").lstrip(b"\x00")
        kind = _KINDS.get(name, _UINT16)
        head = [kind << 5 | len(raw)] if kind < 8 else [len(raw), kind - 7]
        return bytes(head) + raw
    raw = str(value).encode()
    if len(raw) < 29:
        return bytes([2 << 5 | len(raw)]) + raw
    return bytes([2 << 5 | 29, len(raw) - 29]) + raw

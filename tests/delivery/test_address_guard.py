"""Outbound calls stay out of the inside of the network."""

import socket
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.delivery.buyers import ACCEPTING, LOOPBACK, Call, buyer

from leadyard.delivery.guard import AddressGuard, AddressInfo, AddressRefusedError, GuardedResolver
from leadyard.delivery.model import HttpTarget, Outcome
from leadyard.delivery.transports.http import HttpTransport, pool

INSIDE = [
    "0.0.0.0",  # noqa: S104 - an address to refuse
    "10.1.2.3",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.168.0.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:0:127.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::1",
    "2001:0:1::1",
    "2002:7f00:1::",
    "2002:c0a8:101::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "not an address",
    "",
]


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_inside_is_refused(address: str) -> None:
    with pytest.raises(AddressRefusedError):
        AddressGuard().check(address)


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "93.184.216.34",
        "100.63.255.255",
        "172.32.0.1",
        "2606:4700::1111",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
    ],
)
def test_a_public_address_passes(address: str) -> None:
    AddressGuard().check(address)


@pytest.mark.parametrize("address", ["10.9.1.1", "::ffff:10.9.1.1", "64:ff9b::10.9.1.1"])
def test_a_network_that_the_operator_names_passes_in_every_form(address: str) -> None:
    guard = AddressGuard([ip_network("10.9.0.0/16")])
    guard.check(address)
    with pytest.raises(AddressRefusedError):
        guard.check("10.8.1.1")


@given(st.ip_addresses(network="::/0") | st.ip_addresses(network="0.0.0.0/0"))
def test_no_address_that_python_calls_private_passes(address: object) -> None:
    private = getattr(address, "is_private", False) or getattr(address, "is_link_local", False)
    if private:
        with pytest.raises(AddressRefusedError):
            AddressGuard().check(str(address))


async def _verdict(url: str, *, allowed: bool = False) -> object:
    http = HttpTransport(LOOPBACK if allowed else ())
    await http.open()
    try:
        return await http.deliver(HttpTarget(url, timeout_seconds=5), ACCEPTING, {}, idempotency_key="k")
    finally:
        await http.close()


async def _taken(call: Call) -> None:
    await call.answer("taken")


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "127.1", "2130706433", "0x7f.1", "0"]
)
async def test_a_host_that_leads_inside_gets_nothing(host: str) -> None:
    async with buyer(_taken) as running:
        verdict = await _verdict(running.url.replace("127.0.0.1", host))
    assert getattr(verdict, "outcome", None) is Outcome.ERROR
    assert running.calls == []


async def test_a_name_of_an_allowed_network_is_called() -> None:
    async with buyer(_taken) as running:
        verdict = await _verdict(running.url.replace("127.0.0.1", "localhost"), allowed=True)
    assert getattr(verdict, "outcome", None) is Outcome.ACCEPT


async def test_a_name_with_one_address_inside_is_refused_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [("93.184.216.34", 80), ("127.0.0.1", 80)]

    async def resolve(*_arguments: object, **_options: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address) for address in answers]

    resolver = GuardedResolver(AddressGuard())
    monkeypatch.setattr(resolver._loop, "getaddrinfo", resolve)
    with pytest.raises(AddressRefusedError):
        await resolver.resolve("two-faced.example", 80)


async def test_a_name_whose_address_changes_after_the_check_is_refused_at_the_connect(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def rebound(_guard: AddressGuard, _host: str, port: int) -> list[AddressInfo]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(pool, "look_up", rebound)
    async with buyer(_taken) as running:
        verdict = await _verdict(running.url.replace("127.0.0.1", "rebinding.example"))
    assert getattr(verdict, "outcome", None) is Outcome.ERROR
    assert running.calls == []

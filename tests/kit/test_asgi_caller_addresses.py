"""Whose address a request carries, behind proxies or not."""

from ipaddress import ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadyard.kit.asgi import client_address

TRUSTED = [ip_network("10.0.0.0/8"), ip_network("::1")]


def address(peer: str | None, *forwarded: bytes, trusted: list = TRUSTED) -> str:  # type: ignore[type-arg]  # v4 and v6 mixed
    scope = {
        "client": (peer, 1234) if peer else None,
        "headers": [(b"x-forwarded-for", value) for value in forwarded],
    }
    return client_address(scope, trusted)


def test_a_direct_caller_is_the_peer() -> None:
    assert address("203.0.113.9") == "203.0.113.9"


def test_a_stranger_cannot_name_another_address() -> None:
    assert address("203.0.113.9", b"192.0.2.1") == "203.0.113.9"
    assert address("10.0.0.1", b"192.0.2.1", trusted=[]) == "10.0.0.1"


@pytest.mark.parametrize(
    ("forwarded", "caller"),
    [
        ([b"192.0.2.1"], "192.0.2.1"),
        ([b"6.6.6.6, 192.0.2.1"], "192.0.2.1"),
        ([b"6.6.6.6, 192.0.2.1, 10.1.1.1"], "192.0.2.1"),
        ([b"6.6.6.6", b"192.0.2.1,10.1.1.1"], "192.0.2.1"),
        ([b"192.0.2.1:4711"], "192.0.2.1"),
        ([b'"[2001:db8::1]:80"'], "2001:db8::1"),
        ([b"::ffff:192.0.2.1"], "192.0.2.1"),
        ([b"10.2.2.2, 10.1.1.1"], "10.2.2.2"),
        ([b"192.0.2.1, unknown"], "10.0.0.1"),
        ([b"192.0.2.1, unknown, 10.3.3.3"], "10.3.3.3"),
        ([b""], "10.0.0.1"),
        ([], "10.0.0.1"),
    ],
)
def test_a_trusted_proxy_tells_who_called(forwarded: list[bytes], caller: str) -> None:
    assert address("10.0.0.1", *forwarded) == caller


def test_a_mapped_peer_is_its_ipv4_address() -> None:
    assert address("::ffff:10.0.0.1", b"192.0.2.1") == "192.0.2.1"
    assert address("::ffff:203.0.113.9") == "203.0.113.9"


def test_a_unix_socket_is_trusted_only_with_proxies() -> None:
    assert address(None, b"192.0.2.1") == "192.0.2.1"
    assert address(None, b"192.0.2.1", trusted=[]) == ""
    assert address(None) == ""


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=40) | st.text("0123456789.:,[]% abcdef", max_size=40).map(str.encode))
def test_any_header_gives_some_address(value: bytes) -> None:
    assert address("10.0.0.1", value)

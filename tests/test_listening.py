"""One listening socket is made for all web processes, or the reason why not is said."""

import socket
import threading

import pytest

from leadyard.listening import ListenError, listen, listen_for_each


def test_port_0_picks_a_free_port_that_accepts_connections() -> None:
    with listen("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()) as client:
        accepted, address = listener.accept()
        with accepted:
            assert address == client.getsockname()


def test_an_ipv6_address_is_listened_on_too() -> None:
    with listen("::1", 0) as listener:
        assert listener.family == socket.AF_INET6


def test_a_port_in_use_is_refused_with_its_number_and_a_way_out() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ListenError, match=rf"Port {port} on 127\.0\.0\.1 is in use .* --port"):
            listen("127.0.0.1", port, patience_seconds=0)


def test_a_port_that_is_just_being_given_up_is_waited_for() -> None:
    taken = listen("127.0.0.1", 0)
    port = taken.getsockname()[1]
    threading.Timer(0.2, taken.close).start()
    with listen("127.0.0.1", port, patience_seconds=30) as listener:
        assert listener.getsockname()[1] == port


def test_a_host_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ListenError, match=r"The host nobody\.invalid is not known"):
        listen("nobody.invalid", 0)


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(ListenError, match=r"Cannot listen on 192\.0\.2\.1"):
        listen("192.0.2.1", 0)


def test_each_process_gets_a_socket_of_its_own_on_one_port() -> None:
    sockets = listen_for_each("127.0.0.1", 0, 3)
    try:
        assert len({one.getsockname() for one in sockets}) == 1
        assert len({one.fileno() for one in sockets}) == 3
    finally:
        for one in sockets:
            one.close()


def test_a_port_that_another_installation_serves_is_refused_though_both_would_share_it() -> None:
    sockets = listen_for_each("127.0.0.1", 0, 2)
    port = sockets[0].getsockname()[1]
    try:
        with pytest.raises(ListenError, match=f"Port {port}"):
            listen_for_each("127.0.0.1", port, 2, patience_seconds=0.2)
    finally:
        for one in sockets:
            one.close()

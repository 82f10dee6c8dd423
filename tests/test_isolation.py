"""The tests' own fence: no network beyond loopback, no settings of the machine."""

from __future__ import annotations

import os
import socket
import warnings

import pytest


@pytest.mark.parametrize("address", [("192.0.2.1", 9), ("example.com", 443), ("2001:db8::1", 9)])
def test_a_test_cannot_leave_the_machine(address: tuple[str, int]) -> None:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.socket(family) as line, pytest.raises(AssertionError, match="only loopback"):
        line.connect(address)
    with pytest.raises(AssertionError, match="only loopback"):
        socket.create_connection(address)


def test_a_name_is_not_even_looked_up() -> None:
    with pytest.raises(AssertionError, match="only loopback"):
        socket.getaddrinfo("slack.com", 443)


def test_loopback_is_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(("localhost", server.getsockname()[1])).close()


def test_no_setting_of_the_machine_is_seen() -> None:
    assert [
        name for name in os.environ if name.startswith(("SLACK_", "STRIPE_", "GANTRY_", "DATABASE_URL"))
    ] == []


def test_a_warning_is_an_error() -> None:
    with pytest.raises(UserWarning):
        warnings.warn("noticed", stacklevel=1)

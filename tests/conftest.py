"""Every test runs without settings of the machine, and without a network beyond loopback."""

from __future__ import annotations

import gc
import ipaddress
import os
import shutil
import socket
import ssl
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings as hypothesis_settings

from tests.support.migrated import migrated

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["migrated"]

ROOT = Path(__file__).resolve().parent.parent
OURS = ("SLACK_", "STRIPE_", "GANTRY_", "FILES_URL", "PORT")

# The usual run repeats the same cases each time; `make fuzz` looks for new ones, for longer.
hypothesis_settings.register_profile("usual", derandomize=True, deadline=None, database=None)
hypothesis_settings.register_profile("fuzz", max_examples=5000, deadline=None, database=None)
hypothesis_settings.load_profile("usual")

MEMORY = Path("/dev/shm")  # noqa: S108 - Linux's file system in memory
ENOUGH = 2 * 1024**3


def _use_memory() -> None:
    """Keep temporary files in memory where there is room, unless TMPDIR says where they belong.

    Databases are written and flushed thousands of times. What tests kill are processes, not the machine.
    """
    if "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK):
        return
    if shutil.disk_usage(MEMORY).free >= ENOUGH:
        os.environ["TMPDIR"] = str(MEMORY)
        tempfile.tempdir = None  # asked again


_use_memory()
gc.disable()  # until everything is imported and collected, see below

for _name in [name for name in os.environ if name.startswith(OURS)]:
    del os.environ[_name]


LONGEST = ("test_crash.py", "socket_mode", "test_every_view.py")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Two more than there are cores: workers whose test waits for a process or a line leave theirs idle."""
    return (os.cpu_count() or 1) + 2


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first and on one worker: nobody waits for it, or makes its views, twice."""
    items.sort(key=lambda item: not any(name in item.path.parts for name in LONGEST))


def pytest_collection_finish() -> None:
    """What was imported and collected stays until the end: looking for garbage in it again and again is slow."""
    gc.freeze()
    gc.enable()
    gc.set_threshold(50_000, 20, 100)


def pytest_sessionfinish() -> None:
    """pytest looks for garbage five times at the end, in case some of it complains: once is enough."""
    gc.collect()
    gc.freeze()


class NetworkUsedError(AssertionError):
    """A test tried to leave the machine."""


def _stays_here(host: object) -> bool:
    if host in (None, "", "localhost", b"localhost"):
        return True
    name = host.decode() if isinstance(host, bytes) else f"{host}"
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _refuse(host: object) -> None:
    raise NetworkUsedError(
        f"A test tried to reach {host!r}. Use a local double; only loopback is open to tests."
    )


@pytest.fixture(autouse=True, scope="session")
def _only_loopback() -> Iterator[None]:
    """Close the network for the whole run, also for threads that a test starts."""
    patch = pytest.MonkeyPatch()
    look_up = socket.getaddrinfo

    def connecting(name: str) -> Any:
        original = getattr(socket.socket, name)

        def checked(self: socket.socket, address: Any) -> Any:
            if self.family != socket.AF_UNIX and not _stays_here(address[0]):
                _refuse(address[0])
            return original(self, address)

        return checked

    def looking_up(host: object, *args: Any, **kwargs: Any) -> Any:
        if not _stays_here(host):
            _refuse(host)
        return look_up(host, *args, **kwargs)

    patch.setattr(socket.socket, "connect", connecting("connect"))
    patch.setattr(socket.socket, "connect_ex", connecting("connect_ex"))
    patch.setattr(socket, "getaddrinfo", looking_up)
    yield
    patch.undo()


@pytest.fixture(autouse=True, scope="session")
def _authorities_are_read_once() -> Iterator[None]:
    """Every client of httpx reads the machine's certificates again, which takes longer than most requests."""
    patch = pytest.MonkeyPatch()
    patch.setattr(ssl, "create_default_context", cache(ssl.create_default_context))
    yield
    patch.undo()


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(autouse=True)
def _no_database_but_for_postgres(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """DATABASE_URL tells the PostgreSQL tests their server; no other test may see it."""
    if request.node.get_closest_marker("postgres") is None:
        monkeypatch.delenv("DATABASE_URL", raising=False)


@pytest.fixture(scope="session")
def pictures() -> Path | None:
    """Where browser tests leave their pictures: the folder named by PICTURES, or nowhere."""
    folder = os.environ.get("PICTURES")
    if not folder:
        return None
    (ROOT / folder).mkdir(parents=True, exist_ok=True)
    return ROOT / folder

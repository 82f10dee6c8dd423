"""The real-time endpoint as tests run it: in a thread, or as a process of its own that can be killed.

As a program it serves the endpoint on a free port, which it prints, for each database that it is told.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from bot.authorization import WRITER_WAITS, Endpoint, Writer
from bot.authorization_http import StripeProtocol
from bot.clock import Clock
from bot.effects.outage import Outage
from bot.playground.running import ServerThread
from storage import Database, connect
from tests.support.authorizing import SECRET, body, signed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).resolve().parents[2]
UNDER = 5000
STRIPE_WAITS = 2.0
"""Stripe takes no answer after two seconds: neither do the tests."""


@dataclass
class Site:
    url: str
    endpoint: Endpoint | None = None
    outage: Outage | None = None
    process: subprocess.Popen[bytes] | None = None
    acknowledged: list[str] = field(default_factory=list)

    def ask(self, made: dict[str, Any]) -> dict[str, Any]:
        """The answer to one request, which must be well-formed and in time."""
        [found] = ask_all([self], [made])
        return found


def ask_all(sites: Sequence[Site], events: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every answer, all asked at once over the sites in turn."""
    return asyncio.run(_ask_all(sites, events))


async def _ask_all(sites: Sequence[Site], events: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    raws = [body(one) for one in events]
    asked = [_ask(sites[n % len(sites)].url, raw) for n, raw in enumerate(raws)]
    return [checked(one) for one in await asyncio.wait_for(asyncio.gather(*asked), 30)]


async def _ask(url: str, raw: bytes) -> httpx.Response:
    """One request on a connection of its own: a client with a pool would work harder than the endpoint."""
    place = urlsplit(url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    headers = {"host": place.netloc, "content-length": f"{len(raw)}", **signed(raw)}
    lines = ["POST /stripe/authorizations HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    writer.write("\r\n".join([*lines, "", ""]).encode() + raw)
    status, *fields = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()[:-1]
    found = dict(field.lower().split(": ", 1) for field in fields)
    content = await reader.readexactly(int(found["content-length"]))
    writer.close()
    return httpx.Response(int(status.split()[1]), headers=found, content=content)


def checked(answer: httpx.Response) -> dict[str, Any]:
    """The answer's JSON, when it is one that Stripe takes."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["stripe-version"]
    found: dict[str, Any] = answer.json()
    assert type(found["approved"]) is bool
    return found


async def _behind(_: object) -> PlainTextResponse:
    return PlainTextResponse("behind")


def endpoint(
    database: Database, deciding: Database, behind: Starlette | None = None
) -> tuple[Endpoint, Outage]:
    clock = Clock()
    outage = Outage(database, clock, owner=f"{os.getpid()}", channel="")
    made = Endpoint(
        behind or Starlette(routes=[Route("/{path:path}", _behind, methods=["GET", "POST"])]),
        Writer(deciding, clock, outage),
        outage,
        clock,
        secrets=[b"whsec_older", SECRET.encode()],
        under=UNDER,
    )
    return made, outage


@contextmanager
def thread_site(database: Database, deciding: Database, behind: Starlette | None = None) -> Iterator[Site]:
    made, outage = endpoint(database, deciding, behind)
    made.start()
    server = ServerThread(made, http=StripeProtocol)
    server.start()
    try:
        yield Site(f"http://127.0.0.1:{server.port}", made, outage)
    finally:
        server.stop()
        made.end()


@contextmanager
def child() -> Iterator[subprocess.Popen[bytes]]:
    """A process that serves one endpoint after the other; it takes a second to start."""
    process = subprocess.Popen(
        [sys.executable, "-W", "error", __file__],
        stdout=subprocess.PIPE,
        stdin=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        yield process
    finally:
        process.stdin.close()
        process.wait(timeout=30)
        process.stdout.close()


def serve(process: subprocess.Popen[bytes], url: str) -> Site:
    """The endpoint on this database, in a process that may be killed."""
    return Site(f"http://127.0.0.1:{int(_told(process, url))}", process=process)


def end(process: subprocess.Popen[bytes]) -> None:
    """Serve no longer: the database is closed."""
    assert _told(process, "") == b"ended\n"


def _told(process: subprocess.Popen[bytes], line: str) -> bytes:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{line}\n".encode())
    process.stdin.flush()
    return process.stdout.readline()


def main() -> None:
    """Serve the database of each line until an empty one, and end when standard input closes."""
    while url := sys.stdin.readline().strip():
        database, deciding = connect(url), connect(url, wait=WRITER_WAITS)
        with thread_site(database, deciding) as site:
            print(site.url.rpartition(":")[2], flush=True)
            sys.stdin.readline()
        database.close()
        deciding.close()
        print("ended", flush=True)


if __name__ == "__main__":
    main()

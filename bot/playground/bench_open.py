"""The open loop of a measurement: requests leave at their moments, each on a connection of its own.

As a program: `python -m bot.playground.bench_open ORDER`, with an order as JSON: `port`, `secret`, `body` (a
file), `first` (number of the first event), `cards`, and either `rate` with `seconds` or `burst`. With
`webhooks` (a rate) and `webhook_secret` it sends events of cards to the inbox as well. It prints one object:
the milliseconds of every authorization, from the moment at which it was to leave, and what failed.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import sys
import time
from pathlib import Path
from typing import Any, Final

AUTHORIZATIONS: Final = "/stripe/authorizations"
WEBHOOK: Final = "/stripe/webhook"
GIVE_UP: Final = 10.0


class Load:
    """One run of the open loop."""

    def __init__(self, order: dict[str, Any]) -> None:
        self._order = order
        self._body = Path(order["body"]).read_bytes()
        self._number = int(order["first"])
        self.milliseconds: list[float] = []
        self.webhooks: list[float] = []
        self.failed: dict[str, int] = {}

    async def run(self) -> None:
        """Send everything, and wait for the answers."""
        order = self._order
        if "burst" in order:
            made = [self._request() for _ in range(order["burst"])]
            began = time.perf_counter()
            await asyncio.gather(*(self._ask(one, began, self.milliseconds) for one in made))
            return
        streams = [self._stream(order["rate"], self._request, self.milliseconds)]
        if order.get("webhooks"):
            streams.append(self._stream(order["webhooks"], self._event, self.webhooks))
        await asyncio.gather(*streams)

    async def _stream(self, rate: float, make: Any, into: list[float]) -> None:  # noqa: ANN401 - one of ours
        began, tasks = time.perf_counter(), []
        for number in range(round(rate * self._order["seconds"])):
            due = began + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            tasks.append(asyncio.ensure_future(self._ask(make(), due, into)))
        await asyncio.gather(*tasks)

    async def _ask(self, request: bytes, due: float, into: list[float]) -> None:
        try:
            status = await asyncio.wait_for(self._answer(request), GIVE_UP)
        except (OSError, TimeoutError, IndexError, ValueError) as error:
            self._note(type(error).__name__)
            return
        into.append((time.perf_counter() - due) * 1000)
        if status != 200:  # noqa: PLR2004 - HTTP's
            self._note(f"{status}")

    async def _answer(self, request: bytes) -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._order["port"])
        try:
            writer.write(request)
            line = await reader.readline()
            await reader.read()  # to the end: the server closes
            return int(line.split()[1])
        finally:
            writer.close()

    def _note(self, name: str) -> None:
        self.failed[name] = self.failed.get(name, 0) + 1

    def _request(self) -> bytes:
        self._number += 1
        card = f"{self._number * 7919 % self._order['cards']:06d}".encode()
        body = self._body.replace(b"XNOWX", f"{int(time.time())}".encode())
        body = body.replace(b"XCARDX", card).replace(b"XIDX", f"{self._number:08x}".encode())
        return self._signed(AUTHORIZATIONS, body, self._order["secret"])

    def _event(self) -> bytes:
        self._number += 1
        card = {
            "id": f"ic_bench{self._number % 500}",
            "object": "issuing.card",
            "currency": "usd",
            "last4": f"{self._number % 10_000:04d}",
            "livemode": False,
            "status": "active",
            "type": "virtual",
            "cardholder": {"id": f"ich_bench{self._number % 500}"},
            "metadata": {},
        }
        event = {
            "id": f"evt_bench{self._number}",
            "object": "event",
            "created": int(time.time()),
            "data": {"object": card},
            "livemode": False,
            "type": "issuing_card.updated",
        }
        return self._signed(WEBHOOK, json.dumps(event, indent=2).encode(), self._order["webhook_secret"])

    @staticmethod
    def _signed(path: str, body: bytes, secret: str) -> bytes:
        stamp = f"{int(time.time())}"
        proof = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        lines = (
            f"POST {path} HTTP/1.1",
            "Host: 127.0.0.1",
            "Connection: close",
            "Content-Type: application/json",
            f"Stripe-Signature: t={stamp},v1={proof}",
            f"Content-Length: {len(body)}",
        )
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def main(order: str) -> None:
    """Run one order and print what came of it."""
    load = Load(json.loads(order))
    asyncio.run(load.run())
    found = {
        "milliseconds": sorted(load.milliseconds),
        "webhooks": sorted(load.webhooks),
        "failed": load.failed,
    }
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])

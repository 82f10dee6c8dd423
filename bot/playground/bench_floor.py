"""The floor of a measurement: the fastest server that only checks the signature and reads the body.

As a program: `python -m bot.playground.bench_floor PORT SECRET`, until it is told to end.
"""

from __future__ import annotations

import gc
import hmac
import sys
import time
from typing import TYPE_CHECKING, Any, Final

import orjson
import uvicorn

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
    Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

ANSWER: Final = b'{"approved":true}'


def floor(secret: bytes) -> Callable[..., Awaitable[None]]:
    """Return the application."""
    start = {
        "type": "http.response.start",
        "status": 200,
        "headers": [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(ANSWER))],
    }
    end = {"type": "http.response.body", "body": ANSWER}

    async def app(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        message = await receive()
        body: bytes = message["body"]
        while message.get("more_body"):
            message = await receive()
            body += message["body"]
        header = next(value for name, value in scope["headers"] if name == b"stripe-signature")
        stamp, _, given = header.partition(b",v1=")
        proof = hmac.digest(secret, b"%b.%b" % (stamp[2:], body), "sha256").hex().encode()
        valid = hmac.compare_digest(proof, given) and abs(time.time() - int(stamp[2:])) < 300  # noqa: PLR2004
        if not valid or not orjson.loads(body)["data"]["object"]["id"]:
            raise ValueError("the measurement signs wrongly")
        await send(start)
        await send(end)

    return app


def main(port: int, secret: str) -> None:
    """Serve on a loopback port."""
    app = floor(secret.encode())
    gc.collect()
    gc.freeze()
    uvicorn.run(app, port=port, log_level="critical", access_log=False, lifespan="off", proxy_headers=False)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])

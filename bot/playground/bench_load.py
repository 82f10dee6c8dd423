"""The load of a measurement, in a process of its own so that it takes no time from what it measures.

Standard input: one line of JSON that describes the clicks, then one for each round; each round is answered by
one line of JSON on standard output.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from bot.playground.dispatch import signature

OK: Final = 200
NOTHING_LEFT: Final = "nothing left"
"""Counted once for each person who has clicked all of their buttons: the round is shorter for them."""
MARKS: Final = ("XUSERX", "XCHANNELX", "XACTIONX", "XVALUEX", "XTRIGGERX")
"""Words of the body that are replaced for each click; they need no escaping in a form."""


@dataclass
class Clicker:
    """One person at one connection, kept alive, who clicks as soon as the last click is acknowledged."""

    port: int
    secret: str
    template: str
    user: str
    channel: str
    buttons: list[list[str]]
    at: int = 0
    milliseconds: list[float] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)

    async def round(self, kind: str, seconds: float) -> None:
        """Send requests for so many seconds, or until there is nothing left to click."""
        self.milliseconds, self.answers = [], Counter()
        end = time.perf_counter() + seconds
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            while time.perf_counter() < end:
                request = self._request() if kind == "click" else self._floor()
                if request is None:
                    self.answers[NOTHING_LEFT] += 1
                    return
                began = time.perf_counter()
                writer.write(request)
                status, length = await asyncio.wait_for(_answer(reader), 30)
                self.milliseconds.append((time.perf_counter() - began) * 1000)
                # A click is acknowledged by an empty body; words would mean that it was refused.
                good = status == OK and (kind != "click" or not length)
                self.answers["ok" if good else f"http {status}"] += 1
        except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
            self.answers[type(error).__name__] += 1
        finally:
            writer.close()

    def _floor(self) -> bytes:
        return b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"

    def _request(self) -> bytes | None:
        if self.at == len(self.buttons):
            return None
        action, value = self.buttons[self.at]
        self.at += 1
        text = self.template
        trigger = f"{self.user}.{self.at}.{time.time_ns()}"
        new = (self.user, self.channel, action.replace(":", "%3A"), value, trigger)
        for mark, word in zip(MARKS, new, strict=True):
            text = text.replace(mark, word)
        body = text.encode()
        stamp = int(time.time())
        head = (
            "POST /slack/events HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n"
            f"X-Slack-Request-Timestamp: {stamp}\r\n"
            f"X-Slack-Signature: {signature(self.secret, stamp, body)}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


async def _answer(reader: asyncio.StreamReader) -> tuple[int, int]:
    """Return the status of an answer and the length of its body."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    before, _, after = head.partition(b"content-length:")
    length = int(after.split(b"\r\n", 1)[0]) if after else 0
    await reader.readexactly(length)
    return int(before.split(b" ", 2)[1]), length


async def _run() -> None:
    plan: dict[str, Any] = json.loads(await asyncio.to_thread(sys.stdin.readline))
    people = [Clicker(**shared) for shared in _each(plan)]
    while line := await asyncio.to_thread(sys.stdin.readline):
        order = json.loads(line)
        began = time.perf_counter()
        await asyncio.gather(*(one.round(order["kind"], order["seconds"]) for one in people))
        answers: Counter[str] = Counter()
        for one in people:
            answers.update(one.answers)
        result = {
            "seconds": time.perf_counter() - began,
            "milliseconds": [round(ms, 3) for one in people for ms in one.milliseconds],
            "answers": dict(answers),
        }
        sys.stdout.write(json.dumps(result) + "\n")
        sys.stdout.flush()


def _each(plan: dict[str, Any]) -> list[dict[str, Any]]:
    shared = {name: plan[name] for name in ("port", "secret", "template")}
    return [{**shared, **person} for person in plan["people"]]


if __name__ == "__main__":
    asyncio.run(_run())

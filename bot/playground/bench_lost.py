"""`gantry bench lost-card`: from the click that freezes a card until an authorization of it is declined.

The bot is an ordinary child process on SQLite with every commit on disk, beside a local Stripe. While 32
people click as fast as they are answered, and cards are used all the time, one person freezes four cards a
second; as soon as each click is acknowledged the card is used, and must be declined.
"""

from __future__ import annotations

import http.client
import json
import os
import platform
import statistics
import sys
import tempfile
import threading
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from bot.domain.stripe_signature import sign
from bot.playground import bench_seed, bench_slow
from bot.playground.asgi import build
from bot.playground.bench import _load_process, percentile
from bot.playground.bench_request import event
from bot.playground.bot_process import BotProcess, database_url
from bot.playground.dispatch import signature
from bot.playground.identity import BOT_USER, TEAM_ID
from bot.playground.running import ServerThread
from bot.playground.slack import Slack
from bot.playground.stripe import acts
from bot.playground.stripe.local import PLATFORM, LocalStripe
from bot.services import person
from storage import connect, migrate
from storage.plain import add
from storage.tables_stripe import Card

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Line = http.client.HTTPConnection
SECRET: Final = "whsec_bench"  # noqa: S105 - of a server that lives for a minute
REPORTER: Final = ("U0BENCHOPS", "C0BENCHOPS")
BETWEEN: Final = 0.25
AIM_MS: Final = 100.0


@dataclass(frozen=True)
class Size:
    """How much is measured: people who click beside it, cards to freeze, authorizations a second."""

    people: int = 32
    cards: int = 120
    used_per_second: float = 50.0
    programs_each: int = 8


@dataclass
class Figures:
    """What was measured, in milliseconds, and what went wrong."""

    click: list[float] = field(default_factory=list)
    declined: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    used: int = 0


def lost_card(*, as_json: bool, size: Size | None = None) -> int:
    """Measure, print a short table, and with `as_json` one JSON object as the last line.

    Returns:
        The exit code: 0, or 1 when a card was not declined, or when the 99th percentile is 100 ms or more.
    """
    report = measure(size or Size())
    for line in table(report):
        sys.stdout.write(f"{line}\n")
    if as_json:
        sys.stdout.write(json.dumps(report) + "\n")
    sys.stdout.flush()
    return 0 if not report["wrong"] and report["click_p99_ms"] < AIM_MS else 1


def measure(size: Size) -> dict[str, Any]:
    """Run everything once and return the figures under their names of the JSON object."""
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="gantry-bench-", ignore_cleanup_errors=True) as place:
        folder = Path(place)
        (folder / "clock").write_text("0", encoding="ascii")
        local = Slack(rates=False, talk=False)
        members = bench_slow.people(size.people)
        bench_slow.settle(local, [*members, REPORTER], BOT_USER)
        planted = _plant(folder, members, size)
        with LocalStripe() as stripe, _known_to(stripe, size), _bot(local, folder, stripe) as bot:
            figures, load = _measured(local, bot, planted, size)
    clicks = sorted(figures.click)
    declined = sorted(figures.declined)
    return {
        "click_p50_ms": round(statistics.median(clicks), 2),
        "click_p99_ms": round(percentile(clicks, 99), 2),
        "click_max_ms": round(clicks[-1], 2),
        "declined_p50_ms": round(statistics.median(declined), 2),
        "declined_p99_ms": round(percentile(declined, 99), 2),
        "cards": len(clicks),
        "wrong": figures.wrong[:5],
        "people": size.people,
        "clicks_per_second": round(load["rps"], 1),
        "used_per_second": round(figures.used / load["seconds"], 1),
        "seconds": round(time.perf_counter() - began, 1),
        "load": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
    }


def table(report: Mapping[str, Any]) -> list[str]:
    """Return the figures as a few lines for people."""
    click = [f"{report[f'click_{name}_ms']} ms" for name in ("p50", "p99", "max")]
    load = f"{report['people']} people click {report['clicks_per_second']} times a second"
    rows = (
        ("load", f"{load}, cards are used {report['used_per_second']} times a second; SQLite FULL"),
        (
            "click → here",
            "p50 {}, p99 {}, max {}".format(*click),
        ),
        (
            "click → declined",
            f"p50 {report['declined_p50_ms']} ms, p99 {report['declined_p99_ms']} ms, with Stripe's answer",
        ),
        ("proof", f"{report['cards']} cards frozen and used at once, {len(report['wrong'])} not declined"),
        ("aim", f"p99 below {AIM_MS:.0f} ms; load of the machine {report['load']}"),
    )
    return [f"{name:<18}{words}" for name, words in rows]


def _plant(folder: Path, members: Sequence[tuple[str, str]], size: Size) -> list[bench_seed.Clicks]:
    url = database_url(folder)
    migrate(url)
    database = connect(url)
    now = datetime.now(UTC)
    try:
        with database.transaction() as session:
            found = {"name": "operator", "locale": "en-US", "tz": "Europe/London"}
            person.remember(session, team=TEAM_ID, user=REPORTER[0], found=found, now=now)
            for number in range(size.cards):
                add(
                    session,
                    Card,
                    {"id": _card(number), "livemode": False, "last4": f"{number:04d}", "status": "active"},
                )
        return bench_seed.plant(database, members, size.programs_each)
    finally:
        database.close()


def _card(number: int) -> str:
    return f"ic_1QbenchCardL{number:05d}"


@contextmanager
def _known_to(stripe: LocalStripe, size: Size) -> Iterator[None]:
    """Let Stripe have the cards."""
    holder = acts.cardholder(stripe.vault, PLATFORM, "Noor Haddad")["id"]
    for number in range(size.cards):
        acts.card(stripe.vault, PLATFORM, holder, id=_card(number), status="active")
    yield


@contextmanager
def _bot(local: Slack, folder: Path, stripe: LocalStripe) -> Iterator[BotProcess]:
    server = ServerThread(build(local))
    local.origin = f"http://127.0.0.1:{server.port}"
    extra = {
        "GANTRY_CLOCK_FILE": "",
        "GANTRY_OPERATORS": REPORTER[0],
        "GANTRY_FALLBACK": "decline",
        "STRIPE_API_KEY": "rk_test_bench",
        "STRIPE_API_URL": stripe.origin,
        "STRIPE_AUTHORIZATION_SECRETS": SECRET,
    }
    bot = BotProcess(local, folder, extra=extra)
    server.start()
    try:
        server.do(bot.start())
        yield bot
    finally:
        server.do(bot.stop())
        server.stop()


def _measured(
    local: Slack, bot: BotProcess, planted: Sequence[bench_seed.Clicks], size: Size
) -> tuple[Figures, dict[str, float]]:
    figures = Figures()
    ended = threading.Event()
    using = threading.Thread(target=_use, args=(bot.port, size, figures, ended), daemon=True)
    with _load_process(local, bot.port, planted) as order:
        with _line(bot.port) as first:
            _swipe(first, "warm", "warm")  # the account has asked
        order("click", 1.0)
        using.start()
        result: dict[str, Any] = {}
        seconds = size.cards * BETWEEN
        clicking = threading.Thread(target=lambda: result.update(order("click", seconds)), daemon=True)
        clicking.start()
        _report_all(local, bot.port, size, figures)
        clicking.join()
        ended.set()
        using.join()
    answered = len(result["milliseconds"])
    return figures, {"rps": answered / result["seconds"], "seconds": result["seconds"]}


def _report_all(local: Slack, port: int, size: Size, figures: Figures) -> None:
    with _line(port) as clicks, _line(port) as swipes:
        _freeze_all(local, clicks, swipes, size, figures)


def _freeze_all(local: Slack, clicks: Line, swipes: Line, size: Size, figures: Figures) -> None:
    due = time.perf_counter()
    for number in range(size.cards):
        time.sleep(max(0.0, due - time.perf_counter()))
        due = max(due + BETWEEN, time.perf_counter())
        card = _card(number)
        user, channel = REPORTER
        payload = bench_slow.click_body(
            local, user, channel, (f"lost.freeze:{card}", card), f"t.{time.time_ns()}"
        )
        body = urlencode({"payload": json.dumps(payload)}).encode()
        stamp = int(time.time())
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Slack-Request-Timestamp": str(stamp),
            "X-Slack-Signature": signature(local.signing_secret, stamp, body),
        }
        began = time.perf_counter()
        clicks.request("POST", "/slack/events", body, headers)
        answer = clicks.getresponse()
        refused = answer.status != http.HTTPStatus.OK or bool(answer.read())
        figures.click.append((time.perf_counter() - began) * 1000)
        rule = _swipe(swipes, f"L{number:05d}", f"L{number:05d}")
        figures.declined.append((time.perf_counter() - began) * 1000)
        if refused or rule != "card_reported":
            figures.wrong.append(f"{card}: {rule}")


def _swipe(connection: Line, mark: str, card: str) -> str:
    """Use a card; the rule that declined, or `none`."""
    body = json.dumps(event(mark, card, int(time.time()))).encode()
    headers = {"Stripe-Signature": sign(body, SECRET, int(time.time())), "Content-Type": "application/json"}
    connection.request("POST", "/stripe/authorizations", body, headers)
    found = json.loads(connection.getresponse().read())
    return str(found["metadata"]["rule"]) if not found["approved"] else "none"


def _use(port: int, size: Size, figures: Figures, ended: threading.Event) -> None:
    """Use other cards all the time."""
    with _line(port) as connection:
        while not ended.wait(1 / size.used_per_second):
            figures.used += 1
            _swipe(connection, f"U{figures.used:06d}", f"U{figures.used % 50:05d}")


def _line(port: int) -> closing[Line]:
    """Return a connection that is kept alive for a block."""
    return closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30))

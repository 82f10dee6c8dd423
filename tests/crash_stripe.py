"""Kills the worker with SIGKILL at each call to Stripe, and counts cards canceled and made, disputes, files.

    python tests/crash_stripe.py --kills 16 [--json]

A person reports a card, revokes it and orders a new one; two people dispute the thief's purchase with a file and
submit it. At each of the eight calls the worker dies twice: as the call arrives, before Stripe did anything; and
after Stripe did it, before the answer left. Every round of sixteen kills is about a card of its own. Exit code 1
when anything happened twice, or not at all.
"""

from __future__ import annotations

import argparse
import io
import json
import multiprocessing
import os
import re
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlmodel import col, select, update

ROOT = Path(__file__).resolve().parent.parent
# A script sees its own folder first, and there `storage` would be the tests of the storage.
sys.path[0] = str(ROOT)

from PIL import Image  # noqa: E402 - after the path

from bot.playground.bot_process import database_url, environment, free_port  # noqa: E402 - the same
from bot.playground.identity import OLGA, OPS, SAM  # noqa: E402 - the same
from bot.playground.local import LocalSlack  # noqa: E402 - the same
from bot.playground.stripe import acts, disputes  # noqa: E402 - the same
from bot.playground.stripe import local as local_stripe  # noqa: E402 - the same
from bot.playground.stripe.errors import StripeProblem  # noqa: E402 - the same
from bot.playground.stripe.local import PLATFORM, LocalStripe  # noqa: E402 - the same
from bot.services.lost_replace import LIMITS  # noqa: E402 - the same
from storage import Database, connect, migrate  # noqa: E402 - the same
from storage.tables import OutboxMessage, SlackEvent  # noqa: E402 - the same
from storage.tables_call import StripeCall  # noqa: E402 - the same
from storage.tables_dispute import Dispute, DisputePaper  # noqa: E402 - the same
from storage.tables_lost import LostCard  # noqa: E402 - the same
from storage.tables_stripe import Transaction  # noqa: E402 - the same
from storage.tables_stripe_event import StripeEvent  # noqa: E402 - the same

SECRET = "whsec_crash"
PATIENCE = 60.0
CALLS = ("freeze", "cancel", "limits", "replace", "create", "file", "change", "submit")
MOMENTS = [("after", name) for name in CALLS] + [("before", name) for name in CALLS]
"""Those after which Stripe has done it come first: with few kills, all of them are played."""
IMPORTED = ["bot.app", "bot.web", "uvicorn", "stripe", "requests", "alembic.command", "tests.crash_stripe"]
ONCE = ("issuing_card.created", "issuing_dispute.created", "issuing_dispute.submitted")
WAITING: tuple[tuple[Any, str], ...] = (
    (StripeCall, "open"),
    (DisputePaper, "waiting"),
    (StripeEvent, "pending"),
    (SlackEvent, "pending"),
)
_CARD = re.compile(r"/v1/issuing/cards/\w+")
_DISPUTE = re.compile(r"/v1/issuing/disputes/\w+")


def be(word: str, settings: Mapping[str, str], log: str) -> None:
    """Be `gantry web` or `gantry worker`, forked from a process which has imported everything."""
    os.environ.clear()
    os.environ.update(settings)
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(out, 1)
    os.dup2(out, 2)
    from bot.__main__ import app

    app([word])


class Forked:
    """A process of Gantry's, started and killed."""

    def __init__(self, word: str, settings: Mapping[str, str], log: Path) -> None:
        self._word = word
        # Its standard input is no pipe from here; it is a daemon, which ends with this process.
        self._settings = {name: value for name, value in settings.items() if name != "GANTRY_PARENT_PIPE"}
        self._log = log
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(IMPORTED)
        self._process: Any = None
        self._lock = threading.Lock()
        self.kills = 0

    @property
    def alive(self) -> bool:
        """Whether it runs now."""
        return self._process is not None and self._process.is_alive()

    def start(self) -> None:
        """Start it, if it does not run."""
        with self._lock:
            if not self.alive:
                self._process = self._context.Process(
                    target=be, args=(self._word, self._settings, f"{self._log}"), daemon=True
                )
                self._process.start()

    def kill(self) -> None:
        """`kill -9`."""
        with self._lock:
            self._process.kill()
            self._process.join()
            self.kills += 1

    def end(self) -> None:
        """End it politely."""
        with self._lock:
            if self._process is not None:
                self._process.terminate()
                self._process.join(10)


def name_of(method: str, path: str, body: bytes) -> str:
    """Return which of the calls of both flows a request is, or an empty text."""
    if method == "GET":
        return "limits" if _CARD.fullmatch(path) else ""  # handling an event also reads a card
    if _CARD.fullmatch(path):
        return "cancel" if b"status=canceled" in body else "freeze"
    if _DISPUTE.fullmatch(path):
        return "change"
    if path.endswith("/submit"):
        return "submit"
    plain = {"/v1/issuing/cards": "replace", "/v1/issuing/disputes": "create", "/v1/files": "file"}
    return plain.get(path, "")


@dataclass
class Killer:
    """Stands between the worker and Stripe."""

    worker: Forked
    asked: Callable[[str], bool]
    planned: Counter[tuple[str, str]] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Look at every request that the local Stripe answers."""
        answer: Callable[..., Any] = local_stripe.answer

        def watched(vault: Any, method: str, path: str, query: str, body: bytes, headers: Any) -> Any:
            name = name_of(method, path, body)
            if name == "limits" and not self.asked(LIMITS):
                name = ""
            self.calls[name] += 1
            if self._strikes("before", name):
                raise StripeProblem("Nobody is there to read this.", status=500)
            found = answer(vault, method, path, query, body, headers)
            self._strikes("after", name)
            return found

        local_stripe.answer = watched
        try:
            yield
        finally:
            local_stripe.answer = answer

    def _strikes(self, moment: str, name: str) -> bool:
        if not self.planned[moment, name]:
            return False
        self.planned[moment, name] -= 1
        self.worker.kill()
        return True


@dataclass
class Story:
    """People, the bot's processes, and what they share."""

    slack: LocalSlack
    stripe: LocalStripe
    database: Database
    worker: Forked
    killer: Killer

    def until(self, what: str, true: Callable[[], object]) -> Any:
        """Let events arrive and the dead be replaced until something is true.

        Raises:
            TimeoutError: it is not after a minute.
        """
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if not self.worker.alive:
                self._end_leases()
                self.worker.start()
            self.stripe.deliver()
            if found := true():
                return found
            time.sleep(0.02)
        raise TimeoutError(f"{what}: not within {PATIENCE:g} seconds")

    def _end_leases(self) -> None:
        """What the dead worker had taken is free at once instead of after a minute; no other one is there."""
        now = datetime.now(UTC)
        with self.database.transaction() as session:
            for table, state in WAITING:
                session.exec(
                    update(table)
                    .where(col(table.state) == state, col(table.next_attempt_at) > now)
                    .values(next_attempt_at=now)
                )
            session.exec(
                update(OutboxMessage)
                .where(col(OutboxMessage.state) == "sending", col(OutboxMessage.lease_until) > now)
                .values(lease_until=now)
            )

    def rows(self, table: type[Any], **wanted: object) -> list[Any]:
        """The rows of a table that hold these values."""
        with self.database.reading() as session:
            found = session.exec(select(table)).all()
        return [row for row in found if all(getattr(row, name) == value for name, value in wanted.items())]

    def one(self, what: str, table: type[Any], **wanted: object) -> Any:
        """Wait for such a row."""
        return self.until(what, lambda: next(iter(self.rows(table, **wanted)), None))

    def form(self, person: str, button: str) -> None:
        """Click a button that opens a form, as soon as it is there."""

        def there() -> bool:
            blocks = [f"{message.blocks}" for message in self.slack.messages(OPS)]
            return any(f"'{button}'" in one for one in blocks)

        self.until(button, there)
        self.slack.click(person, button, channel=OPS)
        self.until(f"the form of {button}", lambda: self.slack.view(person))

    def send(self, person: str, **fields: object) -> None:
        """Send the form in front of somebody off."""
        told = self.slack.submit(person, fields)
        if told != {"ok": True}:
            raise AssertionError(f"{fields}: {told}")


def lost(story: Story, card: str, last4: str) -> None:
    """Report, revoke, replace."""
    story.slack.command(SAM, OPS, f"/lost-card {last4}")
    story.slack.click(SAM, f"lost.freeze:{card}", channel=OPS)
    case = story.one("the report", LostCard, card=card).id
    story.until("stopped", lambda: next(iter(story.rows(LostCard, card=card))).stopped_at)
    story.form(SAM, f"lost.ask_revoke:{case}")
    story.send(SAM, kind="stolen")
    story.one("revoked", LostCard, card=card, state="revoked")
    story.form(SAM, f"lost.ask_replace:{case}")
    story.send(SAM, type="virtual")
    story.until("a new card", lambda: next(iter(story.rows(LostCard, card=card))).new_card)
    story.slack.close(SAM, everything=True)


def disputed(story: Story, paid: str) -> None:
    """Open a dispute, give a file, ask for a second look, submit."""

    def row() -> Any:
        return story.rows(Dispute, transaction=paid)[0]

    def kept() -> bool:
        return row().kept == row().wanted and not row().call

    story.slack.command(SAM, OPS, f"/dispute new {paid}")
    story.until("the form", lambda: story.slack.view(SAM))
    story.send(SAM, reason="fraudulent")
    story.until("a draft at Stripe", kept)
    written = io.BytesIO()
    Image.new("RGB", (60, 40), "red").save(written, "PNG")
    proof = story.slack.upload(SAM, "receipt.png", written.getvalue())
    story.send(SAM, explanation="I never bought this.", additional_documentation=[proof.id])
    story.until(
        "the file", lambda: [one for one in story.rows(DisputePaper, dispute_id=row().id) if one.stripe]
    )
    story.until("evidence at Stripe", kept)
    story.send(SAM)
    story.one("asked", Dispute, transaction=paid, state="asked")
    story.form(OLGA, f"dispute.check:{row().id}")
    story.send(OLGA, sure=["yes"])
    story.one("submitted", Dispute, transaction=paid, state="submitted")
    for person in (SAM, OLGA):
        story.slack.close(person, everything=True)


def round_of(story: Story, number: int) -> list[str]:
    """Play both flows about a card of its own; returns what happened more or less than once."""
    vault, last4 = story.stripe.vault, f"{4200 + number}"
    card = story.stripe.issue(last4=last4)
    used = acts.authorize(vault, PLATFORM, card["id"], 7_000)
    paid = acts.capture(vault, PLATFORM, used["id"])
    story.one("the purchase", Transaction, id=paid["id"])
    before, files = Counter(kind for kind in _told(story)), len(_files(story))
    lost(story, card["id"], last4)
    disputed(story, paid["id"])
    story.until("all said", lambda: not _unsaid(story))
    made = Counter(_told(story)) - before
    news = [one for one in vault.all(PLATFORM, acts.CARD) if one["replacement_for"] == card["id"]]
    theirs = [one for one in vault.all(PLATFORM, disputes.DISPUTE) if one["transaction"] == paid["id"]]
    counts = {
        "new cards": len(news),
        "disputes": len(theirs),
        "files": len(_files(story)) - files,
        "cancellations": made["issuing_card.canceled"],
        **{kind: made[kind] for kind in ONCE},
        "calls that are not done": 1 + sum(row.state != "done" for row in story.rows(StripeCall)),
        "dead letters": 1 + len(story.rows(OutboxMessage, state="dead")),
    }
    return [f"round {number}: {what}: {count}" for what, count in counts.items() if count != 1]


def _told(story: Story) -> Iterator[str]:
    """The kinds of events Stripe has made; a card that becomes canceled is a kind of its own."""
    canceled = set()
    for _, event in list(story.stripe.vault.events):
        about = event["data"]["object"]
        yield event["type"]
        if about["object"] == acts.CARD and about["status"] == "canceled":
            if about["id"] not in canceled:
                yield "issuing_card.canceled"
            canceled.add(about["id"])


def _files(story: Story) -> list[Any]:
    return [one for (_, kind, _), one in story.stripe.vault.objects.items() if kind == disputes.FILE]


def _unsaid(story: Story) -> list[Any]:
    return [row for row in story.rows(OutboxMessage) if row.state in {"pending", "sending", "ambiguous"}]


def run(folder: Path, kills: int) -> tuple[dict[str, Any], list[str]]:
    """Play rounds until the worker was killed so often; returns figures, and each problem as a sentence."""
    began = time.monotonic()
    manifest = json.loads((ROOT / "manifest.json").read_text(encoding="utf-8"))
    (folder / "clock").write_text("0", encoding="ascii")
    url = database_url(folder)
    migrate(url)
    problems, rounds = [], 0
    with closing(connect(url)) as database, LocalSlack(manifest=manifest) as slack, LocalStripe() as stripe:
        port = free_port()
        extra = {
            "STRIPE_API_KEY": "sk_test_local",
            "STRIPE_API_URL": stripe.origin,
            "STRIPE_WEBHOOK_SECRETS": SECRET,
        }
        settings = environment(slack.slack, folder, url, port, extra)
        web = Forked("web", settings, folder / "web.log")
        worker = Forked("worker", settings, folder / "worker.log")

        def asked(act: str) -> bool:
            with database.reading() as session:
                wanted = (StripeCall.act == act, StripeCall.state == "open")
                return session.exec(select(StripeCall.id).where(*wanted)).first() is not None

        story = Story(slack, stripe, database, worker, Killer(worker, asked))
        slack.attach(f"http://127.0.0.1:{port}")
        stripe.attach(f"http://127.0.0.1:{port}/stripe/webhook", SECRET)
        try:
            web.start()
            with story.killer.watching():
                while worker.kills < kills and not problems:
                    rounds += 1
                    story.killer.planned.update(MOMENTS[: kills - worker.kills])
                    try:
                        problems += round_of(story, rounds)
                    except (TimeoutError, AssertionError) as error:
                        problems.append(f"round {rounds}: {error}")
        finally:
            worker.end()
            web.end()
        said = [message.text for message in slack.messages(OPS) if message.bot]
    for words, most in (("is submitted, by", rounds), ("canceled at Stripe, for good", rounds)):
        told = sum(words in text and "sent again" not in text for text in said)
        if told > most:
            problems.append(f"“{words}” was said {told} times for {most} cards")
    figures = {
        "kills": worker.kills,
        "rounds": rounds,
        "calls": sum(count for name, count in story.killer.calls.items() if name),
        "sent_again": sum("sent again" in text for text in said),
        "problems": len(problems),
        "seconds": round(time.monotonic() - began, 1),
    }
    return figures, problems


def main(arguments: list[str]) -> int:
    """Run it and print its figures; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=len(MOMENTS))
    parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")
    wanted = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="gantry-crash-") as folder:
        figures, problems = run(Path(folder), wanted.kills)
    for problem in problems[:40]:
        print(problem)
    rounds = figures["rounds"]
    print(
        f"{figures['kills']} kills at {figures['calls']} calls to Stripe in {figures['seconds']} s: for {rounds} "
        f"cards {rounds} cancellations, {rounds} new cards, {rounds} disputes, {rounds} files, {rounds} submissions; "
        f"doubled or missing: {figures['problems']}; sent again: {figures['sent_again']}"
    )
    if wanted.json:
        print(json.dumps(figures))
    return 1 if problems else 0


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main(sys.argv[1:]))

"""Kills Gantry with SIGKILL while people work with it, and counts what was lost or said twice.

    python tests/crash.py --kills 100 [--seed 7] [--json] [--hurry] [--socket] [--parts] [--postgres]

Exit code 1 when anything was lost or doubled. Messages marked as sent again are counted, not doubles.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlmodel import col, update

ROOT = Path(__file__).resolve().parent.parent
# A script sees its own folder first, and there `storage` would be the tests of the storage.
sys.path[0] = str(ROOT)

from bot.playground.bot_process import database_url, environment, free_port  # noqa: E402 - after the path
from bot.playground.local import LocalSlack  # noqa: E402 - the same
from storage import Database, connect, migrate  # noqa: E402 - the same
from storage.tables import Evidence, OutboxMessage, SlackEvent  # noqa: E402 - the same
from tests import crash_count  # noqa: E402 - the same
from tests.crash_story import Ledger, Team  # noqa: E402 - the same
from tests.postgres import empty, server  # noqa: E402 - the same

START_SECONDS = 60.0
CALM_SECONDS = 600.0
TEAMS = (
    ("U0LENA", "U0NOOR", "C0CARDS"),
    ("U0CLAIRE", "U0MARC", "C0CARTES"),
    ("U0OLGA", "U0SAM", "C0OPS"),
)
OPERATOR = ("U0OLGA", "C0OPS")
RETRIES = (0.3, 0.7, *[1.0] * 10, *[2.0] * 60)
"""Slack sends an event again for five minutes; here the bot is down for most of the time, so it does so often."""
SHOWN_MOST = 20
"""So many dead letters `/gantry outbox` shows at once, the newest first."""
REVIVED_MOST = 200
ONE_OF_SEVERAL = 0.8


class BotGoneError(Exception):
    """The bot did not come up; the message ends with its log."""


RUN = ("run",)
PARTS = ("web", "worker", "worker")


class Part:
    """One process of Gantry, started and killed."""

    def __init__(self, word: str, settings: Mapping[str, str], log: Path) -> None:
        self._word = word
        self._settings = dict(settings)
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def alive(self) -> bool:
        """Whether it runs now."""
        return self._process is not None and self._process.poll() is None

    @property
    def owner(self) -> str:
        """How the rows name the process that runs now."""
        return f"{self._process.pid}-" if self._process else "-"

    def start(self) -> None:
        """Start it; it may not be ready yet."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "bot", self._word],
                env=self._settings,
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
            )

    def kill(self) -> None:
        """`kill -9`."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()

    def end(self) -> None:
        """End it politely, as the playground does: its standard input closes."""
        if not self.alive:
            return
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Child:
    """Gantry as it runs in production: `gantry run`, or `gantry web` with two `gantry worker`."""

    def __init__(
        self, slack: LocalSlack, folder: Path, url: str, *, socket: bool, words: Sequence[str] = RUN
    ) -> None:
        self._log = folder / "bot.log"
        port = free_port()
        extra = {"SLACK_APP_TOKEN": slack.app_token} if socket else {}
        settings = environment(slack.slack, folder, url, port, extra)
        self._parts = [Part(word, settings, self._log) for word in words]
        self.url = f"http://127.0.0.1:{port}"
        self.kills = 0

    def start(self) -> None:
        """Start what does not run, and wait until Slack's requests can be answered.

        Raises:
            BotGoneError: something ended, or was not ready within a minute.
        """
        for part in self._parts:
            if not part.alive:
                part.start()
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and all(part.alive for part in self._parts):
            try:
                with urllib.request.urlopen(f"{self.url}/readyz", timeout=2):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        raise BotGoneError(f"the bot did not come up\n{self.log()[-4000:]}")

    def kill(self, dice: random.Random) -> None:
        """`kill -9`: the one process, or one of several, or now and then all of them at once."""
        parts = self._parts
        if len(parts) > 1 and dice.random() < ONE_OF_SEVERAL:
            parts = [dice.choice(parts)]
        for part in parts:
            part.kill()
        self.kills += 1

    def end(self) -> None:
        """End everything politely."""
        for part in self._parts:
            part.end()

    def log(self) -> str:
        """Everything that was written."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    @property
    def owners(self) -> list[str]:
        """How the rows name the processes that run now."""
        return [part.owner for part in self._parts]


class Killer:
    """Chooses the moment: any, just after somebody asked for something, or while a message leaves."""

    def __init__(self, slack: LocalSlack, child: Child, dice: random.Random) -> None:
        self._slack = slack
        self._child = child
        self._dice = dice

    def strike(self) -> None:
        """Let it live for a moment, kill it, start it again."""
        aim = self._dice.choice((self._any, self._asked, self._leaving))
        time.sleep(self._dice.uniform(0, 1.5))
        aim()
        self._child.kill(self._dice)
        self._slack.faults.slow = False
        time.sleep(self._dice.uniform(0, 0.3))
        self._child.start()

    def _any(self) -> None:
        time.sleep(self._dice.uniform(0, 1.5))

    def _asked(self) -> None:
        self._await("to_bot", "")
        time.sleep(self._dice.uniform(0, 0.04))

    def _leaving(self) -> None:
        # Slack has done what it was asked, and its answer is on its way: nobody can know that it arrived.
        if self._dice.random() < 0.5:
            self._slack.faults.slow_seconds = 0.4
            self._slack.faults.slow = True
        self._await("from_bot", "chat.")
        time.sleep(self._dice.uniform(0, 0.02))

    def _await(self, direction: str, kind: str) -> None:
        last = self._slack.traffic[-1].n if self._slack.traffic else 0
        end = time.monotonic() + 3
        while time.monotonic() < end:
            newer = self._slack.slack.traffic.after(last)
            if any(entry.direction == direction and entry.kind.startswith(kind) for entry in newer):
                return
            time.sleep(0.002)


def main(arguments: list[str]) -> int:
    """Run the story and print its figures; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")
    parser.add_argument("--keep", type=Path, help="leave the database and the bot's log in this folder")
    parser.add_argument(
        "--hurry", action="store_true", help="end the leases of the dead at once instead of waiting for them"
    )
    parser.add_argument("--socket", action="store_true", help="Socket Mode instead of signed HTTP")
    parser.add_argument("--parts", action="store_true", help="one web and two workers instead of `run`")
    parser.add_argument("--postgres", action="store_true", help="PostgreSQL (see make test-postgres)")
    wanted = parser.parse_args(arguments)
    with _folder(wanted.keep) as folder, _database(folder, postgres=wanted.postgres) as url:
        figures, problems = run(
            folder,
            url,
            kills=wanted.kills,
            seed=wanted.seed,
            hurry=wanted.hurry,
            socket=wanted.socket,
            words=PARTS if wanted.parts else RUN,
        )
    for problem in problems[:40]:
        print(problem)
    print(
        f"{figures['kills']} kills in {figures['seconds']} s: {figures['interactions']} interactions "
        f"({figures['repeats']} repeated), {figures['effects']} effects, {figures['events']} events, "
        f"{figures['messages']} messages and {figures['edits']} edits"
    )
    print(
        f"lost {figures['lost']}, doubled {figures['doubled']}, sent again {figures['sent_again']}, "
        f"revived {figures['revived']}; {figures['boards']} boards compared"
    )
    if wanted.json:
        print(json.dumps(figures))
    return 1 if figures["lost"] or figures["doubled"] else 0


def run(
    folder: Path,
    url: str,
    *,
    kills: int,
    seed: int,
    hurry: bool,
    socket: bool = False,
    words: Sequence[str] = RUN,
) -> tuple[dict[str, Any], list[str]]:
    """Play the story in a folder; returns the figures, and each problem as a sentence."""
    began = time.monotonic()
    manifest = json.loads((ROOT / "manifest.json").read_text(encoding="utf-8"))
    dice = random.Random(seed)  # noqa: S311 - kills that can be told again, no secret
    ledger = Ledger()
    (folder / "clock").write_text("0", encoding="ascii")
    migrate(url)
    broken: list[str] = []
    with closing(connect(url)) as database, LocalSlack(manifest=manifest, retry_delays=RETRIES) as slack:
        witness = crash_count.Witness(slack)
        child = Child(slack, folder, url, socket=socket, words=words)
        slack.attach(child.url)
        slack.slack.sockets.wanted = socket
        teams = [
            Team(slack, database, ledger, number=i, lead=lead, mate=mate, channel=channel, seed=seed + i)
            for i, (lead, mate, channel) in enumerate(TEAMS, 1)
        ]
        threads = [threading.Thread(target=_watched(team.play, broken), daemon=True) for team in teams]
        try:
            child.start()
            for thread in threads:
                thread.start()
            killer = Killer(slack, child, dice)
            while child.kills < kills and not broken:
                killer.strike()
            for team in teams:
                team.ended.set()
            for thread in threads:
                thread.join()
            _settle(slack, database, child, hurry=hurry)
            revived = _revive(slack, database, child, hurry=hurry)
            counted = crash_count.count(slack, database, witness, ledger)
        finally:
            child.end()
    for problem in (*broken, *ledger.unclear):
        counted.lose(problem)
    problems = counted.problems
    figures = {
        **{name: value for name, value in asdict(counted).items() if name != "problems"},
        "kills": child.kills,
        "interactions": ledger.interactions,
        "repeats": ledger.repeats,
        "revived": revived,
        "seed": seed,
        "seconds": round(time.monotonic() - began, 1),
    }
    return figures, problems


def _watched(work: Callable[[], None], broken: list[str]) -> Callable[[], None]:
    """Return the work; what stops it is written down as a problem."""

    def watched() -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - reported as lost at the end
            broken.append(f"{type(error).__name__}: {error}")

    return watched


def _settle(slack: LocalSlack, database: Database, child: Child, *, hurry: bool) -> None:
    """Wait until everything that was asked for has been said, or for ten minutes."""
    slack.idle(CALM_SECONDS)
    end = time.monotonic() + CALM_SECONDS
    while crash_count.unsettled(database) and time.monotonic() < end:
        if hurry:
            _end_leases(database, child)
        time.sleep(0.2)


def _end_leases(database: Database, child: Child) -> None:
    """Let the leases of killed processes run out now; those of the living stay."""
    now = datetime.now(UTC)
    with database.transaction() as session:
        session.exec(
            update(OutboxMessage)
            .where(
                col(OutboxMessage.state) == "sending",
                *(~col(OutboxMessage.owner).startswith(owner) for owner in child.owners),
                col(OutboxMessage.lease_until) > now,
            )
            .values(lease_until=now)
        )
        for table in (SlackEvent, Evidence):
            session.exec(
                update(table)
                .where(col(table.state).in_(("pending", "arriving")), col(table.next_attempt_at) > now)
                .values(next_attempt_at=now)
            )


def _revive(slack: LocalSlack, database: Database, child: Child, *, hurry: bool) -> int:
    """An operator looks at the outbox and has every dead letter sent once more."""
    revived = 0
    person, channel = OPERATOR
    while (dead := crash_count.dead_letters(database)) and revived < REVIVED_MOST:
        slack.command(person, channel, "/gantry outbox")
        for number in sorted(dead, reverse=True)[:SHOWN_MOST]:
            slack.click(person, f"outbox.again:{number}", channel=channel)
            revived += 1
        _settle(slack, database, child, hurry=hurry)
    return revived


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="gantry-crash-") as folder:
        yield Path(folder)


@contextmanager
def _database(folder: Path, *, postgres: bool) -> Iterator[str]:
    """The address of an empty database: a file in the folder, or a schema of PostgreSQL."""
    if not postgres:
        yield database_url(folder)
        return
    with server() as running, empty(running) as url:
        yield url


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main(sys.argv[1:]))

"""Bringing files to Slack: claim, make the bytes, upload, share, record how it ended. One way for all files.

Until a file is shared, everything may be done again: Slack throws away uploads that nobody shares. Before the
sharing, its file id is kept. When the reply is lost or the process dies, Slack is asked whether that file is
in the channel. Only when it is not, the file is sent once more and says so; a second doubt is left to people.
See docs/decisions/0011-packets-are-looked-up.md.
"""

import hashlib
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Generic

from bot.clock import Clock
from bot.slack_api import SlackApi, SlackBusyError, SlackError, SlackRefusedError
from storage import Database, Session
from storage.queries import upload as rows
from storage.queries.upload import Upload

CLAIM: Final = timedelta(seconds=90)
"""How long a worker may take to make a file (to read 5 files of 10 MB), and again to upload it."""

LOOK: Final = timedelta(seconds=15)
"""Slack scans files before it shows them: look for a file in doubt only after that."""

LONGEST_WAIT: Final = timedelta(seconds=60)
BATCH: Final = 4

Render = Callable[[str, str, Mapping[str, Any]], dict[str, Any]]
_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True)
class Shipment:
    """A file that is to be made, where it goes, and what is said with it."""

    channel: str
    thread_ts: str
    comment: str
    again: str  # the line below the comment when it may be there already
    make: Callable[[], bytes]
    alt: str = ""


@dataclass(frozen=True)
class Arrived:
    """A file that people can see; without content when a lost reply was looked up."""

    content: bytes = b""

    @property
    def sha256(self) -> str:
        """The SHA-256 of its bytes, empty without them."""
        return hashlib.sha256(self.content).hexdigest() if self.content else ""


class Uploads(ABC, Generic[Upload]):
    """Makes and uploads the files of one table. Several may work side by side, in one process or many."""

    def __init__(
        self, database: Database, slack: SlackApi, clock: Clock, *, owner: str, render: Render
    ) -> None:
        self._database = database
        self._slack = slack
        self._clock = clock
        self._owner = owner
        self._render = render
        self._in_hand: set[int] = set()  # claimed and not finished: late is not the same as vanished

    @property
    @abstractmethod
    def _table(self) -> type[Upload]:
        """The table of the intentions."""

    @abstractmethod
    def _due(self, session: Session, limit: int) -> Sequence[int]:
        """Return the intentions that may be worked on now."""

    @abstractmethod
    def _shipment(self, row: Upload) -> Shipment | None:
        """Return what is to be sent; None while its place is not there yet.

        Raises:
            SlackError: the place must be asked for, and Slack did not say.
        """

    @abstractmethod
    def _record_arrival(self, session: Session, row_id: int, arrived: Arrived) -> None:
        """Record that people can see it, and say what belongs to it."""

    @abstractmethod
    def _record_failure(self, session: Session, row_id: int, code: str) -> None:
        """Record that it cannot be brought there, and tell somebody who can do something."""

    def claim(self) -> list[Upload]:
        """Take intentions that may be worked on now."""
        wall = self._clock.wall()
        with self._database.reading() as session:
            ids = [one for one in self._due(session, BATCH) if one not in self._in_hand]
        if not ids:
            return []
        with self._database.transaction() as session:
            found = [
                rows.claim(session, self._table, one, owner=self._owner, wall=wall, until=wall + CLAIM)
                for one in ids
            ]
        taken = [row for row in found if row is not None]
        self._in_hand.update(row.id for row in taken)
        return taken

    def bring(self, row: Upload) -> None:
        """Bring one file to its place, and record how that ended."""
        try:
            self._guarded(row)
        finally:
            self._in_hand.discard(row.id)

    def _guarded(self, row: Upload) -> None:
        try:
            self._bring(row)
        except SlackRefusedError as error:
            self._failed(row, f"{error.code} {error.needed}".strip())
        except SlackBusyError as error:
            self._later(row, error.code, timedelta(seconds=error.retry_after))
        except SlackError as error:
            self._later(row, error.code, _backoff(row.attempts))
        except FileNotFoundError:
            self._failed(row, "file_gone")
        except OSError as error:
            self._later(row, type(error).__name__, _backoff(row.attempts))
        except Exception as error:  # noqa: BLE001 - a mistake of ours: people must see it, others go on
            _log.exception("%s cannot be made", self._named(row))
            self._failed(row, f"bug:{type(error).__name__}")

    def _bring(self, row: Upload) -> None:
        shipment = self._shipment(row)
        if shipment is None:
            self._later(row, "no_thread", LONGEST_WAIT)
            return
        again = row.again
        if row.state == "sharing":
            if self._slack.is_shared(row.slack_file, shipment.channel):
                self._arrived(row, Arrived())
                return
            if again:
                self._failed(row, "unclear")
                return
            again = True
        content = shipment.make()
        if not self._move(row, next_attempt_at=self._clock.wall() + CLAIM):
            return
        file = self._slack.upload(row.name, content, alt=shipment.alt)
        # From here on the file may be there: what is needed to look for it is kept first.
        sharing = {"state": "sharing", "slack_file": file, "again": again}
        if not self._move(row, **sharing, next_attempt_at=self._clock.wall() + CLAIM):
            return
        self._share(row, file, shipment, content, again=again)

    def _share(self, row: Upload, file: str, shipment: Shipment, content: bytes, *, again: bool) -> None:
        said = f"{shipment.comment}\n{shipment.again}" if again else shipment.comment
        try:
            self._slack.share(
                file, row.name, channel=shipment.channel, thread_ts=shipment.thread_ts, comment=said
            )
        except SlackRefusedError:
            # Nothing was shared; whoever tries again starts with a new upload.
            self._move(row, state="working", slack_file="")
            raise
        except SlackBusyError as error:
            wait = timedelta(seconds=error.retry_after)
            self._later(row, error.code, wait, state="waiting", slack_file="")
        except SlackError as error:
            _log.warning("%s may have arrived: %s", self._named(row), error)
            self._later(row, error.code, LOOK, state="sharing")
        else:
            self._arrived(row, Arrived(content))

    def _arrived(self, row: Upload, arrived: Arrived) -> None:
        with self._database.transaction() as session:
            self._record_arrival(session, row.id, arrived)

    def _failed(self, row: Upload, code: str) -> None:
        _log.warning("%s: %s", self._named(row), code)
        with self._database.transaction() as session:
            self._record_failure(session, row.id, code)

    def _later(self, row: Upload, code: str, wait: timedelta, *, state: str = "", **more: object) -> None:
        """Try again after a while; what is in doubt stays in doubt."""
        kept = state or ("sharing" if row.state == "sharing" else "waiting")
        self._move(row, state=kept, error=code, next_attempt_at=self._clock.wall() + wait, **more)

    def _move(self, row: Upload, **values: object) -> bool:
        with self._database.transaction() as session:
            return rows.move(session, self._table, row.id, owner=self._owner, **values)

    def _named(self, row: Upload) -> str:
        return f"{self._table.__name__.lower()} {row.id}"


def _backoff(attempts: int) -> timedelta:
    return min(timedelta(seconds=2 ** min(attempts, 6) / 2), LONGEST_WAIT)

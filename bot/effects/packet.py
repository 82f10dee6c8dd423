"""Packing the files of a round into ZIPs and bringing them into the thread.

Until a ZIP is shared, everything may be done again: Slack throws away uploads that nobody shares. Before the
sharing, its file id is kept. When the reply is lost or the process dies, Slack is asked whether that file is
in the channel. Only when it is not, the packet is sent once more and says so; a second doubt is left to
people. See docs/decisions/0007-packets-are-looked-up.md.
"""

import hashlib
import io
import logging
import zipfile
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from bot.clock import Clock
from bot.effects.download import Files
from bot.services import packet as service
from bot.slack_api import (
    SlackApi,
    SlackBusyError,
    SlackError,
    SlackRefusedError,
)
from storage import Database
from storage.queries import submission as rows
from storage.tables_submission import Packet

CLAIM: Final = timedelta(seconds=90)
"""How long a worker may take to read 5 files of 10 MB, and again to upload them."""

LOOK: Final = timedelta(seconds=15)
"""Slack scans files before it shows them: look for a file in doubt only after that."""

LONGEST_WAIT: Final = timedelta(seconds=60)
BATCH: Final = 4
EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""The oldest time a ZIP can hold: without a clock, the same files give the same ZIP."""

Render = Callable[[str, str, Mapping[str, Any]], dict[str, Any]]
_log: Final = logging.getLogger(__name__)


class Packets:
    """Builds and uploads packets of one database. Several may work side by side, in one process or many."""

    def __init__(
        self,
        database: Database,
        slack: SlackApi,
        clock: Clock,
        files: Files,
        *,
        owner: str,
        render: Render,
    ) -> None:
        self._database = database
        self._slack = slack
        self._clock = clock
        self._files = files
        self._owner = owner
        self._render = render
        self._in_hand: set[int] = set()  # claimed and not finished: late is not the same as vanished

    def claim(self) -> list[Packet]:
        """Take packets that may be built now."""
        wall = self._clock.wall()
        with self._database.reading() as session:
            ids = [one for one in rows.due_packets(session, wall, BATCH) if one not in self._in_hand]
        if not ids:
            return []
        with self._database.transaction() as session:
            found = [
                rows.claim_packet(session, packet_id, owner=self._owner, wall=wall, until=wall + CLAIM)
                for packet_id in ids
            ]
        taken = [packet for packet in found if packet is not None]
        self._in_hand.update(packet.id for packet in taken)
        return taken

    def bring(self, packet: Packet) -> None:
        """Bring one packet into its thread, and record how that ended."""
        try:
            self._guarded(packet)
        finally:
            self._in_hand.discard(packet.id)

    def _guarded(self, packet: Packet) -> None:
        try:
            self._bring(packet)
        except SlackRefusedError as error:
            self._failed(packet, f"{error.code} {error.needed}".strip())
        except SlackBusyError as error:
            self._later(packet, error.code, timedelta(seconds=error.retry_after))
        except SlackError as error:
            self._later(packet, error.code, _backoff(packet.attempts))
        except FileNotFoundError:
            self._failed(packet, "file_gone")
        except OSError as error:
            self._later(packet, type(error).__name__, _backoff(packet.attempts))
        except Exception as error:  # noqa: BLE001 - a mistake of ours: people must see it, others go on
            _log.exception("packet %s cannot be built", packet.id)
            self._failed(packet, f"bug:{type(error).__name__}")

    def _bring(self, packet: Packet) -> None:
        with self._database.reading() as session:
            facts = service.share_facts(session, packet)
        if facts is None:
            self._later(packet, "no_thread", LONGEST_WAIT)
            return
        again = packet.again
        if packet.state == "sharing":
            if self._slack.is_shared(packet.slack_file, facts["channel"]):
                self._uploaded(packet)
                return
            if again:
                self._failed(packet, "unclear")
                return
            again = True
        content = self._pack(facts["files"])
        if not self._move(packet, next_attempt_at=self._clock.wall() + CLAIM):
            return
        file = self._slack.upload(packet.name, content)
        # From here on the packet may be in the thread: what is needed to look for it is kept first.
        sharing = {"state": "sharing", "slack_file": file, "again": again}
        if not self._move(packet, **sharing, next_attempt_at=self._clock.wall() + CLAIM):
            return
        self._share(packet, file, facts, content, again=again)

    def _share(
        self, packet: Packet, file: str, facts: Mapping[str, Any], content: bytes, *, again: bool
    ) -> None:
        language = facts["language"]
        said = self._render("submission.zip", language, facts["said"])["text"]
        if again:
            said = f"{said}\n{self._render('outbox.again', language, {})['text']}"
        try:
            self._slack.share(
                file, packet.name, channel=facts["channel"], thread_ts=facts["thread_ts"], comment=said
            )
        except SlackRefusedError:
            # Nothing was shared; whoever tries again starts with a new upload.
            self._move(packet, state="working", slack_file="")
            raise
        except SlackBusyError as error:
            wait = timedelta(seconds=error.retry_after)
            self._later(packet, error.code, wait, state="waiting", slack_file="")
        except SlackError as error:
            _log.warning("packet %s may be in the thread: %s", packet.id, error)
            self._later(packet, error.code, LOOK, state="sharing")
        else:
            self._uploaded(packet, content)

    def _pack(self, files: Sequence[Mapping[str, str]]) -> bytes:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as made:
            for file in files:
                made.writestr(
                    zipfile.ZipInfo(file["name"], EPOCH),
                    self._files.read(file["place"]),
                    zipfile.ZIP_DEFLATED,
                )
        return packed.getvalue()

    def _uploaded(self, packet: Packet, content: bytes = b"") -> None:
        digest = hashlib.sha256(content).hexdigest() if content else ""
        with self._database.transaction() as session:
            service.uploaded(
                session,
                packet.id,
                owner=self._owner,
                sha256=digest,
                size=len(content),
                now=self._clock.now(),
            )

    def _failed(self, packet: Packet, code: str) -> None:
        _log.warning("packet %s: %s", packet.id, code)
        with self._database.transaction() as session:
            service.failed(session, packet.id, owner=self._owner, code=code, now=self._clock.now())

    def _later(self, packet: Packet, code: str, wait: timedelta, *, state: str = "", **more: object) -> None:
        """Try again after a while; what is in doubt stays in doubt."""
        kept = state or ("sharing" if packet.state == "sharing" else "waiting")
        self._move(packet, state=kept, error=code, next_attempt_at=self._clock.wall() + wait, **more)

    def _move(self, packet: Packet, **values: object) -> bool:
        with self._database.transaction() as session:
            return rows.move_packet(session, packet.id, owner=self._owner, **values)


def _backoff(attempts: int) -> timedelta:
    return min(timedelta(seconds=2 ** min(attempts, 6) / 2), LONGEST_WAIT)

"""Fetching files from Slack (evidence, documents of complaints) and keeping them under `FILES_URL`."""

import hashlib
import logging
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import fsspec

from bot.clock import Clock
from bot.services import complaint_document
from bot.services import evidence as service
from bot.slack_api import DownloadError, SlackApi, SlackError
from storage import Database, leaving_the_machine
from storage.queries import claim as waiting
from storage.tables import Evidence
from storage.tables_complaint import ComplaintEntry

CLAIM: Final = timedelta(seconds=60)
MOST_ATTEMPTS: Final = 5
BATCH: Final = 8
PART: Final = 1024 * 1024
"""Bytes that are copied at once."""
ANY: Final = "application/octet-stream"
Wanted = Evidence | ComplaintEntry
_log: Final = logging.getLogger(__name__)


class Files:
    """Bytes under their SHA-256, in a folder or wherever fsspec can write."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")

    def keep(self, team: str, sha256: str, content: bytes) -> str:
        """Write bytes unless they are there already; returns their place below `FILES_URL`."""
        leaving_the_machine("a file")
        place = f"{team}/{sha256[:2]}/{sha256}"
        filesystem, path = self._open(place)
        if not filesystem.exists(path):
            filesystem.makedirs(path.rpartition("/")[0], exist_ok=True)
            # Under another name first: a crash never leaves half a file under its hash.
            with filesystem.open(f"{path}.part", "wb") as file:
                file.write(content)
            filesystem.mv(f"{path}.part", path)
        return place

    def keep_from(self, team: str, sha256: str, source: Path) -> str:
        """Keep a file of any size, as `keep` does, without reading it into memory."""
        leaving_the_machine("a file")
        place = f"{team}/{sha256[:2]}/{sha256}"
        filesystem, path = self._open(place)
        if not filesystem.exists(path):
            filesystem.makedirs(path.rpartition("/")[0], exist_ok=True)
            part = f"{path}.{uuid4().hex}.part"  # two processes may bring the same bytes at once
            with filesystem.open(part, "wb") as file, source.open("rb") as found:
                shutil.copyfileobj(found, file, PART)
            filesystem.mv(part, path)
        return place

    def copy_to(self, place: str, target: Path) -> None:
        """Write the bytes kept at a place into a file, part by part."""
        filesystem, path = self._open(place)
        with filesystem.open(path, "rb") as file, target.open("wb") as written:
            shutil.copyfileobj(file, written, PART)

    def read(self, place: str) -> bytes:
        """Return the bytes kept at a place."""
        filesystem, path = self._open(place)
        with filesystem.open(path, "rb") as file:
            return bytes(file.read())

    def _open(self, place: str) -> tuple[Any, str]:
        filesystem, path = fsspec.core.url_to_fs(f"{self._url}/{place}")
        return filesystem, path


class Downloads:
    """Fetches what people added as evidence, and the documents of complaints."""

    def __init__(self, database: Database, slack: SlackApi, clock: Clock, files: Files) -> None:
        self._database = database
        self._slack = slack
        self._clock = clock
        self._files = files

    def claim(self) -> list[Wanted]:
        """Take files that may be fetched now."""
        wall = self._clock.wall()
        with self._database.reading() as session:
            evidence = waiting.due(session, Evidence, "arriving", wall, BATCH)
            documents = waiting.due(session, ComplaintEntry, "arriving", wall, BATCH)
        if not evidence and not documents:
            return []
        until = wall + CLAIM
        with self._database.transaction() as session:
            return [
                *waiting.claim(session, Evidence, evidence, "arriving", wall=wall, until=until),
                *waiting.claim(session, ComplaintEntry, documents, "arriving", wall=wall, until=until),
            ]

    def fetch(self, row: Wanted) -> None:
        """Fetch one file, keep it, and record how that ended."""
        address = row.link if isinstance(row, Evidence) else row.address
        try:
            found = self._slack.download(address or self._address(row.origin))
            # A document may be of any kind; nobody but people ever opens it.
            mimetype = service.sniff(found.content) or ("" if isinstance(row, Evidence) else ANY)
            sha256 = hashlib.sha256(found.content).hexdigest()
            if not mimetype:
                self._failed(row, "type")
                return
            place = self._files.keep(row.team, sha256, found.content)
        except DownloadError as error:
            self._failed(row, error.code)
            return
        except (SlackError, OSError) as error:
            _log.warning("%s %s: %s", row.__tablename__, row.id, error)
            self._failed(row, "unreachable")
            return
        size = len(found.content)
        kept: dict[str, Any] = {"sha256": sha256, "size": size, "mimetype": mimetype, "location": place}
        with self._database.transaction() as session:
            if isinstance(row, Evidence):
                service.stored(session, row, **kept, now=self._clock.now())
            else:
                complaint_document.stored(session, row, **kept, now=self._clock.now())

    def _address(self, file_id: str) -> str:
        file = self._slack.read("files.info", file=file_id).get("file") or {}
        return str(file.get("url_private_download") or file.get("url_private") or "")

    def _failed(self, row: Wanted, code: str) -> None:
        if code == "unreachable" and row.attempts < MOST_ATTEMPTS:
            with self._database.transaction() as session:
                # Two calls, because the type of one for both tables is lost.
                evidence = isinstance(row, Evidence)
                fresh = session.get(Evidence, row.id) if evidence else session.get(ComplaintEntry, row.id)
                if fresh is not None and fresh.state == "arriving":
                    fresh.next_attempt_at = self._clock.wall() + timedelta(seconds=2**row.attempts)
                    session.add(fresh)
            return
        with self._database.transaction() as session:
            if isinstance(row, Evidence):
                service.failed(session, row, code=code, now=self._clock.now())
            else:
                complaint_document.failed(session, row, code=code, now=self._clock.now())

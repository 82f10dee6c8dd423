"""Packing the files of a round into ZIPs and bringing them into the thread."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

from bot.clock import Clock
from bot.effects.download import Files
from bot.effects.upload import Arrived, Render, Shipment, Uploads
from bot.services import packet as service
from bot.slack_api import SlackApi
from storage import Database, Session
from storage.queries import submission as rows
from storage.tables_submission import Packet

EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""The oldest time a ZIP can hold: without a clock, the same files give the same ZIP."""


class Packets(Uploads[Packet]):
    """Builds and uploads packets of one database."""

    _table = Packet

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
        super().__init__(database, slack, clock, owner=owner, render=render)
        self._files = files

    def _due(self, session: Session, limit: int) -> Sequence[int]:
        return rows.due_packets(session, self._clock.wall(), limit)

    def _shipment(self, row: Packet) -> Shipment | None:
        with self._database.reading() as session:
            facts = service.share_facts(session, row)
        if facts is None:
            return None
        language = facts["language"]
        return Shipment(
            channel=facts["channel"],
            thread_ts=facts["thread_ts"],
            comment=self._render("submission.zip", language, facts["said"])["text"],
            again=self._render("outbox.again", language, {})["text"],
            make=partial(self._pack, facts["files"]),
        )

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

    def _record_arrival(self, session: Session, row_id: int, arrived: Arrived) -> None:
        service.uploaded(
            session,
            row_id,
            owner=self._owner,
            sha256=arrived.sha256,
            size=len(arrived.content),
            now=self._clock.now(),
        )

    def _record_failure(self, session: Session, row_id: int, code: str) -> None:
        service.failed(session, row_id, owner=self._owner, code=code, now=self._clock.now())

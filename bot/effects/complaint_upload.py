"""Bringing the files of a report to one person, in their conversation with the bot."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from bot.clock import Clock
from bot.effects.download import Files
from bot.effects.upload import Arrived, Render, Shipment, Uploads
from bot.services import complaint_file as service
from bot.slack_api import SlackApi, SlackRefusedError
from storage import Database, Session
from storage.queries import complaint_report as rows
from storage.tables_complaint_report import ReportFile

MOST: Final = 100 * 1024 * 1024
"""Bytes of a file that is brought through Slack, which is read into memory for that; longer lists are written
by `gantry report complaints`."""


class ReportFiles(Uploads[ReportFile]):
    """Uploads the files of reports of one database."""

    _table = ReportFile

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
        return rows.due_files(session, self._clock.wall(), limit)

    def _shipment(self, row: ReportFile) -> Shipment | None:
        with self._database.reading() as session:
            facts = service.share_facts(session, row)
        if facts["size"] > MOST:
            raise SlackRefusedError("files.upload", "file_too_long")
        if not row.channel:
            row.channel = self._slack.conversation(row.person)
            self._move(row, channel=row.channel)
        return Shipment(
            channel=row.channel,
            thread_ts="",
            comment=self._render("report.file", row.language, facts)["text"],
            again=self._render("outbox.again", row.language, {})["text"],
            make=partial(self._files.read, facts["place"]),
        )

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

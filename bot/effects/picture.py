"""Drawing pictures and bringing them into a thread, or to one person."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from bot.clock import Clock
from bot.effects.upload import Arrived, Render, Shipment, Uploads
from bot.services import picture as service
from bot.slack_api import SlackApi
from bot.views import complaint_report, digest, dispute_list, forecast, policy
from storage import Database, Session, leaving_the_machine
from storage.queries import picture as rows
from storage.tables_picture import Picture

Draw = Callable[[str, str, Mapping[str, Any]], bytes]
"""kind, language, facts → PNG"""

COMMENTS: Final = {
    "program": "forecast.picture",
    "digest": "digest.picture",
    "complaints": "report.picture",
    "policy": "policy.picture",
    "disputes": "dispute.picture",
}
"""What is said beside each kind of picture: its numbers."""

ALTS: Final[Mapping[str, Callable[[str, Mapping[str, Any]], str]]] = {
    "program": forecast.alt,
    "digest": digest.alt,
    "complaints": complaint_report.alt,
    "policy": policy.alt,
    "disputes": dispute_list.alt,
}
"""What each kind of picture shows, in plain words."""


class Pictures(Uploads[Picture]):
    """Draws and uploads the pictures of one database."""

    _table = Picture

    def __init__(
        self, database: Database, slack: SlackApi, clock: Clock, *, owner: str, render: Render, draw: Draw
    ) -> None:
        super().__init__(database, slack, clock, owner=owner, render=render)
        self._draw = draw

    def _due(self, session: Session, limit: int) -> Sequence[int]:
        return rows.due(session, self._clock.wall(), limit)

    def _shipment(self, row: Picture) -> Shipment | None:
        place = self._place(row)
        if place is None:
            return None
        language, facts = row.language, service.facts_of(row)
        return Shipment(
            channel=place[0],
            thread_ts=place[1],
            comment=self._render(COMMENTS[row.kind], language, facts)["text"],
            again=self._render("outbox.again", language, {})["text"],
            make=partial(self._make, row.kind, language, facts),
            alt=ALTS[row.kind](language, facts),
        )

    def _place(self, row: Picture) -> tuple[str, str] | None:
        if not row.person:
            with self._database.reading() as session:
                return service.place(session, row)
        if not row.channel:
            row.channel = self._slack.conversation(row.person)
            self._move(row, channel=row.channel)
        return row.channel, ""

    def _make(self, kind: str, language: str, facts: Mapping[str, Any]) -> bytes:
        leaving_the_machine("drawing a picture")  # it takes long: never inside a transaction
        return self._draw(kind, language, facts)

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

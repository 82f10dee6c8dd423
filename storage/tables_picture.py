"""The table of pictures on their way to Slack; the rules of `storage.tables` hold here too."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Index
from sqlmodel import SQLModel

from storage.tables import _id, _moment, _ref, _sealed


class Picture(SQLModel, table=True):
    """The intention to draw a chart and bring it to people; the worker draws and uploads it.

    `facts` are frozen, so that a picture shows what was true when somebody asked. It goes into the thread of
    its programme, or with `person` into the conversation of that person with the bot, whose id is kept in
    `channel` once Slack has named it. The other columns are those of `storage.tables_submission.Packet`.
    """

    __table_args__: ClassVar[Any] = (Index("ix_picture_due", "state", "next_attempt_at"),)
    id: int = _id()
    team: str
    kind: str  # program · digest · disputes · complaints
    program_id: int | None = _ref("program", nullable=True)
    person: str = ""
    channel: str = ""
    language: str
    facts: str | None = _sealed()
    asked_by: str = ""  # empty: nobody asked, its day has come
    name: str
    state: str = "waiting"  # waiting · working · sharing · uploaded · failed
    slack_file: str = ""
    again: bool = False  # one that may have arrived is sent again, and says so
    attempts: int = 0
    owner: str = ""
    next_attempt_at: datetime = _moment(nullable=False)  # wall time; while working, the end of the lease
    error: str = ""
    sha256: str = ""
    size: int = 0
    put_at: datetime = _moment(nullable=False)
    uploaded_at: datetime | None = _moment()

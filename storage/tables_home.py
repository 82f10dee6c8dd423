"""The tables behind Home: who looks at it, and what has changed since. The rules of `storage.tables` hold."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from storage.tables import _id, _json, _moment, _ref


class HomePage(SQLModel, table=True):
    """The Home tab of one person, as a board that is shown again whenever it has changed.

    `wanted` counts the changes asked for, `shown` the last one the person can see. `hash` is Slack's own word
    for the page it holds, empty while nobody knows. `place` says which part of each long list is shown.
    """

    __tablename__ = "home_page"
    team: str = Field(primary_key=True)
    user: str = Field(primary_key=True)
    opened_at: datetime = _moment(nullable=False, index=True)  # or last clicked in
    wanted: int = 0
    shown: int = 0
    hash: str = ""
    place: dict[str, int] = _json(dict)
    programs: list[int] = _json(list)  # whose steps or dates the page shows as this person's own
    next_at: datetime | None = _moment(index=True)  # when time alone changes it


class HomeMark(SQLModel, table=True):
    """Something changed that Home pages show: a programme, or what one person has. The worker takes it away.

    A row for each change, so that people who click at the same moment do not wait for each other's pages.
    """

    __tablename__ = "home_mark"
    id: int = _id()
    team: str
    program_id: int | None = _ref("program", nullable=True, index=False)
    user: str = ""

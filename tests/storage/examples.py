"""Tables of the storage tests, apart from the real ones."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from storage.types import BigId, Canonical, Moment, Sealed


class Base(SQLModel, registry=registry()):
    """Keeps these tables out of the metadata that migrations see."""


class Count(Base, table=True):
    """A number that many want to change."""

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    key: str = Field(unique=True)
    value: int = 0


class Kept(Base, table=True):
    """One column of each of our types."""

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    text: str | None = Field(default=None, sa_type=Sealed)
    data: Any = Field(default=None, sa_type=Canonical, nullable=True)
    at: datetime | None = Field(default=None, sa_type=Moment)


class Child(Base, table=True):
    """A row that points to another."""

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    count_id: int = Field(foreign_key="count.id", sa_type=BigId)


class Numbers(Base, table=True):
    """A counter table as `next_value` expects it."""

    team: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    value: int = Field(sa_type=BigId)

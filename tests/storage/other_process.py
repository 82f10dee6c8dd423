"""Run by tests as a second process: `other_process.py URL TIMES` counts up, `migrate URL` migrates."""

from __future__ import annotations

import sys

from sqlmodel import select

from storage import connect, migrate
from tests.storage.examples import Count


def count_up(url: str, times: int) -> None:
    """Add one to the row "a", `times` times, in transactions of their own."""
    database = connect(url, wait=30)
    for _ in range(times):
        with database.transaction() as session:
            session.exec(select(Count).where(Count.key == "a").with_for_update()).one().value += 1
    database.close()


if __name__ == "__main__":
    if sys.argv[1] == "migrate":
        migrate(sys.argv[2])
    else:
        count_up(sys.argv[1], int(sys.argv[2]))

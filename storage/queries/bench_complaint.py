"""Statements of `gantry bench complaints` alone: SQLite full of complaints of one month."""

from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlmodel import Session

_COLUMNS: Final = text("SELECT name FROM pragma_table_info('complaint') WHERE name <> 'id'")
_OWN: Final = {
    "ref": "'C-' || (n + 1)",
    "source": "'bench/' || n",
    "submitted_at": "datetime(:first, '+' || (n * :seconds / :rows) || ' seconds')",
    "owner": "'U0P' || (n % 50)",
    "kind": "CASE WHEN n % 50 = 0 THEN 'executive' ELSE 'operational' END",
    "breached": "n % 33 = 0",
    "open": "n % 19 = 0",
    "due_at": "datetime(:first, '+' || (n * :seconds / :rows + 1000000) || ' seconds')",
    "state": "CASE WHEN n % 19 = 0 THEN 'received' ELSE 'resolved' END",
    "resolved_at": "CASE WHEN n % 19 = 0 THEN NULL ELSE"
    " datetime(:first, '+' || (n * :seconds / :rows + 86400 * (n % 12)) || ' seconds') END",
}


def fill(session: Session, rows: int, first: datetime, seconds: int) -> None:
    """Add so many complaints, made from the first one there is, submitted evenly over so many seconds."""
    connection = session.connection()
    names = list(connection.execute(_COLUMNS).scalars())
    values = ", ".join(_OWN.get(name, f'"{name}"') for name in names)
    listed = ", ".join(f'"{name}"' for name in names)
    statement = text(
        f"INSERT INTO complaint ({listed}) WITH RECURSIVE counted(n) AS "  # noqa: S608 - names of our own columns
        f"(SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < :rows) SELECT {values} "
        "FROM counted, (SELECT * FROM complaint ORDER BY id LIMIT 1)"
    )
    began = first.replace(tzinfo=None).isoformat(" ")
    connection.execute(statement, {"rows": rows - 1, "first": began, "seconds": seconds})
    connection.execute(text("ANALYZE"))

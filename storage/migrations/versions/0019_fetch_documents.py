"""documents of complaints that were named before their bytes were kept: fetch them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

ENTRY = sa.table(
    "complaint_entry",
    sa.column("kind", sa.String()),
    sa.column("state", sa.String()),
    sa.column("origin", sa.String()),
    sa.column("error", sa.String()),
    sa.column("file_id", sa.BigInteger()),
    sa.column("recorded_at", sa.DateTime(timezone=True)),
    sa.column("next_attempt_at", sa.DateTime(timezone=True)),
)


def upgrade() -> None:
    op.execute(
        sa.update(ENTRY)
        .where(
            ENTRY.c.kind == "document",
            ENTRY.c.state == "stored",
            ENTRY.c.file_id.is_(None),
            ENTRY.c.origin != "",
        )
        .values(state="arriving", next_attempt_at=ENTRY.c.recorded_at)
    )


def downgrade() -> None:
    op.execute(
        sa.update(ENTRY)
        .where(ENTRY.c.kind == "document", ENTRY.c.state.in_(("arriving", "failed")))
        .values(state="stored", error="", next_attempt_at=None)
    )

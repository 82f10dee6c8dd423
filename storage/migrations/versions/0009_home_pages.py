"""home pages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "home_page",
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("user", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("shown", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("programs", sa.Text(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("team", "user", name=op.f("pk_home_page")),
    )
    with op.batch_alter_table("home_page", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_home_page_next_at"), ["next_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_home_page_opened_at"), ["opened_at"], unique=False)

    op.create_table(
        "home_mark",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("program_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("user", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["program_id"], ["program.id"], name=op.f("fk_home_mark_program_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_home_mark")),
    )


def downgrade() -> None:
    op.drop_table("home_mark")
    with op.batch_alter_table("home_page", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_home_page_opened_at"))
        batch_op.drop_index(batch_op.f("ix_home_page_next_at"))

    op.drop_table("home_page")

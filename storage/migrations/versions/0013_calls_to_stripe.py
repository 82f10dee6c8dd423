"""calls to stripe."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stripe_call",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("params", sa.Text(), nullable=True),
        sa.Column("files", sa.Text(), nullable=False),
        sa.Column("creates", sa.Boolean(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("param", sa.String(), nullable=False),
        sa.Column("request", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("put_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stripe_call")),
        sa.UniqueConstraint("key", name=op.f("uq_stripe_call_key")),
        sa.UniqueConstraint("stream", "position", name=op.f("uq_stripe_call_stream_position")),
    )
    with op.batch_alter_table("stripe_call", schema=None) as batch_op:
        batch_op.create_index("ix_stripe_call_due", ["state", "next_attempt_at"], unique=False)
        batch_op.create_index("ix_stripe_call_subject", ["subject"], unique=False)

    op.create_table(
        "card_board",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("card", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["card"], ["card.id"], name=op.f("fk_card_board_card")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_board")),
        sa.UniqueConstraint("team", "card", name=op.f("uq_card_board_team_card")),
    )
    with op.batch_alter_table("deadline", schema=None) as batch_op:
        batch_op.alter_column("program_id", existing_type=sa.INTEGER(), nullable=True)


def downgrade() -> None:
    op.execute("DELETE FROM deadline WHERE program_id IS NULL")  # nobody could read them any more
    with op.batch_alter_table("deadline", schema=None) as batch_op:
        batch_op.alter_column("program_id", existing_type=sa.INTEGER(), nullable=False)

    op.drop_table("card_board")
    with op.batch_alter_table("stripe_call", schema=None) as batch_op:
        batch_op.drop_index("ix_stripe_call_subject")
        batch_op.drop_index("ix_stripe_call_due")

    op.drop_table("stripe_call")

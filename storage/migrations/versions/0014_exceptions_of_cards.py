"""exceptions of cards."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "card_exception",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("card", sa.String(), nullable=False),
        sa.Column("authorization", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("program", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("opened", sa.Boolean(), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_exception")),
        sa.UniqueConstraint("kind", "subject", name=op.f("uq_card_exception_kind_subject")),
    )
    with op.batch_alter_table("card_exception", schema=None) as batch_op:
        batch_op.create_index("ix_card_exception_card", ["card", "settled_at"], unique=False)
        batch_op.create_index("ix_card_exception_program", ["program", "happened_at"], unique=False)
        batch_op.create_index("ix_card_exception_state", ["state", "id"], unique=False)

    op.create_table(
        "card_watch",
        sa.Column("card", sa.String(), nullable=False),
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("card", name=op.f("pk_card_watch")),
    )
    op.create_table(
        "policy_draft",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_draft")),
    )
    op.create_table(
        "step_signal",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("program_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["program_id"], ["program.id"], name=op.f("fk_step_signal_program_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_step_signal")),
        sa.UniqueConstraint("program_id", "name", name=op.f("uq_step_signal_program_id_name")),
    )
    with op.batch_alter_table("step_signal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_step_signal_program_id"), ["program_id"], unique=False)

    with op.batch_alter_table("authorization", schema=None) as batch_op:
        batch_op.create_index("ix_authorization_created_at", ["created_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("authorization", schema=None) as batch_op:
        batch_op.drop_index("ix_authorization_created_at")

    with op.batch_alter_table("step_signal", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_step_signal_program_id"))

    op.drop_table("step_signal")
    op.drop_table("policy_draft")
    op.drop_table("card_watch")
    with op.batch_alter_table("card_exception", schema=None) as batch_op:
        batch_op.drop_index("ix_card_exception_state")
        batch_op.drop_index("ix_card_exception_program")
        batch_op.drop_index("ix_card_exception_card")

    op.drop_table("card_exception")

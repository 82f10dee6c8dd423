"""disputes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dispute",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("transaction", sa.String(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("card", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("reason_at_stripe", sa.String(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=True),
        sa.Column("from_account", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("stripe", sa.String(), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.Column("kept", sa.Integer(), nullable=False),
        sa.Column("call", sa.BigInteger(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("error_param", sa.String(), nullable=False),
        sa.Column("error_request", sa.String(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("second", sa.String(), nullable=False),
        sa.Column("alone", sa.String(), nullable=False),
        sa.Column("alone_reason", sa.Text(), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("loss_reason", sa.String(), nullable=False),
        sa.Column("reinstated", sa.Boolean(), nullable=False),
        sa.Column("rescinded", sa.Boolean(), nullable=False),
        sa.Column("task", sa.String(), nullable=False),
        sa.Column("task_state", sa.String(), nullable=False),
        sa.Column("task_by", sa.String(), nullable=False),
        sa.Column("task_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("task_note", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute")),
        sa.UniqueConstraint("team", "ref", name=op.f("uq_dispute_team_ref")),
        sa.UniqueConstraint("transaction", name=op.f("uq_dispute_transaction")),
    )
    with op.batch_alter_table("dispute", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dispute_card"), ["card"], unique=False)
        batch_op.create_index(batch_op.f("ix_dispute_state"), ["state"], unique=False)
        batch_op.create_index(batch_op.f("ix_dispute_stripe"), ["stripe"], unique=False)

    op.create_table(
        "dispute_paper",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("dispute_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("given", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("error_name", sa.Text(), nullable=True),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("mimetype", sa.String(), nullable=False),
        sa.Column("stripe", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["dispute_id"], ["dispute.id"], name=op.f("fk_dispute_paper_dispute_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute_paper")),
        sa.UniqueConstraint("dispute_id", "field", name=op.f("uq_dispute_paper_dispute_id_field")),
    )
    with op.batch_alter_table("dispute_paper", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dispute_paper_dispute_id"), ["dispute_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_dispute_paper_next_attempt_at"), ["next_attempt_at"], unique=False
        )

    with op.batch_alter_table("authorization", schema=None) as batch_op:
        batch_op.add_column(sa.Column("three_d_secure", sa.String(), nullable=False, server_default=""))
    with op.batch_alter_table("authorization", schema=None) as batch_op:
        batch_op.alter_column("three_d_secure", server_default=None)  # it was for the rows that existed

    with op.batch_alter_table("stripe_account", schema=None) as batch_op:
        batch_op.add_column(sa.Column("disputes_at", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("stripe_dispute", schema=None) as batch_op:
        batch_op.add_column(sa.Column("changed", sa.Boolean(), nullable=False, server_default=sa.true()))
        batch_op.create_index(batch_op.f("ix_stripe_dispute_changed"), ["changed"], unique=False)
    with op.batch_alter_table("stripe_dispute", schema=None) as batch_op:
        batch_op.alter_column("changed", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("stripe_dispute", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_stripe_dispute_changed"))
        batch_op.drop_column("changed")

    with op.batch_alter_table("stripe_account", schema=None) as batch_op:
        batch_op.drop_column("disputes_at")

    with op.batch_alter_table("authorization", schema=None) as batch_op:
        batch_op.drop_column("three_d_secure")

    with op.batch_alter_table("dispute_paper", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_dispute_paper_next_attempt_at"))
        batch_op.drop_index(batch_op.f("ix_dispute_paper_dispute_id"))

    op.drop_table("dispute_paper")
    with op.batch_alter_table("dispute", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_dispute_stripe"))
        batch_op.drop_index(batch_op.f("ix_dispute_state"))
        batch_op.drop_index(batch_op.f("ix_dispute_card"))

    op.drop_table("dispute")

"""stripe events."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "card_trait",
        sa.Column("card", sa.String(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("design", sa.String(), nullable=False),
        sa.Column("metadata_text", sa.Text(), nullable=True),
        sa.Column("matched", sa.Boolean(), nullable=False),
        sa.Column("event_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("card", name=op.f("pk_card_trait")),
    )
    with op.batch_alter_table("card_trait", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_card_trait_account"), ["account"], unique=False)
        batch_op.create_index(batch_op.f("ix_card_trait_matched"), ["matched"], unique=False)

    op.create_table(
        "stripe_account",
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("complete_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("page_after", sa.String(), nullable=False),
        sa.Column("page_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("page_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("last_authorization_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("platform", "account", "livemode", name=op.f("pk_stripe_account")),
    )
    with op.batch_alter_table("stripe_account", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stripe_account_next_at"), ["next_at"], unique=False)

    op.create_table(
        "stripe_capability",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("capability", sa.String(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("disabled_reason", sa.String(), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("active_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("event_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("account", "livemode", "capability", name=op.f("pk_stripe_capability")),
    )
    op.create_table(
        "stripe_dispute",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("transaction", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("loss_reason", sa.String(), nullable=False),
        sa.Column("reinstated", sa.Boolean(), nullable=False),
        sa.Column("rescinded", sa.Boolean(), nullable=False),
        sa.Column("told", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("event_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stripe_dispute")),
    )
    with op.batch_alter_table("stripe_dispute", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stripe_dispute_transaction"), ["transaction"], unique=False)

    op.create_table(
        "stripe_event",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("object_id", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stripe_event")),
        sa.UniqueConstraint("event_id", name=op.f("uq_stripe_event_event_id")),
    )
    with op.batch_alter_table("stripe_event", schema=None) as batch_op:
        batch_op.create_index("ix_stripe_event_due", ["state", "next_attempt_at"], unique=False)
        batch_op.create_index("ix_stripe_event_object_id", ["object_id"], unique=False)

    op.create_table(
        "stripe_task",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("capability", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stripe_task")),
        sa.UniqueConstraint(
            "account",
            "livemode",
            "capability",
            "kind",
            name=op.f("uq_stripe_task_account_livemode_capability_kind"),
        ),
    )
    with op.batch_alter_table("stripe_task", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stripe_task_state"), ["state"], unique=False)

    op.create_table(
        "program_account",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("program_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("tell", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["program_id"], ["program.id"], name=op.f("fk_program_account_program_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_program_account")),
        sa.UniqueConstraint("program_id", name=op.f("uq_program_account_program_id")),
    )
    with op.batch_alter_table("program_account", schema=None) as batch_op:
        batch_op.create_index("ix_program_account_account", ["account"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("program_account", schema=None) as batch_op:
        batch_op.drop_index("ix_program_account_account")

    op.drop_table("program_account")
    with op.batch_alter_table("stripe_task", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_stripe_task_state"))

    op.drop_table("stripe_task")
    with op.batch_alter_table("stripe_event", schema=None) as batch_op:
        batch_op.drop_index("ix_stripe_event_object_id")
        batch_op.drop_index("ix_stripe_event_due")

    op.drop_table("stripe_event")
    with op.batch_alter_table("stripe_dispute", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_stripe_dispute_transaction"))

    op.drop_table("stripe_dispute")
    op.drop_table("stripe_capability")
    with op.batch_alter_table("stripe_account", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_stripe_account_next_at"))

    op.drop_table("stripe_account")
    with op.batch_alter_table("card_trait", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_card_trait_matched"))
        batch_op.drop_index(batch_op.f("ix_card_trait_account"))

    op.drop_table("card_trait")

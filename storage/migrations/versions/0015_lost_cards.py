"""lost cards."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "authorization_seen",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mark", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account", "livemode", name=op.f("pk_authorization_seen")),
    )
    op.create_table(
        "holder_word",
        sa.Column("cardholder", sa.String(), nullable=False),
        sa.Column("word", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("cardholder", "word", name=op.f("pk_holder_word")),
    )
    with op.batch_alter_table("holder_word", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_holder_word_word"), ["word"], unique=False)

    op.create_table(
        "stripe_fill",
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("after", sa.String(), nullable=False),
        sa.Column("cardholders", sa.Integer(), nullable=False),
        sa.Column("cards", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("platform", "account", "livemode", name=op.f("pk_stripe_fill")),
    )
    op.create_table(
        "lost_card",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("card", sa.String(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("was", sa.String(), nullable=False),
        sa.Column("reported_by", sa.String(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("declined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.String(), nullable=False),
        sa.Column("revoke_asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("released_by", sa.String(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("request", sa.String(), nullable=False),
        sa.Column("response_url", sa.Text(), nullable=True),
        sa.Column("wanted", sa.Text(), nullable=False),
        sa.Column("ship_to", sa.Text(), nullable=True),
        sa.Column("replaced_by", sa.String(), nullable=False),
        sa.Column("replace_asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("new_card", sa.String(), nullable=False),
        sa.Column("new_state", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["card"], ["card.id"], name=op.f("fk_lost_card_card")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lost_card")),
        sa.UniqueConstraint("card", "round", name=op.f("uq_lost_card_card_round")),
    )
    with op.batch_alter_table("lost_card", schema=None) as batch_op:
        batch_op.create_index("ix_lost_card_new_card", ["new_card"], unique=False)
        batch_op.create_index("ix_lost_card_team_reported_at", ["team", "reported_at"], unique=False)

    op.create_table(
        "late_capture",
        sa.Column("transaction", sa.String(), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("message", sa.BigInteger(), nullable=True),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["lost_card.id"], name=op.f("fk_late_capture_case_id")),
        sa.PrimaryKeyConstraint("transaction", name=op.f("pk_late_capture")),
    )
    with op.batch_alter_table("late_capture", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_late_capture_case_id"), ["case_id"], unique=False)

    with op.batch_alter_table("card", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_card_last4"), ["last4"], unique=False)

    with op.batch_alter_table("cardholder", schema=None) as batch_op:
        batch_op.add_column(sa.Column("email", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("address", sa.Text(), nullable=True))

    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.add_column(sa.Column("mail_hash", sa.String(), nullable=False, server_default=""))
        batch_op.alter_column("mail_hash", existing_type=sa.String(), server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_column("mail_hash")

    with op.batch_alter_table("cardholder", schema=None) as batch_op:
        batch_op.drop_column("address")
        batch_op.drop_column("email")

    with op.batch_alter_table("card", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_card_last4"))

    with op.batch_alter_table("late_capture", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_late_capture_case_id"))

    op.drop_table("late_capture")
    with op.batch_alter_table("lost_card", schema=None) as batch_op:
        batch_op.drop_index("ix_lost_card_team_reported_at")
        batch_op.drop_index("ix_lost_card_new_card")

    op.drop_table("lost_card")
    op.drop_table("stripe_fill")
    with op.batch_alter_table("holder_word", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_holder_word_word"))

    op.drop_table("holder_word")
    op.drop_table("authorization_seen")

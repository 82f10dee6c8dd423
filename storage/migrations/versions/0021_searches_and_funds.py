"""searches of cards at Stripe; the balance transactions of disputes; debits of Treasury."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "card_search",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("said", sa.Text(), nullable=True),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("reply_ts", sa.String(), nullable=False),
        sa.Column("response_url", sa.Text(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_search")),
        sa.UniqueConstraint("team", "key", name=op.f("uq_card_search_team_key")),
    )
    with op.batch_alter_table("card_search", schema=None) as batch_op:
        batch_op.create_index("ix_card_search_due", ["state", "next_attempt_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_card_search_asked_at"), ["asked_at"], unique=False)

    added = {
        "transaction": [sa.Column("received_debit", sa.String(), nullable=False, server_default="")],
        "dispute": [sa.Column("funds", sa.Text(), nullable=False, server_default="[]")],
        "stripe_dispute": [
            sa.Column("moves", sa.Text(), nullable=False, server_default="[]"),
            sa.Column("look", sa.Boolean(), nullable=False, server_default=sa.false()),
        ],
    }
    for table, columns in added.items():
        with op.batch_alter_table(table, schema=None) as batch_op:
            for column in columns:
                batch_op.add_column(column)
        with op.batch_alter_table(table, schema=None) as batch_op:
            for column in columns:  # it was for the rows that existed
                batch_op.alter_column(column.name, existing_type=column.type, server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("transaction", schema=None) as batch_op:
        batch_op.drop_column("received_debit")

    with op.batch_alter_table("stripe_dispute", schema=None) as batch_op:
        batch_op.drop_column("look")
        batch_op.drop_column("moves")

    with op.batch_alter_table("dispute", schema=None) as batch_op:
        batch_op.drop_column("funds")

    with op.batch_alter_table("card_search", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_card_search_asked_at"))
        batch_op.drop_index("ix_card_search_due")

    op.drop_table("card_search")

"""signals of the way to a launch."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stripe_design",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("reasons", sa.String(), nullable=False),
        sa.Column("metadata_text", sa.Text(), nullable=True),
        sa.Column("event_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stripe_design")),
    )
    with op.batch_alter_table("stripe_design", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stripe_design_account"), ["account"], unique=False)

    op.create_table(
        "card_shipping",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("program_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("card", sa.String(), nullable=False),
        sa.Column("told", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["program_id"], ["program.id"], name=op.f("fk_card_shipping_program_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_shipping")),
        sa.UniqueConstraint("card", name=op.f("uq_card_shipping_card")),
    )
    with op.batch_alter_table("card_shipping", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_card_shipping_program_id"), ["program_id"], unique=False)

    op.create_table(
        "treasury_receipt",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("program_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("object_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["program_id"], ["program.id"], name=op.f("fk_treasury_receipt_program_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_treasury_receipt")),
        sa.UniqueConstraint("program_id", name=op.f("uq_treasury_receipt_program_id")),
    )
    with op.batch_alter_table("card", schema=None) as batch_op:
        batch_op.add_column(sa.Column("shipping_service", sa.String(), nullable=False, server_default=""))

    with op.batch_alter_table("step_signal", schema=None) as batch_op:
        batch_op.add_column(sa.Column("event", sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("act", sa.String(), nullable=False, server_default="propose"))

    kept = sa.text("body IS NOT NULL")
    with op.batch_alter_table("stripe_event", schema=None) as batch_op:
        batch_op.create_index(
            "ix_stripe_event_kept", ["id"], unique=False, sqlite_where=kept, postgresql_where=kept
        )

    for table, names in (("card", ["shipping_service"]), ("step_signal", ["event", "act"])):
        with op.batch_alter_table(table, schema=None) as batch_op:
            for name in names:  # it was for the rows that existed
                batch_op.alter_column(name, server_default=None)


def downgrade() -> None:
    kept = sa.text("body IS NOT NULL")
    with op.batch_alter_table("stripe_event", schema=None) as batch_op:
        batch_op.drop_index("ix_stripe_event_kept", sqlite_where=kept, postgresql_where=kept)

    with op.batch_alter_table("step_signal", schema=None) as batch_op:
        batch_op.drop_column("act")
        batch_op.drop_column("event")

    with op.batch_alter_table("card", schema=None) as batch_op:
        batch_op.drop_column("shipping_service")

    op.drop_table("treasury_receipt")
    with op.batch_alter_table("card_shipping", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_card_shipping_program_id"))

    op.drop_table("card_shipping")
    with op.batch_alter_table("stripe_design", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_stripe_design_account"))

    op.drop_table("stripe_design")

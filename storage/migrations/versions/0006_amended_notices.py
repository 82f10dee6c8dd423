"""amended notices."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("amends", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.add_column(sa.Column("amended", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("correction", sa.Text(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_outbox_message_amends"), "outbox_message", ["amends"], ["id"]
        )

    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.alter_column("amended", server_default=None)  # it was for the rows that existed

    with op.batch_alter_table("step", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("offered_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_step_offered_by"), "outbox_message", ["offered_by"], ["id"]
        )


def downgrade() -> None:
    with op.batch_alter_table("step", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_step_offered_by"), type_="foreignkey")
        batch_op.drop_column("offered_by")

    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_outbox_message_amends"), type_="foreignkey")
        batch_op.drop_column("correction")
        batch_op.drop_column("amended")
        batch_op.drop_column("amends")

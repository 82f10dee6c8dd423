"""keep what was recorded.

What was recorded before becomes entries as well as it is known: how steps ended, and the last answer of Stripe
to steps that are open. Programmes that stand still do so since their last pause or cancellation.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "draft",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("user", sa.String(), nullable=False),
        sa.Column("form", sa.String(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
    )
    with op.batch_alter_table("draft", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_draft_at"), ["at"], unique=False)

    op.create_table(
        "step_entry",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("program_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("step_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("effect", sa.String(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("corrects", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("was", sa.Text(), nullable=True),
        sa.Column("notice_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("undo_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["corrects"], ["step_entry.id"], name=op.f("fk_step_entry_corrects")),
        sa.ForeignKeyConstraint(["notice_id"], ["outbox_message.id"], name=op.f("fk_step_entry_notice_id")),
        sa.ForeignKeyConstraint(["program_id"], ["program.id"], name=op.f("fk_step_entry_program_id")),
        sa.ForeignKeyConstraint(["step_id"], ["step.id"], name=op.f("fk_step_entry_step_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_step_entry")),
    )
    with op.batch_alter_table("step_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_step_entry_program_id"), ["program_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_step_entry_step_id"), ["step_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_step_entry_undo_until"), ["undo_until"], unique=False)

    with op.batch_alter_table("program", schema=None) as batch_op:
        batch_op.add_column(sa.Column("earlier_plans", sa.Text(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("pauses", sa.Text(), nullable=False, server_default="[]"))

    with op.batch_alter_table("step", schema=None) as batch_op:
        batch_op.add_column(sa.Column("added_at", sa.DateTime(timezone=True), nullable=True))
    _keep_answers()
    _keep_pauses()


def _table(name: str, *columns: str) -> sa.TableClause:
    return sa.table(name, *(sa.column(column) for column in columns))


def _keep_answers() -> None:
    step = _table(
        "step",
        *("id", "team", "program_id", "key", "round", "state", "outcome", "note"),
        *("happened_at", "recorded_at", "opened_at", "done_by", "look_again_on"),
    )
    program = _table("program", "id", "started_at")
    back = step.alias("back")
    submission = (
        sa.select(back.c.opened_at)
        .where(back.c.program_id == step.c.program_id, back.c.key == "submission")
        .scalar_subquery()
    )
    started = sa.select(program.c.started_at).where(program.c.id == step.c.program_id).scalar_subquery()
    known = sa.func.coalesce(step.c.recorded_at, step.c.happened_at, step.c.opened_at, submission, started)
    effect = sa.case(
        (step.c.state == "done", "done"),
        (step.c.state == "waiting", "revise"),
        (step.c.state == "blocked", "ask_close"),
        else_="wait",
    )
    answered = sa.and_(
        step.c.outcome != "{}",
        sa.or_(
            step.c.state == "open",
            sa.and_(step.c.state == "blocked", step.c.look_again_on.is_(None)),
            sa.and_(step.c.state == "waiting", step.c.round > 1),
        ),
    )
    chosen = (
        sa.select(
            *(step.c.team, step.c.program_id, step.c.id, step.c.key, step.c.round, effect),
            *(step.c.outcome, step.c.note, sa.func.coalesce(step.c.happened_at, known), known),
            *(step.c.done_by, sa.literal("stands"), sa.literal("")),
        )
        .where(sa.or_(step.c.state == "done", answered))
        .order_by(known, step.c.id)
    )
    columns = (
        *("team", "program_id", "step_id", "key", "round", "effect", "outcome", "note"),
        *("happened_at", "recorded_at", "by", "state", "ended_by"),
    )
    op.execute(_table("step_entry", *columns).insert().from_select(list(columns), chosen))


def _keep_pauses() -> None:
    program = sa.table(
        "program",
        *(sa.column(name) for name in ("id", "team", "ref", "zone", "state", "pauses")),
        sa.column("started_at", sa.DateTime(timezone=True)),
    )
    audit = sa.table(
        "audit_entry",
        *(sa.column(name) for name in ("id", "team", "subject", "tag")),
        sa.column("at", sa.DateTime(timezone=True)),
    )
    connection = op.get_bind()
    tags = ("program:pause:paused", "program:cancel:canceled")
    for row in connection.execute(sa.select(program).where(program.c.state.in_(("paused", "canceled")))):
        found = connection.execute(
            sa.select(audit.c.at)
            .where(audit.c.team == row.team, audit.c.subject == row.ref, audit.c.tag.in_(tags))
            .order_by(audit.c.id.desc())
        ).first()
        at: datetime = found.at if found else row.started_at
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        spans = json.dumps(
            [[at.astimezone(ZoneInfo(row.zone)).date().isoformat(), ""]], separators=(",", ":")
        )
        connection.execute(program.update().where(program.c.id == row.id).values(pauses=spans))


def downgrade() -> None:
    with op.batch_alter_table("step", schema=None) as batch_op:
        batch_op.drop_column("added_at")

    with op.batch_alter_table("program", schema=None) as batch_op:
        batch_op.drop_column("pauses")
        batch_op.drop_column("earlier_plans")

    with op.batch_alter_table("step_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_step_entry_undo_until"))
        batch_op.drop_index(batch_op.f("ix_step_entry_step_id"))
        batch_op.drop_index(batch_op.f("ix_step_entry_program_id"))

    op.drop_table("step_entry")
    with op.batch_alter_table("draft", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_draft_at"))

    op.drop_table("draft")

"""Queries about channels: what Slack said of them, and which programme uses which."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from storage.tables import Channel, Program, ProgramChannel


def row(session: Session, team: str, channel: str) -> Channel | None:
    """Return what Slack said of a channel."""
    return session.get(Channel, (team, channel))


def of_program(session: Session, program_id: int) -> dict[str, ProgramChannel]:
    """Return the channels that a programme uses instead of the defaults, by purpose."""
    found = session.exec(select(ProgramChannel).where(ProgramChannel.program_id == program_id)).all()
    return {one.purpose: one for one in found}


def used(session: Session, team: str) -> Sequence[str]:
    """Return the channels that programmes of a workspace use, each once."""
    return session.exec(
        select(ProgramChannel.channel)
        .where(ProgramChannel.team == team)
        .distinct()
        .order_by(ProgramChannel.channel)
    ).all()


def users_of(session: Session, team: str, channel: str) -> Sequence[tuple[ProgramChannel, Program]]:
    """Return the programmes that use a channel, and for what."""
    found = session.exec(
        select(ProgramChannel, Program)
        .join(Program, col(Program.id) == col(ProgramChannel.program_id))
        .where(ProgramChannel.team == team, ProgramChannel.channel == channel)
        .order_by(col(Program.id), ProgramChannel.purpose)
    ).all()
    return [(one, program) for one, program in found]

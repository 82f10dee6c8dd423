"""The approvals of one programme, or of all that somebody may see; and sharing an answer in a channel."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from bot.domain import approval as rules
from bot.domain import submission as submissions
from bot.domain.away import stood_in_for
from bot.domain.channel import no_sharing
from bot.domain.error import NotFoundError, StaleError
from bot.domain.onboarding import WORKABLE
from bot.domain.role import Asker, Right
from bot.outbox import put_channel
from bot.services import approval_line, audit, standing
from bot.services import person as people
from bot.services.approval_line import WORKING, Line, Sheet
from bot.services.standing import Standing
from bot.services.submission_round import case_of, item_of
from storage import Session
from storage.queries import approval as rows
from storage.queries import channel as channels
from storage.queries import program as programs
from storage.tables import Program

FEW: Final = 8
"""Up to so many programmes are told with what is under way in each; more become a line each."""

PAGE: Final = 20
"""Programmes on one page of a longer list."""

MOST_UNDER_WAY: Final = 4
"""Approvals told of each programme in a short list."""


@dataclass(frozen=True)
class Entry:
    """One programme in a list: its approvals, the most urgent of them, and so the group it stands in."""

    program: Program
    lines: Sequence[Line]
    mine: bool
    head: Line | None
    group: str

    @classmethod
    def of(cls, program: Program, lines: Sequence[Line], *, mine: bool) -> "Entry":
        """Return the entry of a programme; one that stands still has nobody who must act."""
        waiting = [line for line in lines if line.stand.actor] if program.state in WORKING else []
        head = min(waiting, key=lambda line: rules.urgency(line.stand, line.left), default=None)
        return cls(program, lines, mine, head, rules.group(head.stand, head.left) if head else "")

    @property
    def place(self) -> tuple[int, tuple[int, int], int]:
        """By what a list is sorted."""
        rank = rules.GROUPS.index(self.group) if self.group else len(rules.GROUPS)
        urgent = rules.urgency(self.head.stand, self.head.left) if self.head else (0, 0)
        return rank, urgent, self.program.id


def of_program(
    session: Session, who: Asker, program: Program, now: datetime, language: str = ""
) -> dict[str, Any]:
    """Return everything an answer says about the approvals of one programme.

    Args:
        session: any session.
        who: who asks.
        program: the programme.
        now: business time, from which days are counted.
        language: of whoever reads it; without one that of who asks.

    Raises:
        RefusedError: the person may not see programmes.
    """
    people.require(session, who, Right.SEE, now)
    language = language or who.language
    sheet = Sheet.read(session, who.team, [program], now, language)
    found = approval_line.of_program(sheet, program)
    listed = [line.facts() for line in found]
    for line, facts in zip(found, listed, strict=True):
        if line.stand.state == "with_us" and line.holder is not None:
            facts["missing"] = _missing(session, line)
    marketing = _marketing(sheet, program)
    users = [
        program.lead,
        program.manager,
        *(user for one in listed for user in (one["owner"], one["ended_by"])),
    ]
    users += [marketing[name] for name in ("owner", "deputy")] if marketing else []
    absent = standing.of_program(session, program, users, now)
    shown = [line for line in found if line.past is None]
    present = {line.kind for line in found}
    kinds = dict.fromkeys(rules.kinds(found[0].walk.plan).values()) if found else {}
    return {
        **_about(program),
        "language": language,
        "lines": listed,
        "approved": sum(line.stand.state == "approved" for line in shown),
        "total": len(shown),
        "not_needed": [kind for kind in kinds if kind not in present],
        "marketing": marketing,
        "link": sheet.link("program", program.id),
        "as_of": now.isoformat(),
        "names": people.names(session, program.team, [*users, *(one["deputy"] for one in absent.values())]),
        "absent": absent,
    }


def of_all(
    session: Session,
    who: Asker,
    now: datetime,
    *,
    only: str = "all",
    page: int = 1,
    among: Collection[int] | None = None,
    language: str = "",
) -> dict[str, Any]:
    """Return what an answer says about every programme: the most urgent approval of each, late ones first.

    Args:
        session: any session.
        who: who asks; `mine` are the programmes of theirs and of those they stand in for.
        now: business time.
        only: one of `bot.domain.approval.FILTERS`.
        page: from 1 on; one that does not exist becomes the nearest.
        among: only these programmes, canceled ones too.
        language: of whoever reads it; without one that of who asks.

    Raises:
        RefusedError: the person may not see programmes.
        NotFoundError: there is no programme yet.
    """
    people.require(session, who, Right.SEE, now)
    everything = list(programs.all_of(session, who.team))
    if not everything:
        raise NotFoundError("program.none")
    if among is not None:
        everything = [program for program in everything if program.id in among]
    shown = [program for program in everything if among is not None or program.state != "canceled"]
    language = language or who.language
    sheet = Sheet.read(session, who.team, shown, now, language)
    listed = {program.id: approval_line.of_program(sheet, program) for program in shown}
    users = {user for program in shown for user in _people(program, listed[program.id])}
    present = standing.at(session, who.team, users, now)
    entries = [
        Entry.of(program, listed[program.id], mine=_mine(who, program, listed[program.id], present))
        for program in shown
    ]
    wanted = [entry for entry in entries if entry.mine] if only == "mine" else entries
    counts = rules.counted(entry.group for entry in wanted)
    kept = sorted(
        (entry for entry in wanted if only in {"all", "mine"} or entry.group == only),
        key=lambda entry: entry.place,
    )
    few = len(shown) <= FEW
    told = kept if few else [entry for entry in kept if entry.group]
    page, pages = rules.cut(page, len(told), PAGE)
    there = told[(page - 1) * PAGE : page * PAGE]
    told_programs = [_entry(entry, present, few=few) for entry in there]
    named = {user for entry in there for user in _people(entry.program, entry.lines)}
    named |= {one["deputy"] for program in told_programs for one in program["absent"].values()}
    return {
        "language": language,
        "only": only,
        "page": page,
        "pages": pages,
        "few": few,
        "total": len(wanted),
        "counts": counts,
        "programs": told_programs,
        "rest": _rest(everything if only == "all" else [], [entry for entry in wanted if not entry.group]),
        "as_of": now.isoformat(),
        "zone": who.zone,
        "names": people.names(session, who.team, named),
    }


def share(
    session: Session,
    who: Asker,
    view: str,
    facts: Mapping[str, Any],
    *,
    program: Program | None,
    channel: str,
    thread_ts: str,
    language: str,
    now: datetime,
) -> None:
    """Post an answer where it was asked, with the name of who shares it.

    Args:
        session: the caller's transaction.
        who: who shares; they have seen the answer.
        view: the answer's view.
        facts: as `of_program` or `of_all` returned them now, in the language of the channel.
        program: the one it is about, if it is about one.
        channel: where it was asked.
        thread_ts: the thread, if it was asked in one.
        language: of the channel.
        now: business time.

    Raises:
        NotFoundError: it was not asked in a channel.
        StaleError: nobody may write there, or people of another company read there.
    """
    if not channel or channel.startswith("D"):
        raise NotFoundError("approval.share_where")
    row = channels.row(session, who.team, channel)
    own = program is not None and program.channel == channel
    # What Slack does not say is found out by trying: who shares it hears how that ended.
    problem = row and no_sharing(
        external=row.external, archived=row.archived, member=row.member, error=row.error, own=own
    )
    if problem:
        raise StaleError(f"approval.share_{problem}", channel=channel)
    names = {**facts["names"], **people.names(session, who.team, [who.user])}
    put_channel(
        session,
        team=who.team,
        channel=channel,
        view=view,
        facts={**facts, "names": names, "shared_by": who.user},
        language=language,
        now=now,
        reply_ts=thread_ts,
        person=who.user,
    )
    after = {"channel": channel} | ({} if program else {"only": facts["only"], "page": facts["page"]})
    audit.record(
        session,
        team=who.team,
        actor=who.user,
        tag="approval:share:shared",
        subject=program.ref if program else channel,
        now=now,
        after=after,
    )


def language_of(session: Session, team: str, channel: str, default: str) -> str:
    """Return the language of a channel: that of a programme that lives there, else the default."""
    return next((program.language for program in programs.in_channel(session, team, channel)), default)


def _about(program: Program) -> dict[str, Any]:
    return {
        "id": program.id,
        "ref": program.ref,
        "name": program.name,
        "state": program.state,
        "zone": program.zone,
        "target_on": program.target_on.isoformat(),
        "lead": program.lead,
    }


def _entry(entry: Entry, present: Standing, *, few: bool) -> dict[str, Any]:
    program, head = entry.program, entry.head
    found: list[Line] = []
    if head is not None:
        found = [head]
    if few and head is not None:
        current = [line for line in entry.lines if line.stand.current or line.late]
        found = sorted(current or [head], key=lambda line: rules.urgency(line.stand, line.left))
    users = _people(program, entry.lines)
    shown = [line for line in entry.lines if line.past is None]
    sheet = entry.lines[0].sheet if entry.lines else None
    return {
        **_about(program),
        "group": entry.group,
        "lines": [line.facts() for line in found[:MOST_UNDER_WAY]],
        "more": max(0, len(found) - MOST_UNDER_WAY),
        "approved": sum(line.stand.state == "approved" for line in shown),
        "total": len(shown),
        "link": sheet.link("program", program.id) if sheet else "",
        "absent": present.facts(users, lead=program.lead, manager=program.manager),
    }


def _rest(everything: Iterable[Program], without: Iterable[Entry]) -> dict[str, int]:
    """Return how many programmes wait for nobody, by their state; canceled ones only where all are told."""
    states = [entry.program.state for entry in without]
    states += [program.state for program in everything if program.state == "canceled"]
    return {state: states.count(state) for state in dict.fromkeys(states)}


def _people(program: Program, found: Sequence[Line]) -> list[str]:
    named = [program.lead, program.manager, *program.deputies, *(line.owner for line in found)]
    return [user for user in dict.fromkeys(named) if user]


def _mine(who: Asker, program: Program, found: Sequence[Line], present: Standing) -> bool:
    named = _people(program, found)
    return bool({who.user, *stood_in_for(who.user, named, present.away, gone=present.gone)} & set(named))


def _missing(session: Session, line: Line) -> list[str]:
    """Return what the step that holds an approval up still lacks, as titles."""
    walk, holder, language = line.walk, line.holder, line.sheet.language
    assert holder is not None, "the caller looked"  # noqa: S101 - the caller looked
    if holder.key == submissions.STEP:
        case = case_of(walk)
        lacking = (*submissions.lacking(case.looks), *submissions.left_out(case.looks))
        keys = dict.fromkeys(one.item.key for one in lacking)
        items = (item_of(walk, key) for key in keys)
        return [item.title[language] for item in items if item is not None]
    if holder.state not in WORKABLE:
        return []
    there = programs.evidence_items(session, holder.id)
    wanted = [item for item in walk.step(holder.key).evidence if item.required and item.id not in there]
    return [item.title[language] for item in wanted]


def _marketing(sheet: Sheet, program: Program) -> dict[str, Any] | None:
    """Return who sends new material to Stripe after launch, and when that was recorded last."""
    row = sheet.steps[program.id].get(rules.MARKETING)
    if row is None or row.state != "done" or program.state != "launched":
        return None
    last = rows.last_done(sheet.session, [row.id]).get(row.id)
    return {"owner": row.assignee, "deputy": row.deputy, "last_on": last.isoformat() if last else ""}

"""What all parts of a lost card share: its report with card and thread, what is said there, who hears."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from bot.domain import lost_card as rules
from bot.domain.error import NotFoundError
from bot.domain.role import Asker, Right, may, rank
from bot.outbox import put_direct, put_notice, put_private
from bot.services import audit, card_board, preference
from bot.services import channel as channels
from bot.services import person as people
from bot.services.stripe_call import Outcome
from bot.stripe_api import Whose
from storage import Session
from storage.queries import card_board as boards
from storage.queries import channel as channel_rows
from storage.queries import lost_card as rows
from storage.queries import person as person_rows
from storage.queries import stripe_mirror as mirror
from storage.queries import thread as threads
from storage.tables import Program, Thread
from storage.tables_call import StripeCall
from storage.tables_lost import LostCard
from storage.tables_stripe import Card, Token

CARD_PATH: Final = "/v1/issuing/cards"
FROZEN: Final = "lost_card"
"""The subject of the clock that runs while a card is frozen and nobody has revoked it."""

NOT_STOPPED: Final = "card_stop"
"""The subject of the clock that calls operators until a card is stopped."""

DELIVERY: Final = "card_delivery"
"""The subject of the clock of a new card's delivery."""


@dataclass
class Case:
    """A report with its card and the thread of the card; without an operations channel there is no thread."""

    session: Session
    row: LostCard
    card: Card
    thread: Thread | None
    language: str

    @property
    def program(self) -> Program | None:
        """The programme of the card."""
        return mirror.program(self.session, self.card.program) if self.card.program else None

    @property
    def whose(self) -> Whose:
        """On whose behalf Stripe is asked about the card."""
        return Whose(self.card.livemode, self.card.account, rows.platform_of(self.session, self.card.id))

    @property
    def stopped(self) -> bool:
        """Tell whether the card pays nothing any more: here, or at Stripe."""
        return self.row.answered_at is not None or self.row.stopped_at is not None


def of(session: Session, row: LostCard) -> Case:
    """Return a report with all that belongs to it."""
    card = mirror.card(session, row.card)
    assert card is not None, "a report is about a card"  # noqa: S101 - a foreign key says so
    board = next((one for one in boards.of_card(session, row.card) if one.team == row.team), None)
    thread = threads.of(session, card_board.SUBJECT, board.id) if board else None
    return Case(session, row, card, thread, board.language if board else "en")


def read(session: Session, team: str, case_id: int) -> Case:
    """Return a report to look at. Raises as `locked` does."""
    row = rows.one(session, case_id) if case_id else None
    if row is None or row.team != team:
        raise NotFoundError("lost.not_found")
    return of(session, row)


def locked(session: Session, team: str, case_id: int) -> Case:
    """Return a report as it is now; nobody else changes it before the commit.

    Raises:
        NotFoundError: there is none, or it belongs to another workspace.
    """
    row = rows.one(session, case_id) if case_id else None
    if row is None or row.team != team:
        raise NotFoundError("lost.not_found")
    mirror.lock(session, Card, {"id": row.card})
    return of(session, rows.lock(session, case_id))


def open_thread(
    session: Session, card: Card, *, team: str, defaults: Mapping[str, str], language: str, now: datetime
) -> Thread | None:
    """Return the thread of a card in the operations channel; None where no channel can be written to."""
    program = mirror.program(session, card.program) if card.program else None
    if program is not None:
        channel = channels.usable(session, program, "operations", defaults)
        language = program.language
    else:
        channel = defaults.get("operations", "")
        if channel and channels.unfit(channel_rows.row(session, team, channel)):
            channel = ""
    if not channel:
        return None
    return card_board.open_board(session, card, team=team, channel=channel, language=language, now=now)


def facts(case: Case) -> dict[str, Any]:
    """Return what boards, notices and answers say about a report; times as ISO text, no name, no address."""
    row, card = case.row, case.card
    users = [row.reported_by, row.revoked_by, row.released_by, row.replaced_by]
    return {
        "id": row.id,
        "ref": row.ref,
        "card": card.id,
        "last4": card.last4,
        "account": card.account,
        "livemode": card.livemode,
        "type": card.type,
        "state": row.state,
        "kind": row.kind,
        "by": row.reported_by,
        "reported_at": iso(row.reported_at),
        "declined_at": iso(row.declined_at),
        "answered_at": iso(row.answered_at),
        "stopped_at": iso(row.stopped_at),
        "revoked_by": row.revoked_by,
        "revoke_asked_at": iso(row.revoke_asked_at),
        "revoked_at": iso(row.revoked_at),
        "released_by": row.released_by,
        "released_at": iso(row.released_at),
        "error": row.error,
        "request": row.request,
        "pending": rows.count_pending(case.session, card.id),
        "replacement": row.wanted,
        "replace_asked_at": iso(row.replace_asked_at),
        "replaced_by": row.replaced_by,
        "new_card": row.new_card,
        "new_state": row.new_state,
        "names": people.names(case.session, row.team, users),
    }


def mine(case: Case, who: Asker, now: datetime) -> dict[str, Any]:
    """Return what one person reads about a report, with what they may do."""
    row = case.row
    own = row.reported_by == who.user
    take_back = rules.may_take_back(
        operator=rank(who.role) >= rank("operator"), own=own, frozen_at=row.reported_at, now=now
    )
    return {
        **facts(case),
        "may_release": row.state == "frozen" and take_back and who.verified,
        "may_revoke": row.state == "frozen" and who.verified,
        "may_see": may(who, Right.CUSTOMER_DATA),
        "may_replace": may(who, Right.REVOKE) and row.state in {"revoking", "revoked"},
        "thread": [case.thread.channel, case.thread.ts] if case.thread and case.thread.ts else [],
        "threadless": case.thread is None,
    }


def say(case: Case, view: str, now: datetime, **more: Any) -> int:  # noqa: ANN401 - JSON values
    """Say a fact in the card's thread; without one, to whoever reported it and to operators, one by one.

    Returns:
        The number of the message; of the last one where there are several.
    """
    said = {**facts(case), **more}
    if case.thread is not None:
        return put_notice(case.session, case.thread, view, said, language=case.language, now=now)
    number, operators = 0, called(case, "operator", now)
    for user in dict.fromkeys([*operators, case.row.reported_by]):
        words = preference.language(case.session, case.row.team, user)
        shown, told = view, said
        if view == "lost.frozen":  # nothing else stays that has the buttons: Slack forgets private answers
            who = people.asker(case.session, team=case.row.team, user=user, now=now, language=words)
            shown, told = "lost.mine", mine(case, who, now)
            if user in operators:  # Slack may not have described them yet; the click decides
                told |= dict.fromkeys(("may_release", "may_revoke", "may_see"), True)
        number = put_direct(
            case.session, team=case.row.team, user=user, view=shown, facts=told, language=words, now=now
        )
    return number


def show(case: Case, now: datetime) -> None:
    """Bring the board of the card up to date, and the private answer of whoever reported it."""
    card_board.follow(case.session, case.card.id, now)


def tell_reporter(case: Case, now: datetime) -> None:
    """Tell whoever reported the card how it stands now: in the place of their answer, if it has one."""
    row = case.row
    if not row.response_url and row.answered_at is not None:
        return  # they read at once that it is declined here; the thread says the rest
    who = people.asker(case.session, team=row.team, user=row.reported_by, now=now, language=case.language)
    put_private(
        case.session,
        who,
        "lost.mine",
        mine(case, who, now),
        channel="",
        response_url=row.response_url or "",
        replaces=bool(row.response_url),
        now=now,
    )


def tell(case: Case, users: Iterable[str], view: str, now: datetime, **more: Any) -> None:  # noqa: ANN401
    """Write to these people about a report, each in their language."""
    for user in dict.fromkeys(users):
        put_direct(
            case.session,
            team=case.row.team,
            user=user,
            view=view,
            facts={**facts(case), "to": user, **more},
            language=preference.language(case.session, case.row.team, user),
            now=now,
        )


def called(case: Case, role: str, now: datetime) -> list[str]:
    """Return who is called: everybody with this role, else the admins."""
    for name in (role, "admin"):
        found = person_rows.holders(case.session, case.row.team, [name], now.date())
        if found:
            return found
    return []


def record(
    case: Case,
    actor: str,
    tag: str,
    now: datetime,
    before: str = "",
    **after: Any,  # noqa: ANN401 - JSON values
) -> None:
    """Record an act in the audit."""
    audit.record(
        case.session,
        team=case.row.team,
        actor=actor,
        tag=tag,
        subject=case.row.ref,
        now=now,
        before={"state": before} if before else None,
        after={"card": case.card.id, "state": case.row.state, **after},
    )


def iso(moment: datetime | None) -> str:
    """Return a moment as text."""
    return moment.isoformat() if moment else ""


def say_of_token(session: Session, token: Token, call: StripeCall, outcome: Outcome, now: datetime) -> None:
    """Say what became of a token: in the thread of its card, else to whoever asked."""
    said = {
        "token": token.id,
        "wallet": token.wallet_provider or token.network,
        "card": token.card,
        "status": token.status,
        "ok": outcome.ok,
        "final": outcome.final,
        "code": outcome.code,
        "request": outcome.request,
        "by": call.by,
        "names": people.names(session, call.team, [call.by]),
    }
    board = next((one for one in boards.of_card(session, token.card) if one.team == call.team), None)
    thread = threads.of(session, card_board.SUBJECT, board.id) if board else None
    if board is not None and thread is not None:
        put_notice(session, thread, "lost.token", said, language=board.language, now=now)
    else:
        language = preference.language(session, call.team, call.by)
        put_direct(
            session, team=call.team, user=call.by, view="lost.token", facts=said, language=language, now=now
        )

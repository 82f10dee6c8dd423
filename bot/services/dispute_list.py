"""Disputes together: the open ones by their last day, those that ended, win rate and money by reason."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from bot.domain.dispute import UNSUBMITTED
from bot.domain.role import Asker
from bot.services import picture
from storage import Session
from storage.queries import dispute as rows
from storage.queries import picture as pictures
from storage.queries import stripe_mirror as mirror
from storage.tables_dispute import Dispute

MOST: Final = 20


def page(session: Session, who: Asker) -> dict[str, Any]:
    """Return what the list shows: first what waits for somebody, by its last day; then the rest."""
    found = rows.all_of(session, who.team)
    shown = sorted(found, key=_place)[:MOST]
    return {
        "rows": [_line(session, row) for row in shown],
        "count": len(found),
        "more": max(0, len(found) - MOST),
        "figures": figures(found),
    }


def _place(row: Dispute) -> tuple[int, str, int]:
    waits = row.state in UNSUBMITTED or row.task_state == "open"
    order = 0 if waits else 1 if row.state == "submitted" else 2
    return order, row.due_on.isoformat() if row.due_on and waits else "9999", -row.id


def _line(session: Session, row: Dispute) -> dict[str, Any]:
    card = mirror.card(session, row.card)
    return {
        "id": row.id,
        "ref": row.ref,
        "state": row.state,
        "reason": row.reason,
        "amount": row.amount,
        "currency": row.currency,
        "last4": card.last4 if card else "",
        "livemode": row.livemode,
        "due_on": row.due_on.isoformat() if row.due_on and row.state in UNSUBMITTED else "",
        "task": row.task if row.task_state == "open" else "",
    }


def figures(found: Sequence[Dispute]) -> list[dict[str, Any]]:
    """Return the figures by currency, mode and reason, the most money at stake first.

    At stake is what is not decided yet: drafts and what was submitted. The win rate counts what was won among
    what was won or lost; what expired was never judged.
    """
    groups: dict[tuple[str, bool, str], list[Dispute]] = {}
    for row in found:
        if row.state != "dropped":
            groups.setdefault((row.currency, row.livemode, row.reason), []).append(row)
    made = []
    for (currency, livemode, reason), group in groups.items():
        states = [row.state for row in group]
        open_ = [row for row in group if row.state in {*UNSUBMITTED, "submitted"}]
        made.append(
            {
                "currency": currency,
                "livemode": livemode,
                "reason": reason,
                "count": len(group),
                "open": len(open_),
                "stake": sum(row.amount for row in open_),
                "won": states.count("won"),
                "lost": states.count("lost"),
                "expired": states.count("expired"),
                "won_amount": sum(row.amount for row in group if row.state == "won"),
                "lost_amount": sum(row.amount for row in group if row.state in {"lost", "expired"}),
            }
        )
    return sorted(
        made,
        key=lambda one: (not one["livemode"], one["currency"], -one["stake"], -one["count"], one["reason"]),
    )


def ask_picture(session: Session, who: Asker, now: datetime) -> bool:
    """Have win rate and money at stake drawn for one person; false when there is nothing to draw.

    While one is on its way to them, asking again does nothing.
    """
    found = figures(rows.all_of(session, who.team))
    if not found:
        return False
    if pictures.of_kind_on_its_way(session, "disputes", who.team, who.user) is None:
        picture.put(
            session,
            team=who.team,
            kind="disputes",
            person=who.user,
            language=who.language,
            facts={"figures": found, "today": now.date().isoformat()},
            asked_by=who.user,
            name=f"disputes-{now.date().isoformat()}.png",
            now=now,
        )
    return True

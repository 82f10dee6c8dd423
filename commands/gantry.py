"""`/gantry`: help, roles, the outbox; and the buttons that open a verb's form."""

from dataclasses import replace
from datetime import date
from typing import Any, Final

from bot.domain.error import NotFoundError
from bot.domain.role import RELATIONS, ROLES, Right, may, rank
from bot.listeners.door import Button, Doors, Reply, Request, Verb, say
from bot.listeners.field import number
from bot.services import closing_day
from bot.services import outbox as outbox_service
from bot.services import person as people
from bot.services import role as role_service
from storage import Session
from storage.queries import calendar as calendar_rows
from storage.queries import outbox as outbox_rows
from storage.queries import person as person_rows


def help_page(session: Session, request: Request) -> Reply:
    """Show what can be said, made from the verbs: those this person may use."""
    del session
    verbs = [
        {"said": f"{verb.said} {verb.hint}".strip(), "key": verb.help_key}
        for verb in request.others
        if not verb.quiet
        and (may(request.who, verb.right) or verb.right in {Right.CHANGE_PROGRAM, Right.STEER_PROGRAM})
    ]
    return say("help", verbs=verbs, role=request.who.role)


def run_verb(session: Session, request: Request) -> Reply:
    """Run the verb behind a button, with the words it carries."""
    name, _, rest = request.value.partition(" ")
    verb = next((verb for verb in request.others if verb.name == name), None)
    if verb is None or verb.writes:
        raise NotFoundError("error.old_button")
    # The button alone gives no right; those within a programme are checked by the verb.
    right = Right.SEE if verb.right in RELATIONS else verb.right
    people.require(session, request.who, right, request.now)
    return verb.run(session, replace(request, text=rest, value=""))


def roles(session: Session, request: Request) -> Reply:
    """Show the roles, or grant one: `/gantry roles grant @person operator 2026-12-31`."""
    words = request.text.split()
    if not words:
        granted = person_rows.granted(session, request.who.team)
        rows: list[dict[str, Any]] = [
            {
                "id": row.id,
                "user": row.user,
                "role": row.role,
                "until": row.until.isoformat() if row.until else "",
            }
            for row in sorted(granted, key=lambda row: -rank(row.role))
        ]
        names = people.names(session, request.who.team, [row["user"] for row in rows])
        return say("roles", roles=rows, names=names)
    word = words[0].casefold()
    if word not in {"grant", "withdraw", "donner", "retirer"} or len(words) < 3:  # noqa: PLR2004 - who and which
        raise NotFoundError("roles.usage")
    user, role = role_service.user_of(words[1]), words[2].casefold()
    if not user or role not in ROLES[2:]:
        raise NotFoundError("roles.usage")
    if word in {"withdraw", "retirer"}:
        role_service.withdraw(session, request.who, user, role, request.now)
        return say("role.changed", what="withdrawn", user=user, role=role)
    until = _until(words[3:], request)
    role_service.grant(session, request.who, user, role, until, request.now)
    what = "until" if until else "granted"
    return say("role.changed", what=what, user=user, role=role, until=until.isoformat() if until else "")


def withdraw(session: Session, request: Request) -> Reply:
    """Withdraw the role behind a button."""
    user, _, role = request.value.partition(" ")
    if role_service.user_of(user) != user or role not in ROLES[2:]:
        raise NotFoundError("error.old_button")
    role_service.withdraw(session, request.who, user, role, request.now)
    return say("role.changed", what="withdrawn", user=user, role=role)


def outbox(session: Session, request: Request) -> Reply:
    """Show how many messages wait, and those in trouble."""
    counts = outbox_rows.counts(session)
    rows = [
        {
            "id": row.id,
            "view": row.view,
            "channel": row.channel,
            "person": row.person,
            "state": row.state,
            "error": row.error,
            "attempts": row.attempts,
        }
        for row in outbox_rows.troubled(session, request.who.team, 20)
    ]
    waiting = sum(counts.get(state, 0) for state in outbox_rows.UNSETTLED)
    return say("outbox", waiting=waiting, dead=counts.get("dead", 0), sent=counts.get("sent", 0), rows=rows)


def outbox_again(session: Session, request: Request) -> Reply:
    """Put a dead letter back into the outbox."""
    message = number(request.value)
    outbox_service.retry(session, request.who, message, request.now)
    return say("outbox.revived", id=message)


def closing_days(session: Session, request: Request) -> Reply:
    """Show the closing days, or change them: `/gantry closing-days add 2026-12-24`."""
    words = request.text.split()
    if not words:
        days = sorted(calendar_rows.closing_days(session, request.who.team))
        return say("closing", days=[day.isoformat() for day in days])
    word = words[0].casefold()
    if word not in {"add", "remove", "ajouter", "retirer"} or len(words) != 2:  # noqa: PLR2004 - what and when
        raise NotFoundError("closing.usage")
    try:
        on = date.fromisoformat(words[1])
    except ValueError:
        raise NotFoundError("closing.usage") from None
    if word in {"add", "ajouter"}:
        moved = closing_day.add(session, request.who, on, request.now)
        return say("closing.changed", what="added", on=on.isoformat(), moved=moved)
    moved = closing_day.remove(session, request.who, on, request.now)
    return say("closing.changed", what="removed", on=on.isoformat(), moved=moved)


def _until(words: list[str], request: Request) -> date | None:
    if not words:
        return None
    try:
        until = date.fromisoformat(words[-1])
    except ValueError:
        raise NotFoundError("roles.usage") from None
    if until < request.now.date():
        raise NotFoundError("roles.past")
    return until


DOORS: Final = Doors(
    verbs=(
        Verb("gantry.help", "/gantry", "", Right.HELP, help_page, quiet=True),
        Verb("gantry.help", "/gantry", "help", Right.HELP, help_page, aliases=("help", "aide", "?")),
        Verb(
            "gantry.roles",
            "/gantry",
            "roles",
            Right.ROLES,
            roles,
            aliases=("roles", "rôles"),
            hint="[grant|withdraw @… operator 2026-12-31]",
            writes=True,
        ),
        Verb(
            "gantry.closing_days",
            "/gantry",
            "closing-days",
            Right.CALENDAR,
            closing_days,
            aliases=("closing-days", "fermetures"),
            hint="[add|remove 2026-12-24]",
            writes=True,
        ),
        Verb("gantry.outbox", "/gantry", "outbox", Right.OUTBOX, outbox, aliases=("outbox", "envois")),
    ),
    buttons=(
        Button("verb.run", Right.HELP, run_verb, writes=False),
        Button("role.withdraw", Right.ROLES, withdraw),
        Button("outbox.again", Right.OUTBOX, outbox_again),
    ),
)

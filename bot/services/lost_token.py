"""A lost phone only: the card's token in that wallet is suspended or deleted, and the card goes on."""

from datetime import datetime
from typing import Final

from bot.domain.error import NotFoundError, StaleError
from bot.domain.role import Asker, Right
from bot.services import audit, stripe_call
from bot.services import lost_case as cases
from bot.services import person as people
from bot.services.stripe_call import Outcome
from bot.stripe_api import Whose
from storage import Session
from storage.queries import lost_card as rows
from storage.queries import stripe_mirror as mirror
from storage.tables_call import StripeCall
from storage.tables_stripe import Token

CHANGE: Final = "token.change"
ACTS: Final = {"delete": "deleted", "suspend": "suspended"}
"""What can be done with a token, and the status that Stripe is asked for."""


def change(session: Session, who: Asker, act: str, token_id: str, now: datetime) -> Token:
    """Take a card out of one wallet; asked of Stripe until it is done.

    Raises:
        NotFoundError: no such token is known.
        StaleError: it is deleted already.
        RefusedError: the person is no support agent and no operator.
    """
    people.require(session, who, Right.REVOKE, now)
    if act not in ACTS or session.get(Token, token_id) is None:
        raise NotFoundError("error.old_button")
    token = mirror.lock(session, Token, {"id": token_id})
    if token.status in {"deleted", ACTS[act]}:
        raise StaleError("lost.token_done", wallet=token.wallet_provider or token.network)
    stripe_call.put(
        session,
        team=who.team,
        whose=Whose(token.livemode, token.account, rows.platform_of(session, token.card)),
        act=CHANGE,
        subject=token.id,
        stream=token.card,
        path=f"/v1/issuing/tokens/{token.id}",
        params={"status": ACTS[act]},
        by=who.user,
        now=now,
    )
    audit.record(
        session,
        team=who.team,
        actor=who.user,
        tag="token:change:asked",
        subject=token.id,
        now=now,
        before={"status": token.status},
        after={"status": ACTS[act], "card": token.card},
    )
    return token


def changed(session: Session, call: StripeCall, outcome: Outcome, now: datetime) -> None:
    """Stripe has changed a token, or will not: whoever asked hears of it, and so does the card's thread."""
    token = session.get(Token, call.subject)
    if token is None:
        return
    status = outcome.object.get("status") if outcome.ok else ""
    if isinstance(status, str) and status and token.status != "deleted":
        token.status = status
        session.add(token)
        session.flush()
    cases.say_of_token(session, token, call, outcome, now)

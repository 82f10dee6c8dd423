"""Answers to authorization requests, a batch at a time, each on disk with all that was looked at."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from bot.domain import spend
from bot.domain.authorization import FALLBACK, Facts, Request, Ruling, decide
from bot.services import policy
from storage.queries import authorization as rows
from storage.queries import spend as spend_rows
from storage.tables_stripe import AuthorizationDecision
from storage.upsert import insert_once

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from storage import Session
    from storage.queries.authorization import Answered, Known

    Windows = tuple[str, str, str]
    Key = tuple[str, str, str]
    Keys = tuple[Key, Key, Key, Key, Key, Key]

_NOT_REPORTED = ("", "")
_DAY = 86400


class Answer(NamedTuple):
    """What Stripe is told. `amount` is set when a part is approved, in minor units."""

    approved: bool
    amount: int | None
    rule: str
    policy: int


class Standing:
    """The policy as one process last read it; each batch compares its number with the rows'."""

    def __init__(self) -> None:
        self.number = -1
        self.ruling = Ruling(0, (), {}, partial=False)

    def follow(self, session: Session, number: int, now: datetime) -> Ruling:
        """Return the policy to obey, read again when policy, rules or brakes changed."""
        if number != self.number:
            self.ruling = policy.compiled(session, now)
            self.number = number
        return self.ruling


def answer_all(
    session: Session, requests: Sequence[Request], standing: Standing, now: datetime
) -> list[Answer]:
    """Decide requests in their order and record the decisions; return the answers in the same order.

    A request that was answered before gets that answer again. Two requests for one card see each other.

    Args:
        session: the caller's transaction; an answer may leave only after its commit.
        requests: what was asked.
        standing: the policy of this process.
        now: business time.
    """
    batch = _Batch(session, requests, standing, now)
    answers = [batch.answer(request) for request in requests]
    rows.write(session, batch.decisions, batch.moves)
    return answers


class _Batch:
    """What is known about the requests of one transaction, and what their answers change."""

    def __init__(
        self, session: Session, requests: Sequence[Request], standing: Standing, now: datetime
    ) -> None:
        self.now = now
        self.decisions: list[tuple[Any, ...]] = []
        self.moves: dict[tuple[str, Windows], dict[str, int]] = {}
        self._windows: dict[int, Windows] = {}
        cards: set[str] = set()
        subjects: set[str] = set()
        windows: set[str] = set()
        for request in requests:
            cards.add(request.card)
            subjects.add(request.card)
            subjects.add(request.cardholder)
            windows.update(self._of(request))
        subjects.discard("")
        self._known: Known = rows.look(
            session,
            events=[request.event for request in requests],
            authorizations=[request.authorization for request in requests],
            cards=[*cards],
            subjects=[*subjects],
            windows=[*windows],
        )
        self._ruling = standing.follow(session, self._known.number, now)
        answered = self._known.answered
        self._by_event = {one.event: _answer(one) for one in answered}
        self._by_entries = {(one.authorization, one.entries): _answer(one) for one in answered}
        increments = [request.authorization for request in requests if request.entries]
        self._own = _own(session, increments, answered) if increments else {}

    def answer(self, request: Request) -> Answer:
        """Return the answer to one request."""
        key = (request.authorization, request.entries)
        past = self._by_event.get(request.event) or self._by_entries.get(key)
        if past is not None:
            return past
        windows, currency = self._of(request), request.currency
        day, week, month = windows
        card, holder = request.card, request.cardholder
        keys = (
            (card, day, currency),
            (card, week, currency),
            (card, month, currency),
            (holder, day, currency),
            (holder, week, currency),
            (holder, month, currency),
        )
        facts = self._facts(request, keys)
        decision = decide(request, facts, self._ruling)
        if decision.counted != facts.own:
            self._move(request, windows, keys, decision.counted - facts.own)
        if request.entries:
            self._own[request.authorization] = decision.counted
        self.decisions.append(
            (
                request.event,
                request.authorization,
                request.entries,
                request.account,
                request.livemode,
                request.card,
                request.cardholder,
                request.amount,
                request.currency,
                decision.approved,
                decision.amount,
                decision.counted,
                decision.rule,
                self._ruling.version,
                orjson.dumps({"request": request._asdict(), "facts": facts._asdict()}).decode(),
                orjson.dumps(decision.outcomes).decode() if decision.outcomes else "{}",
                self.now,
            )
        )
        answer = Answer(decision.approved, decision.amount, decision.rule, self._ruling.version)
        self._by_event[request.event] = self._by_entries[key] = answer
        return answer

    def _of(self, request: Request) -> Windows:
        day = request.created // _DAY
        found = self._windows.get(day)
        if found is None:
            found = self._windows[day] = spend.windows(datetime.fromtimestamp(request.created, UTC))
        return found

    def _facts(self, request: Request, keys: Keys) -> Facts:
        reported, program = self._known.cards.get(request.card, _NOT_REPORTED)
        own = self._own.get(request.authorization, 0) if request.entries else 0
        spent = self._known.spent.get
        card_day, card_week, card_month, day, week, month = keys
        sums = (
            spent(card_day, own) - own,
            spent(card_week, own) - own,
            spent(card_month, own) - own,
            spent(day, own) - own,
            spent(week, own) - own,
            spent(month, own) - own,
        )
        return Facts(reported, program, own, sums)

    def _move(self, request: Request, windows: Windows, keys: Keys, amount: int) -> None:
        spent = self._known.spent
        moved = self.moves.setdefault((request.currency, windows), {})
        for subject, its in ((request.card, keys[:3]), (request.cardholder, keys[3:])):
            if subject:
                moved[subject] = moved.get(subject, 0) + amount
                for key in its:
                    spent[key] = spent.get(key, 0) + amount


def _answer(past: Answered) -> Answer:
    return Answer(past.approved, past.amount, past.rule, past.policy)


def _own(session: Session, authorizations: Sequence[str], answered: Sequence[Answered]) -> dict[str, int]:
    """Return what authorizations count already: as their newest decision says, or as events said later."""
    newest: dict[str, Answered] = {}
    for one in answered:
        if one.authorization not in newest or newest[one.authorization].entries < one.entries:
            newest[one.authorization] = one
    found = {name: one.counted for name, one in newest.items()}
    for name, (counted, decision) in rows.own(session, authorizations).items():
        if name not in newest or newest[name].id <= decision:
            found[name] = counted
    return found


def record_fallback(session: Session, found: Mapping[str, Any], *, event: str, now: datetime) -> bool:
    """Record an answer of the fallback that left without a row; return whether one was missing.

    Call it for `issuing_authorization.created` and `.updated`, before the spend is counted.

    Args:
        session: the caller's transaction.
        found: the authorization as the event describes it; its metadata say that the fallback answered.
        event: the id of that event.
        now: business time.
    """
    metadata = found.get("metadata") or {}
    if metadata.get("rule") != FALLBACK:
        return False
    card = found["card"]
    holder = found.get("cardholder") or card.get("cardholder") or ""
    cardholder = holder if isinstance(holder, str) else str(holder.get("id", ""))
    known = spend_rows.authorization(session, found["id"])
    spend_rows.lock(session, (card["id"], cardholder))
    values = {
        "event": event,
        "authorization": found["id"],
        "entries": max(0, len(found.get("request_history") or ()) - 1),
        "account": metadata.get("account", ""),
        "livemode": found["livemode"] is True,
        "card": card["id"],
        "cardholder": cardholder,
        "amount": found["amount"],
        "currency": found["currency"],
        "approved": found["approved"] is True,
        "counted": known.counted if known is not None else 0,  # the answer added nothing; counting does
        "rule": FALLBACK,
        "policy": int(metadata.get("policy", "0")),
        "outcomes": "{}",
        "at": now,
    }
    return insert_once(session, AuthorizationDecision, values, conflict=["authorization", "entries"])


def warm(session: Session, standing: Standing, now: datetime) -> None:
    """Run every statement of the endpoint once, on a request that exists nowhere; undo the transaction."""
    texts = dict.fromkeys(Request._fields, "")
    made = Request(**{**texts, **_NOTHING})
    answer_all(session, [made], standing, now)


_NOTHING: dict[str, Any] = {
    "event": "evt_",
    "authorization": "iauth_",
    "entries": 1,
    "livemode": False,
    "created": 0,
    "asked": 0,
    "card": "ic_",
    "cardholder": "ich_",
    "amount": 1,
    "cashback": 0,
    "controllable": False,
    "risk": 0,
}

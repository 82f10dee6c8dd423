"""Who may freeze, find and revoke a card; what is searched, read and remembered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.domain.error import FormError, NotFoundError, RefusedError, StaleError
from bot.domain.lost_card import read_query
from bot.domain.role import Asker
from bot.services import card_find, lost_card, policy
from bot.services import lost_case as cases
from bot.services import person as people
from bot.services.lost_card import Place, hashed
from storage import Database, Session
from storage.queries import lost_card as rows
from storage.queries import policy as policies
from storage.tables import OutboxMessage, Role
from storage.tables_stripe import AuthorizationDecision, Card
from storage.tables_stripe_event import StripeAccount
from tests.support.course import CLAIRE, LENA, MARC, NOOR, NOW, OLGA, SAM, TEAM, Course

Do = Callable[..., Any]


@pytest.fixture
def do(course: Course) -> Do:
    """Runs a service in a transaction of its own, beside six cards, one of them of Jenny Rosen."""
    with course.database.transaction() as session:
        for who, role in ((SAM, "support"), (OLGA, "operator"), (MARC, "manager")):
            session.add(Role(team=TEAM, user=who.user, role=role, by="settings", at=NOW))
        session.add(StripeAccount(platform="", account="", livemode=True, next_at=NOW))
        holder = {"id": "ich_1", "name": "Jenny Rosen", "email": "jenny@example.com"}
        card_find.learn_holder(session, holder, account="", livemode=True)
        for number in range(1, 9):
            values = {
                "id": f"ic_{number}",
                "livemode": number != 8,
                "last4": "4242" if number in {1, 8} else f"000{number}",
            }
            session.add(
                Card(**values, status="active", type="virtual", cardholder="ich_1" if number == 1 else "")
            )

    def run(work: Callable[..., Any], *args: Any, **more: Any) -> Any:
        with course.database.transaction() as session:
            return work(session, *args, **more)

    return run


def freeze(session: Session, who: Asker, card: str, now: datetime = NOW) -> tuple[cases.Case, bool]:
    return lost_card.freeze(session, who, card, Place(), now, lambda: now)


def found(do: Do, who: Asker, words: str) -> list[str]:
    return [one["card"] for one in do(card_find.search, who, read_query(words)).cards]


def test_a_sixth_freeze_in_ten_minutes_asks_for_an_operator(do: Do) -> None:
    for number in range(1, 6):
        do(freeze, LENA, f"ic_{number}")
    with pytest.raises(RefusedError) as refused:
        do(freeze, LENA, "ic_6")
    assert refused.value.values["users"] == [MARC.user, OLGA.user]
    do(freeze, OLGA, "ic_6")
    do(freeze, LENA, "ic_7", NOW + timedelta(minutes=10, seconds=1))


def test_a_second_report_finds_the_first(do: Do) -> None:
    case, first = do(freeze, LENA, "ic_1")
    again, second = do(freeze, SAM, "ic_1")
    assert (first, second, again.row.id) == (True, False, case.row.id)


def test_somebody_slack_has_not_described_may_freeze_and_nothing_else(do: Do) -> None:
    stranger = Asker(team=TEAM, user="U0WHO", role="guest", verified=False)
    case, _ = do(freeze, stranger, "ic_1")
    with pytest.raises(RefusedError):
        do(lost_card.revoke, stranger, case.row.id, "lost", "", NOW)


def test_declined_here_is_said_only_where_requests_came_and_the_rule_is_enforced(
    do: Do, database: Database
) -> None:
    with database.reading() as session:
        card = session.get(Card, "ic_1")
        assert card is not None
    assert do(lost_card.declines_since, card) is None
    for number, (account, livemode) in enumerate((("", False), ("acct_1", True), ("", True))):
        do(decided, f"evt_{number}", account, NOW + timedelta(minutes=number), livemode=livemode)
    assert do(lost_card.declines_since, card) == NOW + timedelta(minutes=2)

    assert do(rows.look_at_decisions, 2) == 2
    assert do(rows.look_at_decisions, 2) == 1
    assert do(rows.look_at_decisions, 2) == 0
    assert do(lost_card.declines_since, card) == NOW + timedelta(minutes=2)
    test_card = Card(id="ic_9", livemode=False, account="acct_1")
    assert do(lost_card.declines_since, test_card) is None

    do(policies.set_state, rule="card_reported", state="shadow", team=TEAM, by=OLGA.user, now=NOW)
    assert do(lost_card.declines_since, card) is None
    do(policies.set_state, rule="card_reported", state="enforced", team=TEAM, by=OLGA.user, now=NOW)
    do(policy.load, "# [card_reported] is left out\n[card_unknown]\n", team=TEAM, by=OLGA.user, now=NOW)
    assert do(lost_card.declines_since, card) is None


def decided(session: Session, event: str, account: str, at: datetime, *, livemode: bool) -> None:
    fields: dict[str, Any] = {
        "card": "ic_1",
        "cardholder": "",
        "currency": "usd",
        "approved": True,
        "rule": "none",
        "policy": 0,
    }
    session.add(
        AuthorizationDecision(
            event=event, authorization=event, entries=0, account=account, livemode=livemode, at=at, **fields
        )
    )


@pytest.mark.parametrize(
    ("words", "who", "cards"),
    [
        ("4242", LENA, ["ic_1"]),
        ("4242 test", LENA, ["ic_1", "ic_8"]),
        ("000", LENA, ["ic_2", "ic_3", "ic_4", "ic_5", "ic_6", "ic_7"]),
        ("ic_8", LENA, ["ic_8"]),
        ("jen", SAM, ["ic_1"]),
        ("ROSEN jenny", OLGA, ["ic_1"]),
        ("rosen bob", OLGA, []),
        ("jenny@example.com", SAM, ["ic_1"]),
        ("9999", SAM, []),
    ],
)
def test_a_card_is_found(do: Do, words: str, who: Asker, cards: list[str]) -> None:
    assert sorted(found(do, who, words)) == cards


def test_members_give_the_last_four_and_see_initials(do: Do) -> None:
    [mine] = do(card_find.search, LENA, read_query("4242")).cards
    [theirs] = do(card_find.search, SAM, read_query("4242")).cards
    assert (mine["holder"], theirs["holder"]) == ("J.R.", "Jenny Rosen")
    for words in ("jenny", "jenny@example.com"):
        with pytest.raises(NotFoundError) as refused:
            do(card_find.search, LENA, read_query(words))
        assert refused.value.key == "lost.last4_only"
    with pytest.raises(NotFoundError) as refused:
        do(card_find.search, SAM, read_query("4242 4242 4242 4242"))
    assert refused.value.key == "lost.number_typed"
    assert "4242" not in str(refused.value.values)


def test_a_new_name_is_found_and_the_old_one_no_more(do: Do) -> None:
    holder = {"id": "ich_1", "name": "Jenny Smith", "email": "js@example.com"}
    do(card_find.learn_holder, holder, account="", livemode=True)
    assert (found(do, SAM, "smith"), found(do, SAM, "rosen")) == (["ic_1"], [])


def test_the_holder_revokes_their_own_card_by_their_address_in_slack(do: Do) -> None:
    profile = {"real_name": "Jenny", "profile": {"email": "Jenny@Example.com"}}
    do(people.remember, team=TEAM, user=NOOR.user, found=profile, now=NOW)
    do(people.remember, team=TEAM, user=CLAIRE.user, found={"real_name": "Claire"}, now=NOW)
    case, _ = do(freeze, LENA, "ic_1")
    with pytest.raises(RefusedError):
        do(lost_card.revoke, CLAIRE, case.row.id, "lost", "", NOW)
    done = do(lost_card.revoke, NOOR, case.row.id, "lost", "", NOW)
    assert (done.row.state, done.row.why) == ("revoking", None)
    assert hashed(" Jenny@example.com ") == hashed("jenny@example.com")


def test_where_nobody_holds_the_role_a_member_revokes_with_a_reason_that_managers_read(
    do: Do, course: Course
) -> None:
    course.start(manager=MARC.user)
    granted = course.rows(Role)
    with course.database.transaction() as session:
        for row in granted:
            session.delete(session.get(Role, row.id))
    case, _ = do(freeze, LENA, "ic_1")
    with pytest.raises(FormError):
        do(lost_card.revoke, LENA, case.row.id, "stolen", " ", NOW)
    do(lost_card.revoke, LENA, case.row.id, "stolen", "the holder called me", NOW)
    told = [row for row in course.rows(OutboxMessage) if row.view == "lost.member_revoked"]
    assert [row.person for row in told] == [MARC.user]
    assert "the holder called me" in (told[0].facts or "")

    with course.database.transaction() as session:
        session.add(Role(team=TEAM, user=MARC.user, role="manager", by="settings", at=NOW))
    other, _ = do(freeze, LENA, "ic_2")
    with pytest.raises(RefusedError):
        do(lost_card.revoke, LENA, other.row.id, "stolen", "the holder called me", NOW)


def test_a_revoked_card_is_not_unfrozen(do: Do) -> None:
    case, _ = do(freeze, LENA, "ic_1")
    do(lost_card.revoke, SAM, case.row.id, "lost", "", NOW)
    with pytest.raises(StaleError) as late:
        do(lost_card.release, OLGA, case.row.id, NOW)
    assert (late.value.key, late.value.values["who"]) == ("lost.was_revoked", SAM.user)

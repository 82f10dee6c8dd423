"""Valid requests about disputes: every form, page and button once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from storage.tables_stripe import Card, Transaction

if TYPE_CHECKING:
    from tests.fuzz.corpus import Corpus, Json

PAID = ("ipi_1", "ipi_2", "ipi_3")


def use(corpus: Corpus) -> None:
    """Use every door of disputes once, and keep what was sent."""
    from tests.fuzz.corpus import _interactive, click, command, in_view, shown, submission

    _purchases(corpus)
    said = corpus.opens("command", command("/dispute new ipi_1", "U0MARC"))
    corpus.sends(said, "U0MARC")
    page = _next(corpus, said)
    corpus.sends(page, "U0MARC")
    for name, value in (("dispute.turn", "0"), ("dispute.turn", "2"), ("dispute.remove", "1:card_statement")):
        corpus.keep("click in a form", in_view(page, name, value, "U0MARC"))
    summary = _next(corpus, page)
    corpus.sends(summary, "U0MARC")
    _next(corpus, summary, shows=False)
    check = corpus.opens("click", click("dispute.check:1", "1", "U0OLGA"))
    corpus.sends(check, "U0OLGA")
    search = corpus.opens("command", command("/dispute new", "U0MARC"))
    corpus.sends(search, "U0MARC")
    typed = {**_interactive("block_suggestion", "U0MARC"), "action_id": "dispute.find", "block_id": "transaction",
             "value": "rocket", "view": shown(search), "container": {"type": "view", "view_id": "V1"}}  # fmt: skip
    corpus.keep("other", typed)
    corpus.opens("click", click("dispute.search", "", "U0MARC"))
    menu = {**_interactive("message_action", "U0MARC"), "callback_id": "dispute.message", "action_ts": "1.1",
            "channel": {"id": "C0CARDS", "name": "cards"}, "message_ts": "1763900000.000100",
            "message": {"type": "message", "text": "was it `ipi_1`?", "ts": "1763900000.000100"},
            "response_url": "http://127.0.0.1:9/respond/1"}  # fmt: skip
    corpus.opens("shortcut", menu)
    other = corpus.opens("click", click("dispute.new", "ipi_3", "U0MARC"))
    _fill(other, "reason", "canceled")
    corpus.sends(_next(corpus, other), "U0MARC")
    _ended(corpus)
    task = corpus.opens("click", click("dispute.task:3", "3", "U0MARC"))
    corpus.sends(task, "U0MARC")
    for words in ("/dispute list", "/dispute show D-1", "/dispute show idp_1", "/dispute picture"):
        corpus.keep("command", command(words, "U0MARC"))
    for name, value in (
        ("resume:1", "1"),
        ("drop:1", "1"),
        ("show:1", "1"),
        ("picture", ""),
    ):
        corpus.keep("click", click(f"dispute.{name}", value, "U0MARC"))
    revoke = corpus.opens("click in a form", in_view(page, "lost.for_dispute", "ic_dispute 1 1", "U0OLGA"))
    corpus.sends(revoke, "U0OLGA")
    corpus.keep("other", {**submission(page, "U0MARC"), "type": "view_closed", "is_cleared": False})


def _purchases(corpus: Corpus) -> None:
    world = corpus.world
    with world.database.transaction() as session:
        now = world.gantry.clock.now()
        session.add(Card(id="ic_dispute", livemode=True, last4="4242", status="active", brand="Visa"))
        for number in PAID:
            session.add(
                Transaction(
                    id=number,
                    livemode=True,
                    type="capture",
                    card="ic_dispute",
                    amount=-7_000,
                    currency="usd",
                    merchant_name="Rocket Rides",
                    created_at=now - timedelta(days=3),
                )
            )


def _ended(corpus: Corpus) -> None:
    """A second dispute, won, whose cardholder waits for the money."""
    from bot.domain.role import Asker
    from bot.services import dispute
    from bot.services.dispute import Choice
    from bot.services.dispute_case import Place
    from tests.fuzz.world import TEAM

    who, now = Asker(TEAM, "U0MARC", "manager"), corpus.world.gantry.clock.now()
    with corpus.world.database.transaction() as session:
        choice, place = Choice("other", 7_000), Place("C0CARDS", "en")
        row = dispute.begin(session, who, "ipi_2", choice, place, "", now)
        row.state, row.task, row.task_state = "won", "reimburse", "open"
        session.add(row)


def _next(corpus: Corpus, view: Json, *, shows: bool = True) -> Json:
    """Send a page and return the one that takes its place."""
    import json

    from tests.fuzz.corpus import submission

    status, body = corpus.send(view["callback_id"], submission(view, "U0MARC"))
    assert status == 200, (status, body)
    if not shows:
        return {}
    told = json.loads(body)
    assert "view" in told, told
    found: Json = told["view"]
    return found


def _block(view: Json, name: str) -> Json:
    found: Json = next(block["element"] for block in view["blocks"] if block.get("block_id") == name)
    return found


def _fill(view: Json, name: str, value: str) -> None:
    element = _block(view, name)
    element["initial_option"] = next(one for one in element["options"] if one["value"] == value)

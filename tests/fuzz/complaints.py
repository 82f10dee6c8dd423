"""Valid requests about complaints: each way to log one, everything done to one, every list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.views.complaint_form import ACTS
from storage.tables import Channel
from tests.support.course import TEAM

if TYPE_CHECKING:
    from tests.fuzz.corpus import Corpus

ANGRY = "My lawyer will hear of this, card 4242 4242 4242 4242"


TYPED = {"acknowledge": "3", "resolve": "10", "notify": "1", "refund": "12.50 EUR", "target": "ipi_1"}


def typed(view: dict[str, Any]) -> dict[str, Any]:
    """A form with what a person types where not every word fits."""
    for block in view["blocks"]:
        if block.get("block_id") in TYPED:
            block["element"]["initial_value"] = TYPED[block["block_id"]]
    return view


def use(corpus: Corpus) -> None:
    """Use every door about complaints once, and keep what was sent."""
    from tests.fuzz.corpus import MESSAGE, _interactive, click, command, in_view, shown, submission

    now = corpus.world.gantry.clock.now()
    with corpus.world.database.transaction() as session:
        place = {"private": True, "member": True, "checked_at": now}
        session.merge(Channel(team=TEAM, channel="C0CARDS", name="cards", **place))
    form = corpus.opens("command", command("/complaint my card was declined again"))
    corpus.sends(form, "U0LENA")
    form = corpus.opens("click in a form", in_view(form, "complaint.more", "more", "U0LENA"))
    answer = corpus.send("complaint.log", submission(form, "U0LENA"))  # so that there is one to look at
    assert answer[1] == b"", answer
    menu = {**_interactive("message_action", "U0NOOR"), "callback_id": "complaint.message", "action_ts": "1.1",
            "channel": {"id": "C0CARDS", "name": "cards"}, "message_ts": MESSAGE["ts"],
            "message": {**MESSAGE, "text": "", "attachments": [{"fallback": "x", "text": ANGRY}]},
            "response_url": "http://127.0.0.1:9/respond/1"}  # fmt: skip
    short = corpus.opens("shortcut", menu)
    more = corpus.opens("click in a form", in_view(short, "complaint.more", "more", "U0NOOR"))
    corpus.sends(more, "U0NOOR")
    sent = submission(more, "U0NOOR")
    sent["view"]["state"]["values"]["employee"]["employee"]["selected_options"] = []
    answer = corpus.send("complaint.log", sent)
    assert b"complaint.decide" in answer[1], answer
    for said in ("list", "list executive 2", "list nonsense", "show C-99", "show"):
        corpus.keep("command", command(f"/complaint {said}", "U0MARC"))
    page = corpus.opens("command", command("/complaint show C-2", "U0MARC"))
    assert "complaint.decide:2" in f"{page}", "the second one is asked about"
    corpus.keep("click in a form", in_view(page, "complaint.fetch:2", "2", "U0MARC"))
    settings = corpus.opens("command", command("/complaint settings P-1"))
    corpus.sends(typed(settings), "U0LENA")
    for name in ("open", "decide", "details", "notice", *ACTS):
        number = "2" if name in {"decide", "notice"} else "1"
        view = corpus.opens("click for a form", click(f"complaint.{name}:{number}", number, "U0MARC"))
        if name != "open":
            corpus.sends(typed(view), "U0MARC")
    corpus.sends(corpus.opens("click for a form", click("complaint.draft:1", "1", "U0MARC")), "U0MARC")
    corpus.keep("click", click("complaint.list:overdue", "overdue:0", "U0MARC"))
    corpus.keep("other", {**_interactive("view_closed", "U0LENA"), "view": shown(page), "is_cleared": True})

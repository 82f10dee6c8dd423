"""Valid requests about people: away, hand-over, channels, letters to Stripe, duties."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.plan import Answers
from tests.fuzz import complaints, disputes
from tests.support.course import Course

if TYPE_CHECKING:
    from tests.fuzz.corpus import Corpus

PRIVATE = "C0COMPLAINTS"


def use(corpus: Corpus, found: dict[str, Course]) -> None:
    """Use every door about people once, and keep what was sent."""
    from tests.fuzz.corpus import click, command, in_view

    corpus.keep("command", command("/gantry channels"))
    away = corpus.opens("command", command("/gantry away"))
    first, last = (
        block["element"] for block in away["blocks"] if block.get("block_id") in {"starts_on", "ends_on"}
    )
    last["initial_date"] = first["initial_date"]
    corpus.sends(away, "U0LENA")
    corpus.opens("click", click("away.set", ""))
    hand = corpus.opens("command", command("/gantry hand-over"))
    corpus.sends(hand, "U0LENA")
    listed = corpus.opens("command", command("/gantry hand-over <@U0LENA|lena> <@U0SAM>", "U0MARC"))
    what = next(block["element"] for block in listed["blocks"] if block.get("block_id") == "what")
    what["initial_option"] = what["options"][1]  # the boxes are ticked, too
    corpus.sends(listed, "U0MARC")
    corpus.opens("click", click("handover.open:U0LENA", "U0LENA", "U0MARC"))
    number = f"{found['first_contact'].program_id}"
    ask = click(f"channels.change:{number}", number)
    corpus.sends(corpus.opens("click on a programme", ask), "U0LENA")
    account = corpus.opens("click on a programme", click(f"stripe.account:{number}", number))
    for block in account["blocks"]:
        if block.get("block_id") == "stripe_account":
            block["element"]["initial_value"] = "acct_shop"  # what a person types there
    corpus.sends(account, "U0LENA")
    for said in ("/gantry stripe-account P-1", "/gantry events"):
        corpus.keep("command", command(said))
    for name in ("events.again", "task.done"):
        corpus.keep("click", click(f"{name}:1", "1", "U0MARC"))
    letter = corpus.opens("command", command("/onboarding write P-1"))
    corpus.sends(letter, "U0LENA")
    for name, value in (("letter.about", "0"), ("letter.language", "fr")):
        corpus.opens("click in a form", in_view(letter, f"{name}:{number}", value, "U0LENA"))
    step = f"{found['first_contact'].id('first_contact')}"
    corpus.opens("click for a form", click(f"step.write:{step}", step))
    _home(corpus)
    _duties(corpus, found)
    _approvals(corpus, number)
    _forecast(corpus, number)
    _reminders(corpus, found["first_contact"])
    _policy(corpus)
    corpus.keep("click", click("away.back", ""))
    complaints.use(corpus)
    disputes.use(corpus)


def _policy(corpus: Corpus) -> None:
    from tests.fuzz.corpus import click, command

    for said in ("/gantry policy", "/gantry watch", "/gantry watch 4242", "/gantry watch end ic_1"):
        corpus.keep("command", command(said, "U0MARC"))
    corpus.sends(corpus.opens("click", click("policy.ask", "load", "U0MARC")), "U0MARC")
    corpus.sends(corpus.opens("click", click("policy.rule", "rule", "U0MARC")), "U0MARC")
    for name in ("policy.replay", "policy.load:1", "policy.drop:1"):
        corpus.keep("click", click(name, "1", "U0MARC"))


def _home(corpus: Corpus) -> None:
    from tests.fuzz.corpus import click, command

    chosen = corpus.opens("command", command("/gantry settings", "U0MARC"))
    corpus.sends(chosen, "U0MARC")
    corpus.opens("click", click("home.settings", ""))
    for what in ("mine", "programs", "late", "others"):
        corpus.keep("click", click(f"home.part:{what}:later_part", f"{what}:1"))


def _approvals(corpus: Corpus, number: str) -> None:
    """Ask for approvals in every way, turn pages, share, and type into the menu."""
    from tests.fuzz.corpus import _interactive, click, command

    for said in (
        "/approval-status",
        "/approval-status acme call",
        "/approval-status mine",
        "/onboarding status p-1",
    ):
        corpus.keep("command", command(said))
    for name, value in (
        ("approval.show", number),
        ("approval.page", "all 1"),
        ("approval.page", "us 2 acme"),
    ):
        corpus.keep("click", click(name, value))
    for value in (f"p {number}", "l all 1", "l mine 2 acme"):
        corpus.keep("click", click("approval.share", value))
    menu = {**_interactive("block_suggestion", "U0LENA"), "action_id": "approval.find", "block_id": "b", "value": "acm",
            "container": {"type": "message", "message_ts": "1763900000.000100", "channel_id": "C0CARDS", "is_ephemeral": True},
            "channel": {"id": "C0CARDS", "name": "cards"}}  # fmt: skip
    corpus.keep("other", menu)
    chosen = click("approval.find", "")
    option = {"text": {"type": "plain_text", "text": "Acme", "emoji": True}, "value": number}
    chosen["actions"] = [{"type": "external_select", "action_id": "approval.find", "block_id": "b", "selected_option": option, "action_ts": "1763900000.9"}]  # fmt: skip
    chosen["container"] = {**chosen["container"], "is_ephemeral": True}
    corpus.keep("click", chosen)


def _forecast(corpus: Corpus, number: str) -> None:
    from tests.fuzz.corpus import click, command, in_view

    corpus.keep("command", command("/onboarding forecast P-1"))
    page = corpus.opens("click on a programme", click(f"forecast.page:{number}", number))
    for name in ("forecast.thread", "forecast.me"):
        corpus.keep("click on a programme", click(f"{name}:{number}", number))
        corpus.keep("click in a form", in_view(page, f"{name}:{number}", number, "U0LENA"))
    corpus.keep("click", click("picture.again:1", "1"))


def _reminders(corpus: Corpus, course: Course) -> None:
    from tests.fuzz.corpus import click, command

    row = course.deadline("first_contact")
    assert row is not None
    number = f"{row.id}"
    corpus.sends(corpus.opens("click", click(f"reminder.snooze:{number}", f"{number} date")), "U0LENA")
    for choice in ("tomorrow", "working_day", "never"):
        corpus.keep("click", click(f"reminder.snooze:{number}", f"{number} {choice}"))
    corpus.keep("click", click(f"reminder.wake:{number}", number))
    corpus.keep("click", click(f"reminder.take:{number}", number, "U0OLGA"))
    program = f"{course.program_id}"
    corpus.opens("click on a programme", click(f"reminder.next:{program}", program))
    corpus.opens("command", command("/onboarding next P-1"))


def _duties(corpus: Corpus, found: dict[str, Course]) -> None:
    from tests.fuzz.corpus import click, command, in_view

    launched = Course(corpus.world.database, now=found["call"].now)
    launched.start(Answers("uk", frozenset({"issuing"}), "expense_management"), name="Launched")
    launched.walk()
    page = corpus.opens("command", command("/onboarding duties Launched"))
    number = f"{launched.program_id}"
    corpus.opens("click on a programme", click(f"duty.page:{number}", number))
    duty = f"{launched.id('duty_complaints')}"
    for name in ("duty.done", "duty.people"):
        view = corpus.opens("click in a form", in_view(page, f"{name}:{duty}", duty, "U0LENA"))
        corpus.sends(view, "U0LENA")

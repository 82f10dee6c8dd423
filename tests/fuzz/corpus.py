"""Valid requests of every kind, made by using the bot: each form is one that it really opened."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from bot import plans
from bot.domain.plan import Answers
from bot.services import edit
from storage import Database
from storage.tables import StepEntry
from tests.fuzz import people
from tests.fuzz.world import TEAM, Json, World, encoded
from tests.support.course import LENA, MARC, NOOR, Course, remember

PDF = {"id": "F0PDF", "name": "terms.pdf", "filetype": "pdf", "mimetype": "application/pdf", "size": 900,
       "url_private_download": "https://files.slack.com/files-pri/T0PLAY-F0PDF/download/terms.pdf"}  # fmt: skip
MESSAGE = {
    "type": "message",
    "user": "U0NOOR",
    "text": "our terms",
    "ts": "1763900000.000100",
    "files": [PDF],
}
EVENTS: tuple[Json, ...] = (
    {"type": "app_mention", "user": "U0LENA", "text": "<@U0GANTRY> status", "channel": "C0CARDS", "ts": "1763900000.000200"},
    {"type": "app_mention", "user": "U0CLAIRE", "text": "<@U0GANTRY> aide", "channel": "C0CARTES", "ts": "1763900000.000300", "thread_ts": "1763900000.000100", "user_team": TEAM},
    {"type": "app_mention", "user": "U0SAM", "text": "<@U0GANTRY> start Acme", "channel": "C0CARDS", "ts": "1763900000.000400"},
    {"type": "user_change", "user": {"id": "U0SAM", "name": "sam", "real_name": "Sam", "tz": "UTC", "locale": "en-US", "profile": {"display_name": "Sam"}, "deleted": False}},
    {"type": "app_home_opened", "user": "U0LENA", "channel": "D0LENA", "tab": "home"},
    {"type": "member_joined_channel", "user": "U0GANTRY", "channel": "C0CARDS", "channel_type": "C", "team": TEAM},
    {"type": "channel_archive", "channel": "C0CARDS", "user": "U0OLGA"},
    {"type": "app_uninstalled"},
    {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": ["U0GANTRY"]}},
    {"type": "message", "channel": "D0LENA", "channel_type": "im", "user": "U0LENA", "text": "hello", "ts": "1763900000.000500"},
)  # fmt: skip


@dataclass(repr=False)
class Corpus:
    """Valid requests by kind. Kinds are the names of forms, and words for all else."""

    world: World
    of: dict[str, list[Json]] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def __repr__(self) -> str:
        return "the corpus"  # all of it in the report of a failure would hide the failure

    def fresh(self, body: Json) -> Json:
        """The same request with keys that were not seen before."""
        number = next(self.numbers)
        copy: Json = json.loads(json.dumps(body))
        for name, start in (("trigger_id", "1.2."), ("event_id", "Ev")):
            if name in copy:
                copy[name] = f"{start}{number}"
        if copy.get("type") == "view_submission":
            copy["view"]["hash"] = f"hash-{number}"
        return copy

    def send(self, kind: str, body: Json) -> tuple[int, bytes]:
        """Send one as it is."""
        return self.world.send(encoded(kind_of(kind), self.fresh(body)))

    def keep(self, kind: str, body: Json) -> None:
        """Let a request be mutated later."""
        self.of.setdefault(kind, []).append(body)

    def opens(self, kind: str, body: Json) -> Json:
        """Send a request that opens a form, keep it, and give the form."""
        before = len(self.world.slack.views)
        answer = self.send(kind, body)
        assert len(self.world.slack.views) == before + 1, (
            f"no form: {answer}, {self.world.errors.seen}, {body}"
        )
        self.keep(kind, body)
        return self.world.slack.views[-1]

    def sends(self, view: Json, user: str) -> None:
        """Keep the submission of a form, filled in as somebody would."""
        self.keep(view["callback_id"], submission(view, user))


def kind_of(kind: str) -> str:
    """How requests of this kind travel."""
    return kind if kind in {"command", "event"} else "interactive"


def command(said: str, user: str = "U0LENA") -> Json:
    """A slash command."""
    word, _, text = said.partition(" ")
    return {"token": "t", "team_id": TEAM, "team_domain": "quayside", "channel_id": "C0CARDS", "channel_name": "cards",
            "user_id": user, "user_name": "x", "command": word, "text": text, "api_app_id": "A0GANTRY",
            "is_enterprise_install": "false", "response_url": "http://127.0.0.1:9/respond/1", "trigger_id": "1.2.3"}  # fmt: skip


def _interactive(kind: str, user: str) -> Json:
    return {"type": kind, "team": {"id": TEAM, "domain": "quayside"}, "enterprise": None, "api_app_id": "A0GANTRY",
            "user": {"id": user, "username": "x", "name": "x", "team_id": TEAM}, "token": "t",
            "trigger_id": "1.2.3", "is_enterprise_install": False}  # fmt: skip


def click(action_id: str, value: str, user: str = "U0LENA") -> Json:
    """A click on a button of a message."""
    return {**_interactive("block_actions", user), "channel": {"id": "C0CARDS", "name": "cards"},
            "container": {"type": "message", "message_ts": "1763900000.000100", "channel_id": "C0CARDS", "is_ephemeral": False, "thread_ts": "1763900000.000050"},
            "message": MESSAGE, "response_url": "http://127.0.0.1:9/respond/1", "state": {"values": {}},
            "actions": [{"type": "button", "action_id": action_id, "block_id": "b", "value": value, "action_ts": "1763900000.9"}]}  # fmt: skip


def in_view(view: Json, action_id: str, value: str, user: str) -> Json:
    """A click inside a form."""
    return {**_interactive("block_actions", user), "container": {"type": "view", "view_id": "V1"}, "view": shown(view),
            "actions": [{"type": "button", "action_id": action_id, "block_id": "b", "value": value, "action_ts": "1763900000.9"}]}  # fmt: skip


def submission(view: Json, user: str) -> Json:
    """A form that is sent."""
    return {**_interactive("view_submission", user), "view": shown(view), "response_urls": []}


def shown(view: Json) -> Json:
    """A view as Slack hands it back: with its ids, and what was filled in."""
    values: dict[str, Any] = {}
    for block in view["blocks"]:
        if block["type"] == "input":
            element = block["element"]
            values[block["block_id"]] = {element["action_id"]: {"type": element["type"], **_typed(element)}}
    return {**view, "id": "V1", "hash": "1.abc", "team_id": TEAM, "app_id": "A0GANTRY", "bot_id": "B0GANTRY",
            "app_installed_team_id": TEAM, "private_metadata": view.get("private_metadata", ""),
            "root_view_id": "V1", "previous_view_id": None, "state": {"values": values}}  # fmt: skip


_OTHER = {"deputy": "U0SAM", "from": "U0LENA", "to": "U0SAM", "owner": "U0NOOR"}


def _typed(element: Json) -> Json:
    """What a person enters into an element: what is proposed, else the first choice."""
    kind = element["type"]
    if kind in {"radio_buttons", "static_select"}:
        return {"selected_option": element.get("initial_option") or element["options"][0]}
    if kind == "checkboxes":
        return {"selected_options": element.get("initial_options") or element["options"][:1]}
    fixed: dict[str, Json] = {
        "plain_text_input": {"value": element.get("initial_value") or "Zoë & Söhne"},
        "email_text_input": {"value": "ann@example.com"},
        "url_text_input": {"value": "https://example.com/terms"},
        "users_select": {
            "selected_user": element.get("initial_user") or _OTHER.get(element["action_id"], "U0MARC")
        },
        "conversations_select": {"selected_conversation": people.PRIVATE},
        "multi_users_select": {"selected_users": ["U0SAM", "U0NOOR"]},
        "datepicker": {
            "selected_date": element.get("initial_date")
            or ("2026-01-05" if element["action_id"].startswith("past_") else "2031-03-03")
        },
        "datetimepicker": {"selected_date_time": element.get("initial_date_time")},
        "file_input": {"files": [PDF]},
        "external_select": {
            "selected_option": {"text": {"type": "plain_text", "text": "x"}, "value": "ipi_2"}
        },
    }
    return fixed[kind]


def courses(world: World) -> dict[str, Course]:
    """Programmes at the moments where the forms are: first contact, the call, revision, duties, employees."""
    with world.database.transaction() as session:
        remember(session, LENA, MARC, NOOR)
    now = world.gantry.clock.now() - timedelta(days=30)
    both = Answers("us", frozenset({"issuing", "treasury"}), "embedded_finance")
    found = {}
    for until in ("first_contact", "call", "live_access", "designate_employees"):
        course = Course(_of(world), now=now)
        course.start(both, name=f"Acme {until}")
        course.walk(until=until)
        found[until] = course
    paused = Course(_of(world), now=now)
    paused.start(Answers("eu", frozenset({"issuing"}), "expense_management"), name="Paused", language="fr")
    found["paused"] = paused
    for until in ("submission", "review"):
        course = Course(_of(world), now=now)
        course.start(both, name=f"Acme {until}")
        course.walk(until=until)
        found[until] = course
    return found


def _of(world: World) -> Database:
    return world.database


def make(world: World) -> Corpus:
    """Use every door of the bot once, and keep what was sent."""
    corpus = Corpus(world)
    found = courses(world)
    for said in ("/gantry help", "/gantry", "/gantry nonsense", "/gantry roles", "/gantry outbox", "/gantry closing-days", "/gantry brake", "/gantry brake merchant 9900112233 4", "/onboarding list",
                 "/onboarding show P-1", "/onboarding steps P-1", "/onboarding submissions P-6", "/onboarding here P-1", "/onboarding resume P-5",
        "/onboarding reopen P-5"):  # fmt: skip
        corpus.keep("command", command(said))
    corpus.keep("command", command("/gantry roles grant <@U0SAM|sam> operator 2031-12-31", "U0OLGA"))
    for inner in EVENTS:
        corpus.keep("event", {"type": "event_callback", "team_id": TEAM, "api_app_id": "A0GANTRY", "event": inner,
                              "event_id": "Ev1", "event_time": 1763900000, "authorizations": [{"team_id": TEAM, "user_id": "U0GANTRY", "is_bot": True}]})  # fmt: skip
    _forms(corpus, found)
    _of_a_submission(corpus, found)
    _clicks(corpus, found)
    people.use(corpus, found)
    corpus.keep("other", {**_interactive("shortcut", "U0LENA"), "callback_id": "nothing", "action_ts": "1.1"})
    corpus.keep(
        "other",
        {**_interactive("view_closed", "U0LENA"), "view": shown(world.slack.views[0]), "is_cleared": True},
    )
    corpus.keep("other", {**_interactive("block_suggestion", "U0LENA"), "action_id": "nothing", "block_id": "b", "value": "a",
                          "container": {"type": "view", "view_id": "V1"}, "view": shown(world.slack.views[0])})  # fmt: skip
    return corpus


def _forms(corpus: Corpus, found: dict[str, Course]) -> None:
    start = corpus.opens("command", command("/onboarding start Acme <!channel>"))
    corpus.sends(start, "U0LENA")
    corpus.sends(corpus.opens("click in a form", in_view(start, "start.more", "more", "U0LENA")), "U0LENA")
    past = corpus.opens("click in a form", in_view(start, "start.past", "past", "U0LENA"))
    corpus.sends(past, "U0LENA")
    corpus.opens("click in a form", in_view(past, "start.first", "first", "U0LENA"))
    _changed(corpus, found["call"])
    for word in ("reassign", "pause", "cancel"):
        corpus.sends(corpus.opens("command", command(f"/onboarding {word} P-1", "U0MARC")), "U0MARC")
    first = found["first_contact"]
    opening: list[tuple[Course, str, str]] = [
        (first, "step.answered", next(one.id for one in first.open() if one.outcome == "fit")),
        (
            first,
            "step.done_on",
            next(one.id for one in first.open() if one.actor == "us" and not one.outcome),
        ),
        (first, "step.assign", next(one.id for one in first.open() if one.actor == "us")),
        (first, "step.block", next(one.id for one in first.open() if one.actor == "us")),
        (first, "step.evidence", next(one.id for one in first.open() if one.actor == "us")),
        (found["call"], "step.done", "call"),
        (found["live_access"], "step.answered", "live_access"),
        (found["designate_employees"], "step.done", "designate_employees"),
        (found["submission"], "submission.submit", "submission"),
        (found["submission"], "submission.sent", "submission"),
        (found["submission"], "step.done", "submission"),
    ]
    duties = [(course, one.id) for course in found.values() for one in course.open() if one.outcome == "duty"]
    if duties:
        opening.append((duties[0][0], "step.done", duties[0][1]))
    for course, action, key in opening:
        number = f"{course.id(key)}"
        corpus.sends(corpus.opens("click for a form", click(f"{action}:{number}", number)), "U0LENA")
    _recorded(corpus, first)
    menu = {**_interactive("message_action", "U0NOOR"), "callback_id": "evidence.from_message", "action_ts": "1.1",
            "channel": {"id": "C0CARDS", "name": "cards"}, "message_ts": MESSAGE["ts"], "message": MESSAGE,
            "response_url": "http://127.0.0.1:9/respond/1"}  # fmt: skip
    corpus.sends(corpus.opens("shortcut", menu), "U0NOOR")


def _changed(corpus: Corpus, course: Course) -> None:
    """The programme's form with the page of its effect, and a newer plan."""
    plan = plans.load("embedded_finance")
    course.do(edit.adopt, LENA, course.program_id, replace(plan, version="2000-01-01"), "", course.now)
    said = corpus.opens("command", command(f"/onboarding edit {course.program.ref}"))
    corpus.sends(said, "U0LENA")
    _, answer = corpus.send("program.edit", submission(said, "U0LENA"))
    corpus.sends(json.loads(answer)["view"], "U0LENA")
    corpus.sends(corpus.opens("command", command(f"/onboarding plan {course.program.ref}")), "U0LENA")


def _recorded(corpus: Corpus, course: Course) -> None:
    """What was recorded: corrected, opened again, taken back, looked at."""
    newest = {one.key: one.id for one in course.rows(StepEntry) if one.program_id == course.program_id}
    for action, key in (("entry.correct", "intake_form"), ("entry.reopen", "supported_use_case")):
        number = f"{newest[key]}"
        corpus.sends(
            corpus.opens("click for a form", click(f"{action}:{number}", number, "U0MARC")), "U0MARC"
        )
    corpus.keep("click", click("entry.undo:1", "1"))
    corpus.keep("command", command("/onboarding history P-1"))


def _of_a_submission(corpus: Corpus, found: dict[str, Course]) -> None:
    """The form for one item, and the second page of a revision, which comes as the answer to the first."""
    number = f"{found['submission'].id('submission')}"
    item = f"{number}:review_fees/fee_list"
    corpus.sends(
        corpus.opens("click for a form", click("submission.add:review_fees/fee_list", item)), "U0LENA"
    )
    review = f"{found['review'].id('review')}"
    asked = corpus.opens("click for a form", click(f"step.answered:{review}", review))
    for block in asked["blocks"]:
        if block.get("block_id") == "choice":
            block["element"]["initial_option"] = block["element"]["options"][-1]
    status, body = corpus.send(asked["callback_id"], submission(asked, "U0LENA"))
    answer = json.loads(body)
    assert (status, answer["response_action"]) == (200, "update"), answer
    corpus.sends(answer["view"], "U0LENA")
    page = corpus.opens("click for a form", click(f"submission.items:{number}", number))
    for name in ("submission.submit", "submission.sent", "submission.rounds", "submission.step"):
        corpus.keep("click in a form", in_view(page, f"{name}:{number}", number, "U0LENA"))
    corpus.keep("click", click("packet.again:1", "1"))


def _clicks(corpus: Corpus, found: dict[str, Course]) -> None:
    first = found["first_contact"]
    key = next(one.id for one in first.open() if one.actor == "us")
    step, program = f"{first.id(key)}", f"{first.program_id}"
    for name in ("step.take", "step.done", "step.unblock", "step.why", "step.open", "step.assign"):
        corpus.keep("click on a step", click(f"{name}:{step}", step))
    for name in (
        "program.steps",
        "program.show",
        "program.people",
        "program.cancel",
        "program.resume",
        "program.bring",
    ):
        corpus.keep("click on a programme", click(f"{name}:{program}", program, "U0MARC"))
    corpus.keep("click", click("program.reopen:5", "5", "U0MARC"))
    corpus.keep("click", click("evidence.again:1", "1"))
    corpus.keep("click", click("outbox.again:1", "1", "U0OLGA"))
    corpus.keep("click", click("role.withdraw:1", "U0MARC manager", "U0OLGA"))
    corpus.keep("click", click("verb.run", "onboarding.start Acme"))
    page = corpus.opens("click for a form", click(f"step.open:{step}", step))
    for name in ("step.take", "step.done", "step.evidence", "step.block", "step.why"):
        corpus.keep("click in a form", in_view(page, f"{name}:{step}", step, "U0LENA"))

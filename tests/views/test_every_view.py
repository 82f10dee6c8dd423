"""Every view, in both languages, with usual facts and with the worst that people can type."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest

import commands
from bot import plans, text
from bot.domain.role import ROLES
from bot.views import (
    amended,
    block,
    edit_form,
    entry,
    failure,
    history,
    limits,
    program_form,
    start_form,
    step_form,
    submission,
    submission_rounds,
)
from bot.views.registry import RENDERERS, render
from tests.support import people_scenes, stripe_scenes
from tests.support.course import NOW, times
from tests.support.databases import fresh
from tests.support.scenery import (
    NAME,
    NASTY,
    STRANGERS,
    WORDS,
    Facts,
    Scene,
    Scenery,
    correction,
    crowded,
    errors,
    long_plan,
    paint,
)

MENTION = re.compile(r"<@([UW][A-Z0-9]+)")
EVIL = ("<!channel", "<!here", "<@U0EVIL", "<https://evil.example")
LANGUAGES = text.LANGUAGES


@pytest.fixture(scope="module")
def scenery(migrated: Path) -> Scenery:
    database = fresh(migrated, "views")
    found = paint(database)
    database.close()
    found.scenes += [*private(found), *calendar(), *stripe_scenes.scenes()]
    found.scenes += [Scene("program", crowded(one, 50), "50 open steps") for one in found.programs[:1]]
    found.scenes += [Scene("failure", {"key": key, "values": values}, key) for key, values in errors()]
    return found


def private(found: Scenery) -> Iterator[Scene]:
    """Answers for one person."""
    doors = commands.DOORS
    verbs = [{"said": f"{verb.said} {verb.hint}".strip(), "key": verb.help_key} for verb in doors.verbs]
    for role in ROLES:
        yield Scene("help", {"verbs": verbs, "role": role}, role)
    for nearest in ([], ["start"], [NASTY] * 3):
        yield Scene("help.unknown", {"typed": WORDS, "nearest": nearest, "command": "/gantry"})
    yield Scene("help.unknown", {"typed": "  ", "nearest": [], "command": "/onboarding"})
    for verb in doors.verbs:
        yield Scene("door.open_form", {"verb": verb.name, "text": WORDS}, verb.name)
    granted = [
        {"id": number, "user": STRANGERS[number % 20], "role": ROLES[2 + number % 4], "until": until}
        for number in range(60)
        for until in [("", "2026-12-31")[number % 2]]
    ]
    yield Scene("roles", {"roles": granted, "names": {}}, "60 roles")
    yield Scene("roles", {"roles": [], "names": {}}, "no role")
    for what in ("granted", "until", "withdrawn"):
        yield Scene(
            "role.changed",
            {
                "what": what,
                "user": STRANGERS[0],
                "role": "admin",
                "until": "2026-12-31" if what == "until" else "",
            },
        )
    dead = [
        {"id": number, "view": "step.answered", "channel": "C0CARDS", "person": ("", STRANGERS[0])[number % 2],
         "state": ("dead", "pending")[number % 2], "error": "missing_scope files:read,channels:history", "attempts": 8}
        for number in range(40)
    ]  # fmt: skip
    yield Scene("outbox", {"waiting": 12_345, "dead": 40, "sent": 10**9, "rows": dead})
    yield Scene("outbox", {"waiting": 0, "dead": 0, "sent": 0, "rows": []}, "all is said")
    yield Scene("outbox.revived", {"id": 7})
    yield Scene("outbox.again", {})
    for code in ("not_in_channel", "is_archived", "channel_not_found"):
        yield Scene(
            "outbox.no_entry", {"channel": "C0CARDS", "code": code, "program": "P-1", "name": NAME}, code
        )
    lines = [
        {"id": number, "ref": f"P-{number}", "name": NAME, "state": ("active", "paused", "launched", "canceled")[number % 4],
         "channel": "C0CARDS", "lead": STRANGERS[0], "done": number, "total": 60}
        for number in range(60)
    ]  # fmt: skip
    yield Scene("program.list", {"programs": lines, "names": {}}, "60 programmes")
    yield Scene("program.list", {"programs": [], "names": {}}, "no programme")
    yield from people_scenes.scenes(found, lines)
    for facts in [*found.programs, crowded(found.programs[0], 50)]:
        yield Scene("program.summary", {**facts, "permalink": "https://x.slack.com/archives/C0/p17"})
    for key in ("acted.resumed", "acted.reopened", "acted.brought"):
        yield Scene("program.acted", {"key": key, "name": NAME, "ref": "P-1"}, key)


def calendar() -> Iterator[Scene]:
    """Answers about closing days."""
    for days in ([], ["2026-12-24"], [f"2026-12-{day:02}" for day in range(1, 31)]):
        yield Scene("closing", {"days": days}, f"{len(days)} closing days")
    for what, moved in [("added", 0), ("added", 1), ("removed", 12)]:
        yield Scene("closing.changed", {"what": what, "on": "2026-12-24", "moved": moved}, what)


def modals(found: Scenery) -> Iterator[tuple[str, Callable[[str], Facts]]]:
    """Every form and page."""
    for problems in ((), (WORDS, NAME, NAME)):
        yield "start", partial(_first, problems=problems)
    for treasury in (False, True):
        for chosen in LANGUAGES:
            private_ = {"channel": "C0CARDS", "first": {"name": NAME, "products": ["issuing"]}}
            yield (
                "start_more",
                partial(
                    start_form.more,
                    private=private_,
                    treasury=treasury,
                    channel_language=chosen,
                    typed={"purpose": WORDS, "contact_name": NAME, "wallets": ["yes"]} if treasury else {},
                ),
            )
    yield from _changes(found)
    yield from _of_steps(found)
    yield from of_submissions(found)
    for facts in found.whys:
        yield "why", partial(step_form.why, facts=facts)
    for facts in [*found.plans, long_plan(found.plans[0], 100)]:
        yield "steps", partial(program_form.steps, facts=facts)
    who = {"id": 1, "name": NAME, "ref": "P-1", "lead": STRANGERS[0], "manager": "", "deputies": STRANGERS}
    yield "people", partial(program_form.people, facts=who)
    yield "people", partial(program_form.people, facts={**who, "deputies": [], "manager": STRANGERS[1]})
    for name in ("pause", "cancel"):
        yield "reason", partial(program_form.reason, name=name, facts=who)
    files = [f"{NASTY}{number}.pdf" for number in range(10)]
    kept = [
        {"id": f"F0123456{number}", "name": name, "mimetype": "application/pdf", "size": 1}
        for number, name in enumerate(files)
    ]
    steps = [(f"{number}:sign_up", NAME, f"{NAME} · {NAME}") for number in range(100)]
    yield (
        "shortcut",
        partial(
            step_form.shortcut_evidence,
            steps=steps,
            names=files,
            private={"files": kept, "channel": "C0CARDS"},
        ),
    )
    for key, values in errors():
        yield "failure", partial(failure.failure, facts={"key": key, "values": values})
    yield from people_scenes.modals(found)


def _of_steps(found: Scenery) -> Iterator[tuple[str, Callable[[str], Facts]]]:
    """The forms and pages about one step, and about what was recorded."""
    for facts in found.steps:
        yield "assign", partial(step_form.assign, facts=facts)
        yield "block", partial(step_form.obstacle, facts=facts, look_again=date(2026, 12, 1))
        yield "evidence", partial(step_form.evidence, facts=facts)
        yield "page", partial(step_form.page, facts=facts)
        if facts["actor"] == "stripe":
            yield "answered", partial(step_form.answered, facts={**facts, "bank": True}, now=NOW)
        yield "meeting", partial(step_form.meeting, facts=facts, today=date(2026, 12, 1))
        yield "duty", partial(step_form.duty, facts=facts, today=date(2026, 12, 1))
        yield "employees", partial(step_form.employees, facts=facts, today=date(2026, 12, 1))
        yield "done_on", partial(entry.done_on, facts=facts, today=date(2026, 12, 1))
        if facts["entry"]:
            yield "correct", partial(entry.correction, facts={**facts, "bank": True})
            yield "reopen", partial(entry.reopening, facts=facts, waits=[NAME] * 40)
    for facts in found.histories:
        yield "history", partial(history.page, facts=facts)


def of_submissions(found: Scenery) -> Iterator[tuple[str, Callable[[str], Facts]]]:
    """The pages and forms of a submission."""
    for facts in found.submissions:
        yield "items", partial(submission.items, facts=facts)
        yield "submit", partial(submission.submit, facts=facts)
        yield "sent", partial(submission.sent, facts=facts, today=date(2026, 12, 1))
        yield "rounds", partial(submission_rounds.rounds, facts=facts)
        asked = {
            "step": facts["id"],
            "at": 1_764_000_000,
            "page": "V0123456789",
            "items": [item["key"] for item in facts["items"]],
        }
        yield (
            "revision",
            partial(submission_rounds.revision, facts=facts, note=WORDS, private=asked, items=facts["items"]),
        )


def _first(language: str, problems: tuple[str, ...]) -> Facts:
    listed = [
        (plan.variant, plan.title[language], plan.who[language]) for plan in map(plans.load, plans.variants())
    ]
    return start_form.first(
        language,
        listed,
        private={"channel": "C0CARDS"},
        target=date(2027, 1, 1),
        typed={"name": NAME},
        problems=problems,
    )


def _changes(found: Scenery) -> Iterator[tuple[str, Callable[[str], Facts]]]:
    """The page of what is done before the start, and those that change a programme."""
    for name in plans.variants():
        plan = plans.load(name)
        days = {f"{start_form.FIELD}{step.id}": "2026-11-02" for step in plan.steps[:9]}
        parts = [(part.title, [one for one in plan.steps if one.part == part.id]) for part in plan.parts]
        yield "start_past", partial(start_form.past, private={"channel": "C0"}, steps=parts, typed=days)
    who = {"id": 1, "name": NAME, "ref": "P-1", "mark": "x", "newer": True, "treasury": True,
           "target_on": "2027-01-01", "physical_cards": "none", "wallets": True, "statements": False,
           "company": "funded_team", "lead": STRANGERS[0], "deputies": STRANGERS[:10], "manager": STRANGERS[1],
           "contact_name": NAME, "contact_email": "ann@example.com"}  # fmt: skip
    yield "edit", partial(edit_form.edit, facts=who)
    plain = {
        **who,
        "newer": False,
        "treasury": False,
        "deputies": [],
        "manager": "",
        "contact_name": None,
        "contact_email": None,
    }
    yield "edit", partial(edit_form.edit, facts=plain)
    lists = {name: [NAME] * 60 for name in ("appear", "vanish", "stay", "differ")}
    versions = {**who, "before": "2026-11-23", "after": "2026-12-01"}
    for plan_ in (False, True):
        for one in (lists, {}):
            yield (
                "difference",
                partial(edit_form.difference, facts=versions, lists=one, private={"program": 1}, plan=plan_),
            )
    del found


def markup(thing: object) -> Iterator[str]:
    """All texts that Slack reads markup in."""
    if isinstance(thing, dict):
        if thing.get("type") == "mrkdwn":
            yield str(thing["text"])
        for name, value in thing.items():
            if name != "text" or not isinstance(value, str):
                yield from markup(value)
    elif isinstance(thing, list):
        for one in thing:
            yield from markup(one)


def told(scene: Scene, language: str, message: Facts) -> str:
    return f"{scene.view} ({scene.about}) in {language}: {message.get('text', '')[:300]!r}"


def everything(scenery: Scenery, *views: str) -> Iterator[tuple[Scene, str, Facts]]:
    return (one for one in _messages(scenery) if not views or one[0].view in views)


@cache  # what one test has rendered serves the others; most of the time goes into it
def _messages(scenery: Scenery) -> list[tuple[Scene, str, Facts]]:
    return [
        (scene, language, render(scene.view, language, scene.facts))
        for scene in scenery.scenes
        for language in LANGUAGES
    ]


@cache
def forms(scenery: Scenery) -> list[tuple[str, str, Facts]]:
    """Every form and page that was rendered, with its language; what came out the same is there once."""
    return [
        (name, language, view)
        for name, make in modals(scenery)
        for language in LANGUAGES
        if scenery.new(f"form {language}", view := make(language))
    ]


def notices(scenery: Scenery) -> list[str]:
    return sorted({scene.view for scene in scenery.scenes if "actor" in scene.facts})


def test_every_view_is_rendered(scenery: Scenery) -> None:
    assert set(RENDERERS) - {scene.view for scene in scenery.scenes} == set()


def test_every_message_keeps_slacks_limits(scenery: Scenery) -> None:
    wrong = [
        (told(scene, language, message), found)
        for scene, language, message in everything(scenery)
        if (found := limits.check(message, "home" if scene.view in {"home", "home.plain"} else "message"))
    ]
    assert wrong == []


def test_every_form_keeps_slacks_limits(scenery: Scenery) -> None:
    wrong = [
        (name, language, found)
        for name, language, view in forms(scenery)
        if (found := limits.check(view, "modal"))
    ]
    assert wrong == []


def test_what_people_typed_is_shown_literally(scenery: Scenery) -> None:
    shown = [
        (told(scene, language, message), [*markup(message), message.get("text", "")])
        for scene, language, message in everything(scenery)
    ]
    shown += [(name, list(markup(view))) for name, _, view in forms(scenery)]
    wrong = [(where, word) for where, texts in shown for words in texts for word in EVIL if word in words]
    assert wrong == []


def mentioned_twice(scene: Scene, language: str, message: Facts) -> Iterator[str]:
    for where in (message["text"], " ".join(markup(message.get("blocks", [])))):
        counted = times(MENTION.findall(where))
        for user, number in counted.items():
            if number > 1:
                yield f"{user} {number}x in {told(scene, language, message)}"
        if scene.facts.get("actor") in counted:
            yield f"who acted is mentioned in {told(scene, language, message)}"


def test_no_notice_mentions_somebody_twice_or_who_acted(scenery: Scenery) -> None:
    seen = everything(scenery, *notices(scenery))
    assert [wrong for each in seen for wrong in mentioned_twice(*each)] == []


def test_no_board_mentions_anybody_who_is_known(scenery: Scenery) -> None:
    known = {user: user.title() for user in (*STRANGERS, "U0SAM", "U0OLGA", "U0LENA", "U0MARC")}
    scenes = [scene for scene in scenery.scenes if scene.view in {"program", "step"}]
    for scene in scenes:
        for language in LANGUAGES:
            message = render(scene.view, language, {**scene.facts, "names": known})
            assert not MENTION.search(" ".join([message["text"], *markup(message["blocks"])])), told(
                scene, language, message
            )


def test_a_message_has_at_most_five_lines_of_steps(scenery: Scenery) -> None:
    for scene, language, message in everything(scenery, *notices(scenery)):
        lines = [one for one in message.get("blocks", []) if "step." in json.dumps(one.get("accessory", {}))]
        assert len(lines) <= 5, told(scene, language, message)


def test_boards_say_in_words_what_they_are_about(scenery: Scenery) -> None:
    for scene, language, message in everything(scenery, "program"):
        said, facts = message["text"], scene.facts
        assert facts["ref"] in said, told(scene, language, message)
        assert text.say(language, f"state.{facts['state']}") in said
        assert "🙂" in said, "the name is there, emoji and all"
        shown = [line for line in facts["steps"] if line["state"] == "open" and line["due"]]
        if shown and len(facts["steps"]) < 6:
            assert "<!date^" in said, told(scene, language, message)


def test_steps_say_in_words_what_to_do_who_and_until_when(scenery: Scenery) -> None:
    for scene, language, message in everything(scenery, "step"):
        said, facts = message["text"], scene.facts
        assert str(text.escape(facts["title"])) in said, told(scene, language, message)
        if facts["state"] == "open":
            assert facts["do"][:20] in said or str(text.escape(facts["do"]))[:20] in said
            if facts["due"]:
                assert "<!date^" in said, told(scene, language, message)


def test_notices_say_in_words_what_happened_and_what_opens(scenery: Scenery) -> None:
    for scene, language, message in everything(scenery, *notices(scenery)):
        said, facts = message["text"], scene.facts
        about = facts["step"]["title"] if facts.get("step") else None
        if about:
            ended = facts["step"]["key"] == "launch" and "🙂" in said
            assert ended or str(text.escape(about)) in said, told(scene, language, message)
        for line in facts.get("opened", [])[:4]:
            assert str(text.escape(line["title"])) in said, told(scene, language, message)
            if line["due"]:
                assert "<!date^" in said


def test_a_finished_message_has_no_buttons_of_its_own(scenery: Scenery) -> None:
    for scene, language, message in everything(scenery, "step"):
        if scene.facts["state"] in {"done", "dropped"}:
            assert "action_id" not in json.dumps(message), told(scene, language, message)


def test_every_button_and_form_has_a_door(scenery: Scenery) -> None:
    doors = commands.DOORS
    shown = [message for _, _, message in everything(scenery)]
    pages = [view for _, language, view in forms(scenery) if language == "en"]
    pressed = {
        name
        for view in [*shown, *pages]
        for one in view.get("blocks", [])
        if one["type"] in {"actions", "section"}
        for name in re.findall(r'"action_id": "([^"]+)"', json.dumps(one))
    }
    assert sorted(name for name in pressed if doors.button(name) is None) == []
    sent = {view["callback_id"] for view in pages if "submit" in view}
    assert sorted(name for name in sent if doors.form(name) is None) == []


def _all_texts(thing: object) -> Iterator[str]:
    if isinstance(thing, dict):
        for name, value in thing.items():
            if name == "text" and isinstance(value, str):
                yield value
            else:
                yield from _all_texts(value)
    elif isinstance(thing, list):
        for one in thing:
            yield from _all_texts(one)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_place_is_left_open_and_nothing_of_python_is_shown(scenery: Scenery, language: str) -> None:
    views: list[tuple[str, Any]] = [
        (told(scene, spoken, message), message)
        for scene, spoken, message in everything(scenery)
        if spoken == language
    ]
    views += [(name, view) for name, spoken, view in forms(scenery) if spoken == language]
    nothing = "" if language == "en" else r"|\bNone\b"  # a word of English
    wrong = re.compile(r"\{(?!date_long\}|time\})\w+\}|\bTrue\b|\bFalse\b|datetime|\['|Mrkdwn" + nothing)
    found = [(where, said) for where, view in views for said in _all_texts(view) if wrong.search(said)]
    assert found == []


CORRECTIONS = [
    ("en", "undone", "Taken back by Claire on "),
    ("en", "corrected", "Corrected by Claire on "),
    ("en", "reopened", "Reopened by Claire on "),
    ("en", "other words later", "Changed by Claire on "),
    ("fr", "undone", "Annulé par Claire le "),
    ("fr", "corrected", "Corrigé par Claire le "),
    ("fr", "reopened", "Rouvert par Claire le "),
    ("fr", "other words later", "Modifié par Claire le "),
]


@pytest.mark.parametrize(("language", "what", "words"), CORRECTIONS)
def test_a_corrected_notice_says_what_became_of_it(language: str, what: str, words: str) -> None:
    said = {**correction(what), "names": {"U0LENA": "Claire"}, "reason": "Wrong one"}
    message = amended.corrected(
        language, block.message("Done", [block.section(text.mrkdwn(language, "notice.again"))]), said
    )
    shown = message["blocks"][0]["text"]["text"]
    assert shown.startswith(words)
    assert shown.endswith("Wrong one")
    assert message["text"] == f"{shown}\nDone"
    struck = message["blocks"][1]["text"]["text"]
    assert struck == f"~{text.mrkdwn(language, 'notice.again')}~"


def test_nothing_of_a_corrected_notice_can_be_clicked(scenery: Scenery) -> None:
    for scene, language, message in everything(scenery, *notices(scenery)):
        if "correction" in scene.facts:
            assert "action_id" not in json.dumps(message), told(scene, language, message)


def test_a_step_that_is_not_offered_has_a_line_and_no_button(scenery: Scenery) -> None:
    opening = [scene for scene in scenery.scenes if scene.facts.get("opened") and not scene.about]
    for scene in opening[:20]:
        line = {**scene.facts["opened"][0], "offered": False}
        message = render(scene.view, "en", {**scene.facts, "opened": [line]})
        assert str(text.escape(line["title"])) in json.dumps(message, ensure_ascii=False)
        assert f':{line["id"]}"' not in json.dumps(message)
